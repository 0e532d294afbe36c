"""How HAProxy finds out which servers can take traffic."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.marks import Example
from reconciler.topology.model.server import Host
from reconciler.topology.model.settings import Agent
from reconciler.topology.model.types.scalar import (
    Duration,
    Port,
    Text,
    UrlPath,
    Whole,
    error,
    scalar_text,
)

CheckType = Literal["tcp", "http", "none", "pgsql", "mysql", "redis", "smtp", "ldap"]

_ASKED_BY: dict[str, tuple[CheckType, ...]] = {
    "path": ("http",),
    "host": ("http", "smtp"),
    "method": ("http",),
    "status": ("http",),
    "disable_on_404": ("http",),
    "user": ("pgsql", "mysql"),
    "steps": ("tcp",),
}
"""The types of checks that ask for what a key says; any other key is for all of them."""


def _check_bytes(value: str) -> str:
    if not value:
        raise error("bad-value", "there is nothing to send or expect", hint="write some text")
    return value


Bytes = Annotated[
    str,
    BeforeValidator(scalar_text),
    AfterValidator(_check_bytes),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1}),
]
"""Text that goes to a server as it is, breaks of lines included."""


class Step(Model):
    """What is sent in a check, or must come."""

    send: Bytes | None = None
    """What is sent: `"PING\\r\\n"`."""
    expect: Bytes | None = None
    """What must be in what comes: `"+PONG"`."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.send is None) == (self.expect is None):
            raise error(
                "bad-value",
                "a step of a check either sends or expects something",
                hint="write `{send: …}` and `{expect: …}`, one after the other",
            )
        return self


class Check(Model):
    """How HAProxy finds out whether a server can take traffic."""

    type: CheckType = "tcp"
    """What is asked: a connection (`tcp`), a `path` (`http`), or a greeting as a client of a
    database or of mail would say it; `none` asks nothing. `http` when a `path` is given."""
    port: Port | None = None
    """The port that is asked; that of the traffic when not given. Where it is another, Patroni and
    the like tell there whose part the server has."""
    path: UrlPath | None = None
    """Ask for this path over HTTP instead of only opening a connection."""
    host: Host | None = None
    """The `Host` to ask for, or to say to a mail server; that of `tls.sni`, or the backend's name,
    when not given."""
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = "GET"
    """The request's method."""
    status: Annotated[
        str, BeforeValidator(scalar_text), Example("write codes like `200`, `200-399` or `200,204`")
    ] = Field(
        "200-399",
        pattern=r"^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$",
        json_schema_extra=accepts({"type": "integer", "minimum": 100, "maximum": 599}),
    )
    """The status codes that mean healthy: `200`, `200-299` or `200,204`."""
    disable_on_404: bool = False
    """Whether a server that answers 404 gets no new clients, and keeps those it has."""
    user: Text | None = None
    """As whom a database is greeted; `pgsql` needs it. No password is asked for."""
    steps: tuple[Step, ...] = Field((), min_length=1)
    """What is said over the connection, in turn: `[{send: "PING\\r\\n"}, {expect: "+PONG"}]`."""
    interval: Duration = Field(1.0, ge=0.01)
    """Time between two checks. A server that HAProxy was given without a reload is checked up to
    four times as often until the next one, so that it need not wait long for its first check."""
    fast_interval: Duration | None = Field(None, ge=0.01)
    """Time between two checks while a server changes from up to down or back; a quarter of a
    second, or `interval` where that is less, when not given."""
    down_interval: Duration | None = Field(None, ge=0.01)
    """Time between two checks of a server that is down; that of `fast_interval` when not given."""
    timeout: Duration | None = Field(None, ge=0.001)
    """Time one check may take; the interval when not given."""
    rise: Whole = Field(2, ge=1, le=100)
    """Good checks in a row that bring a server back."""
    fall: Whole = Field(3, ge=1, le=100)
    """Bad checks in a row that take a server out."""
    observe: Literal["layer4", "layer7"] | None = None
    """Count also what comes of the traffic: connections that fail (`layer4`), or answers of 5xx and
    broken ones (`layer7`)."""
    error_limit: Whole | None = Field(None, ge=1, le=1_000_000)
    """Errors in a row that `on_error` follows; 10 when not given."""
    on_error: Literal["fastinter", "fail-check", "sudden-death", "mark-down"] | None = None
    """What follows: checks at `fast_interval`, a bad check (which it is when not given), one that
    the next bad one makes the last, or no more traffic."""
    agent: Agent | None = Field(
        None, json_schema_extra=accepts({"type": "integer", "minimum": 1, "maximum": 65535})
    )
    """A program beside each server that tells HAProxy its weight, or that it is down: its port, or
    a mapping."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is False:
            return {"type": "none"}
        if value is True or value == "tcp":
            return {}
        if isinstance(value, str):
            if value.startswith("/"):
                return {"type": "http", "path": value}
            raise error(
                "unknown-value",
                "`{value}` is not a check",
                value=value,
                hint="write `tcp`, `false`, a path like `/healthz`, or a mapping",
            )
        if isinstance(value, dict) and "path" in value and "type" not in value:
            return value | {"type": "http"}
        return value

    @model_validator(mode="after")
    def _has_what_it_asks_for(self) -> Self:
        if self.type == "none" and self.agent is not None:
            raise error(
                "bad-value",
                "an `agent` needs a check of HAProxy's own beside it",
                at=("agent",),
                hint="use `type: tcp`, or a `path`",
            )
        if (self.type == "http") != (self.path is not None):
            wrong = "needs a `path`" if self.type == "http" else "takes no `path`"
            at = ("path",) if self.path is not None else ("type",)
            raise error("bad-value", f"a check of type {self.type} {wrong}", at=at)
        if self.type == "pgsql" and self.user is None:
            raise error(
                "bad-value",
                "a check of type pgsql needs a `user`",
                at=("type",),
                hint="name a role that may connect; no password is asked for",
            )
        return self

    @model_validator(mode="after")
    def _nothing_without_effect(self) -> Self:
        for key in type(self).model_fields:
            if key not in self.model_fields_set or key == "type":
                continue
            if self.type == "none":
                raise error(
                    "bad-value",
                    f"`{key}` has no meaning where nothing is checked",
                    at=(key,),
                    hint="leave it out, or use `type: tcp`",
                )
            types = _ASKED_BY.get(key, (self.type,))
            if self.type not in types:
                is_http = types[0] == "http" and self.type == "tcp"
                raise error(
                    "bad-value",
                    f"`{key}` is for a check that asks over HTTP"
                    if is_http
                    else f"`{key}` is for a check of type {' or '.join(types)}",
                    at=(key,),
                    hint="add a `path`, or leave it out" if is_http else "leave it out",
                )
        return self

    @model_validator(mode="after")
    def _errors_are_counted(self) -> Self:
        for key in ("error_limit", "on_error"):
            if self.observe is None and key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"`{key}` is for errors of the traffic, and nothing counts them",
                    at=(key,),
                    hint="add `observe: layer4`, or `layer7` for HTTP",
                )
        return self


CHECK_SHORT = accepts({"enum": ["tcp", False, True]}, {"type": "string", "pattern": "^/"})
