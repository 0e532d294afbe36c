"""How much one client may ask for."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.action import DenyStatus
from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.match import Listed
from reconciler.topology.model.types.scalar import Duration, Size, Text, Whole, error, listed

_RATE = re.compile(r"([0-9]{1,9})/([0-9]*[a-z]+)")


def _from_rate(value: Any, counted: str) -> Any:
    """`100/10s`, or `5/s`, to the long form: how many of what is counted, in how long."""
    if not isinstance(value, str):
        return value
    match = _RATE.fullmatch(value)
    if match is None:
        raise error(
            "bad-value", "`{value}` is not a rate", value=value, hint="write it like `100/10s`"
        )
    number, per = match.groups()
    return {counted: int(number), "per": per if per[0].isdigit() else f"1{per}"}


class RateLimit(Model):
    """Requests that one client may send in a stretch of time: `100/10s`, or a mapping."""

    requests: Whole | None = Field(None, ge=1, le=10_000_000)
    """How many requests."""
    errors: Whole | None = Field(None, ge=1, le=10_000_000)
    """How many that are answered with a status from 400 to 499, such as failed logins. After those
    every further one is refused."""
    by: Literal["source", "header", "cookie", "path"] = "source"
    """What is counted for itself: an address (`source`), a value of a `header` or `cookie`, such as
    a key of an API, or a `path`, whoever asks. Who sends no such header or cookie has no limit."""
    name: Annotated[Text | None, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")] = None
    """The name of the header or cookie: `X-API-Key`."""
    per: Duration = Field(10.0, ge=1, le=86_400)
    """The stretch of time; older requests are forgotten bit by bit."""
    status: DenyStatus = 429
    """The status that further requests are answered with."""
    allow: Annotated[tuple[Listed, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Addresses that are not limited: `10.0.0.0/8`, or `./office.txt` for a file with one in each
    line."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return _from_rate(value, "requests")

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.requests is None and self.errors is None:
            raise error(
                "missing-key",
                "`requests` or `errors` is required in a limit of rates",
                hint="write `requests: 100` for all, `errors: 20` for those that fail",
            )
        if self.by in {"header", "cookie"} and self.name is None:
            raise error(
                "missing-key",
                f"a limit by {self.by} needs its `name`",
                hint=f"write `{{by: {self.by}, name: X-API-Key}}`",
            )
        if self.by in {"source", "path"} and self.name is not None:
            raise error(
                "bad-value",
                f"`name` is of a header or cookie, and this limit is by {self.by}",
                at=("name",),
                hint="write `by: header` or `by: cookie`",
            )
        return self


class ConnectionRate(Model):
    """New connections of one address in a stretch of time: `50/10s`, or a mapping."""

    connections: Whole = Field(ge=1, le=10_000_000)
    """How many."""
    per: Duration = Field(10.0, ge=1, le=86_400)
    """In how long; older ones are forgotten bit by bit."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return _from_rate(value, "connections")


class ConnectionLimit(Model):
    """Connections that one address may have: `20` at a time, new ones `50/10s`, or a mapping.
    Further ones are closed at once."""

    max: Whole | None = Field(None, ge=1, le=10_000_000)
    """How many at a time."""
    rate: ConnectionRate | None = Field(None, json_schema_extra=accepts({"type": "string"}))
    """How many new ones: `50/10s`, or a mapping."""
    allow: Annotated[tuple[Listed, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Addresses that are not limited: `10.0.0.0/8`, or `./office.txt` for a file with one in each
    line. Those of `trusted_proxies` never are."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"rate": value}
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return {"max": value} if is_number else value

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.max is None and self.rate is None:
            raise error(
                "missing-key",
                "`max` or `rate` is required in a limit of connections",
                hint="write `max: 20` for 20 at a time, `rate: 50/10s` for new ones",
            )
        return self


CONNECTION_SHORT = accepts({"type": "integer", "minimum": 1}, {"type": "string"})


class HeaderLimit(Model):
    """The headers that a request may have: `8k` for all of them together, or a mapping. More are
    answered with 431."""

    size: Size | None = Field(None, ge=1024, le=2**24)
    """Bytes of names and values, with what stands between them: `8k`."""
    count: Whole | None = Field(None, ge=1, le=32_766)
    """How many."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and 0 < value < 1024:
            raise error(
                "bad-value",
                "this is a size, and a request has more than that",
                hint="write `8k` for the size, `{count: 50}` for how many",
            )
        return {"size": value} if isinstance(value, int | str) else value

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.size is None and self.count is None:
            raise error(
                "missing-key",
                "`size` or `count` is required in a limit of headers",
                hint="write `size: 8k` for all of them together, `count: 50` for how many",
            )
        return self


HEADERS_SHORT = accepts({"type": "integer", "minimum": 1024}, {"type": "string"})
