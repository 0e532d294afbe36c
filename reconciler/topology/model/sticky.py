"""Clients that come back to the server they had: how HAProxy knows them again, and for how long."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts_one
from reconciler.topology.model.types.scalar import (
    Duration,
    Period,
    Text,
    Whole,
    error,
    listed,
    matching,
)

_OF_COOKIES = ("domain", "httponly", "secure", "samesite", "maxidle", "maxlife")
_OF_TABLES = ("expire", "size")

StickyName = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_-]{1,128}",
        "neither a cookie nor a header can have the name `{value}` here",
        "use letters, digits, `-` and `_`",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
]
CookieDomain = Annotated[
    Text,
    matching(
        r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*",
        "`{value}` is not the domain of a cookie",
        "write it like `example.com`",
    ),
    WithJsonSchema({"type": "string"}),
]


class Sticky(Model):
    """Clients come back to the server they had, as long as it is there: `cookie`, `source`, or a
    mapping."""

    by: Literal["cookie", "source", "header"]
    """What a client is known by: a `cookie` that HAProxy gives it, its address (`source`), or a
    `header` of its requests."""
    name: StickyName | None = None
    """The name of the cookie, `SERVERID-` and the backend's when not given; or of the header."""
    domain: Annotated[tuple[CookieDomain, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Domains that the cookie is for; the host that was asked when not given."""
    httponly: bool = True
    """Whether the cookie is hidden from scripts of the page."""
    secure: bool = False
    """Whether browsers send the cookie over TLS alone."""
    samesite: Literal["strict", "lax", "none"] | None = None
    """Whether browsers send the cookie with requests that come from other sites."""
    maxidle: Period | None = Field(None, ge=1)
    """Time without a request after which a client's cookie says nothing any more."""
    maxlife: Period | None = Field(None, ge=1)
    """Time after which it says nothing any more, whether it was used or not."""
    expire: Duration = Field(1800.0, ge=1)
    """Time without a request after which an address or a header is forgotten."""
    size: Whole = Field(100_000, ge=1, le=100_000_000)
    """Addresses or headers that are remembered; the oldest make room."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"by": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _keys_of_the_kind(self) -> Self:
        foreign = {"cookie": _OF_TABLES, "source": ("name", *_OF_COOKIES), "header": _OF_COOKIES}[
            self.by
        ]
        for key in foreign:
            if key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"`{key}` has no meaning where clients are known by their {self.by}",
                    at=(key,),
                    hint="leave it out",
                )
        if self.by == "header" and self.name is None:
            raise error("missing-key", "`name` is required: the header that clients are known by")
        if self.samesite == "none" and not self.secure:
            raise error(
                "bad-value",
                "browsers take `samesite: none` only together with `secure`",
                at=("samesite",),
                hint="add `secure: true`",
            )
        return self

    @property
    def lasts_s(self) -> float | None:
        """How long a client may be silent and still be known; None for any time."""
        return self.maxidle if self.by == "cookie" else self.expire


STICKY_SHORT = {"enum": ["cookie", "source"]}
