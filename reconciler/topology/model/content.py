"""What HAProxy does with answers on their way: compress them, and keep them for others."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts_one
from reconciler.topology.model.types.scalar import Period, Size, Text, error, listed, matching

_TYPES = (
    "text/html",
    "text/css",
    "text/plain",
    "text/xml",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
)
_MB = 1024**2

MediaType = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+",
        "`{value}` is not a type of content",
        "write each like `text/html` or `application/json`, with no `*`",
    ),
    WithJsonSchema({"type": "string"}),
]
Algorithm = Literal["gzip", "deflate", "raw-deflate"]


class Compression(Model):
    """Answers are compressed for clients that take it: `true`, `gzip`, or a mapping."""

    algo: Annotated[tuple[Algorithm, ...], BeforeValidator(listed)] = Field(
        ("gzip",), min_length=1, json_schema_extra=accepts_one
    )
    """Algorithms; the first of them that a client accepts is used."""
    types: Annotated[tuple[MediaType, ...], BeforeValidator(listed)] = Field(
        _TYPES, min_length=1, json_schema_extra=accepts_one
    )
    """Media types that are compressed; those of text when not given."""
    offload: bool = False
    """Whether servers are kept from compressing, so that only HAProxy does."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is True:
            return {}
        return {"algo": value} if isinstance(value, str) else value


class Cache(Model):
    """Answers are kept in HAProxy's memory, and given to others that ask for the same."""

    size: Size = Field(16 * _MB, ge=_MB, le=4095 * _MB)
    """The size of the cache, in memory."""
    max_object_size: Size | None = Field(None, ge=1)
    """The largest answer that is kept, at most half of the size; a 256th of it when not given."""
    max_age: Period = Field(60.0, ge=1)
    """The longest that an answer is kept; shorter when the server says so."""
    vary: bool = False
    """Whether answers with a `Vary` header are kept too, for each kind of client."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {} if value is True else value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.size % _MB:
            raise error(
                "bad-value",
                "a cache has whole megabytes",
                at=("size",),
                hint=f"write `{self.size // _MB}m` or `{self.size // _MB + 1}m`",
            )
        if self.max_object_size is not None and self.max_object_size > self.size // 2:
            raise error(
                "bad-value",
                "`max_object_size` is more than half of the cache's `size`",
                at=("max_object_size",),
            )
        return self


def _false_as_none(value: Any) -> Any:
    return None if value is False else value


MaybeCompression = Annotated[Compression | None, BeforeValidator(_false_as_none)]
MaybeCache = Annotated[Cache | None, BeforeValidator(_false_as_none)]
COMPRESSION_SHORT = {"enum": [True, False, "gzip", "deflate", "raw-deflate"]}
CACHE_SHORT = {"enum": [True, False]}
