"""Pages that HAProxy answers with itself when something is wrong."""

import posixpath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.header import HeaderValue, PageHeader
from reconciler.topology.model.types.scalar import FilePath, Text, error

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
}


class ErrorPage(Model):
    """What is answered instead of HAProxy's own page: a file, or a mapping."""

    file: FilePath
    """The body, from a file relative to this one. It has at most 15 kB."""
    content_type: Text | None = Field(None, min_length=1)
    """What the body is; known by itself for `.html`, `.txt`, `.json`, `.xml` and `.svg`."""
    headers: dict[PageHeader, HeaderValue] = Field(default_factory=dict)
    """Further headers of the answer: `{Retry-After: 120}`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_type(self) -> Self:
        if self.content_type is None and self.type is None:
            raise error(
                "missing-key",
                "the name of the file does not tell what is in it",
                hint="add `content_type:`, like `text/html`",
            )
        return self

    @property
    def type(self) -> str | None:
        return self.content_type or _TYPES.get(posixpath.splitext(self.file)[1].lower())


Status = Literal[
    "400",
    "401",
    "403",
    "404",
    "405",
    "407",
    "408",
    "410",
    "413",
    "425",
    "429",
    "431",
    "500",
    "501",
    "502",
    "503",
    "504",
]
"""Those that HAProxy has a page for, and 431, which `max_headers` alone answers with."""
OF_HEADERS: Status = "431"
ErrorPages = dict[
    Status, Annotated[ErrorPage, Field(json_schema_extra=accepts({"type": "string"}))]
]
