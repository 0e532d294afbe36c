"""What is written of traffic, and where."""

import ipaddress
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts_one
from reconciler.topology.model.types.scalar import Text, error, listed

NAMED_FORMATS = ("http", "tcp", "clf", "json")
_STREAMS = ("stdout", "stderr")
_SYSLOG_PORT = "514"

Facility = Literal[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2",
    "ftp", "ntp", "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
]  # fmt: skip
Level = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]


def _check_format(value: str) -> str:
    if value not in NAMED_FORMATS and "%" not in value:
        raise error(
            "bad-value",
            "`{value}` is no format of logs",
            value=value,
            hint=f"write one of {', '.join(NAMED_FORMATS)}, or a log format of HAProxy's, "
            "like `%ci %r %ST`",
        )
    return value


def _check_target(value: str) -> str:
    """A stream, or an address of syslog with its port. Names are left out: HAProxy would not start
    while one of them does not resolve."""
    if value in _STREAMS:
        return value
    host, colon, port = value.rpartition(":")
    if not colon or (value.count(":") > 1 and not host.endswith("]")):
        host, port = value, _SYSLOG_PORT
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        if not (port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536):
            raise ValueError(port)
    except ValueError:
        raise error(
            "bad-value",
            "logs cannot be sent to `{value}`",
            value=value,
            hint="write `stdout`, `stderr`, or an IP address like `192.0.2.7:514`",
        ) from None
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def sample_of(text: str) -> Fraction:
    """`10%` to a tenth."""
    return Fraction(text.removesuffix("%")) / 100


def _check_sample(value: str) -> str:
    try:
        part = sample_of(value) if value.endswith("%") and len(value) < 9 else Fraction(0)
    except (ValueError, ZeroDivisionError):
        part = Fraction(0)
    if not 0 < part <= 1 or part.denominator > 10_000:
        raise error(
            "bad-value",
            "`{value}` is no part of the requests",
            value=value,
            hint="write it in percent: `10%`",
        )
    return value


class Log(Model):
    """What is written of traffic: `false` for nothing, a format, or a mapping. A frontend's goes
    before HAProxy's, key by key."""

    enabled: bool = True
    """`false` writes nothing."""
    format: Annotated[Text, AfterValidator(_check_format)] | None = None
    """`http`, `tcp`, `clf`, `json`, or a log format of HAProxy's: `%ci %r %ST`; as the mode when
    not given."""
    target: Annotated[
        tuple[Annotated[Text, AfterValidator(_check_target)], ...], BeforeValidator(listed)
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """`stdout`, `stderr`, or the IP address and port of a syslog server that takes UDP, or a list
    of such; `stdout` when not given."""
    facility: Facility | None = None
    """Syslog's facility; `local0` when not given."""
    level: Level | None = None
    """The least urgent level that is written; `info`, the level of requests, when not given."""
    sample: (
        Annotated[Text, AfterValidator(_check_sample), WithJsonSchema({"type": "string"})] | None
    ) = None
    """Which part of the requests is written: `10%`. Messages about servers are not left out."""
    normal: bool | None = None
    """`false` leaves out what went well, and `true`, as when not given, does not."""
    null: bool | None = None
    """`true` writes connections on which nothing came as well."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return {"enabled": value}
        return {"format": value} if isinstance(value, str) else value


LOG_SHORT = ({"type": "boolean"}, {"type": "string"})
