"""What a rule of a frontend answers itself: a redirect, a response of its own, a refusal."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.match import Pattern
from reconciler.topology.model.tls import RedirectCode
from reconciler.topology.model.types.scalar import (
    Port,
    Text,
    UrlPath,
    Whole,
    error,
    matching,
    scalar_text,
)

_LONGEST_BODY = 8000
"""A response must fit into HAProxy's buffer, of 16 KiB unless said otherwise, with its headers."""


def _check_body(value: str) -> str:
    for character in value:
        if (ord(character) < 32 and character not in "\n\r\t") or ord(character) == 127:
            raise error("bad-value", "a control character cannot stand in this value")
    if len(value.encode()) > _LONGEST_BODY:
        raise error(
            "bad-value",
            f"a body has at most {_LONGEST_BODY:,} bytes",
            hint="let a server answer with more",
        )
    return value


Url = Annotated[
    Text,
    matching(
        r"(/|[a-z][a-z0-9+.-]*://)[!-~]*",
        "`{value}` is not where a client can go",
        "write a path, or a URL like `https://www.example.com/`",
    ),
    WithJsonSchema({"type": "string"}),
]
Body = Annotated[
    str,
    BeforeValidator(scalar_text),
    AfterValidator(_check_body),
    WithJsonSchema({"type": ["string", "number"]}),
]


class Redirect(Model):
    """Send the client elsewhere: `https://www.example.com/`, or a mapping."""

    to: Url | None = None
    """A URL or a path, as it is."""
    prefix: Url | None = None
    """What is put before the path and the query that were asked for: `https://www.example.com`."""
    scheme: Literal["http", "https"] | None = None
    """The same URL, with this scheme. Requests that came by it already do not match the rule."""
    port: Port | None = None
    """With `scheme`: the port; the one that was asked for when not given."""
    code: RedirectCode = 302
    """The status."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.to, self.prefix, self.scheme)) != 1:
            raise error("bad-value", "a redirect says one of `to`, `prefix` and `scheme`")
        if self.port is not None and self.scheme is None:
            raise error(
                "bad-value",
                "`port` goes with `scheme`",
                at=("port",),
                hint="write the port into the URL: `https://www.example.com:8443`",
            )
        return self


class Respond(Model):
    """An answer of HAProxy's own: a body, a status, or a mapping."""

    status: Whole = Field(200, ge=200, le=599)
    """The status."""
    content_type: Text = Field("text/plain; charset=utf-8", min_length=1)
    """The `Content-Type` of the body."""
    body: Body = ""
    """The body; none when not given."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"status": value}
        return {"body": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _body_allowed(self) -> Self:
        if self.body and self.status in {204, 205, 304}:
            raise error("bad-value", f"an answer of status {self.status} has no body", at=("body",))
        return self


DenyStatus = Literal[200, 400, 401, 403, 404, 405, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504]


def _refusal(value: Any, key: str) -> Any:
    """`true` or a status to the long form."""
    if value is True:
        return {}
    if value is False:
        raise error(
            "bad-value", f"a rule that does not {key} does nothing", hint=f"leave `{key}` out"
        )
    return {"status": value} if isinstance(value, int) else value


class Deny(Model):
    """A refusal: `true`, a status, or a mapping."""

    status: DenyStatus = 403
    """The status; in `mode: tcp` the connection is closed, and there is none."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return _refusal(value, "deny")


class Tarpit(Model):
    """A refusal that is a while in coming: `true`, a status, or a mapping."""

    status: DenyStatus = 500
    """The status."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return _refusal(value, "tarpit")


def _check_query(value: str) -> str:
    if value.startswith("?"):
        raise error("bad-value", "a query is what comes after the `?`", hint="leave the `?` out")
    if re.fullmatch(r"[!-~]*", value) is None or "#" in value:
        raise error(
            "bad-value",
            "a query holds only ASCII, without spaces and `#`",
            hint="write other characters as `%` and hex digits",
        )
    return value


Query = Annotated[Text, AfterValidator(_check_query), WithJsonSchema({"type": "string"})]


class Rewrite(Model):
    """Another path for the server: a path, or a pattern and what takes its place."""

    regex: Pattern | None = None
    """The pattern to look for: `^/old/(.*)`. A path in which it is found is replaced as a whole;
    any path when not given."""
    to: UrlPath
    """The path, with `\\1` for what the first group of the pattern found. The query stays."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _only_a_path(self) -> Self:
        if "?" in self.to:
            raise error(
                "bad-value",
                "`?` begins a query, and this is for the path",
                at=("to",),
                hint="leave it out: the client's own query stays",
            )
        if self.regex is None and re.search(r"\\\d", self.to):
            raise error(
                "bad-value",
                "there is no group to take the place of `\\1`",
                at=("to",),
                hint="add a `regex`: `{regex: ^/old/(.*), to: /new/\\1}`",
            )
        return self
