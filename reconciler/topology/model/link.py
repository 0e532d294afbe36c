"""How HAProxy speaks with servers: TLS, HTTP/2, and whether it says for whom."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.types.scalar import FilePath, Text, error

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*")


class ServerTls(Model):
    """TLS with the servers of a backend."""

    verify: Literal["required", "none"] = "required"
    """Whether the servers' certificates are checked; `none` believes everyone."""
    ca: FilePath | None = None
    """PEM file with the authorities that sign them, relative to this file; those of HAProxy's image
    when not given."""
    sni: Text | None = None
    """The name to ask the servers for, and that must be in their certificates. Not needed with a
    `ca` of your own: then any name will do."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {} if value is True else value

    @model_validator(mode="after")
    def _knows_whom_to_trust(self) -> Self:
        if self.sni is not None and (len(self.sni) > 253 or _NAME.fullmatch(self.sni) is None):
            raise error("bad-value", "`{value}` is not a host name", value=self.sni, at=("sni",))
        if self.verify == "none" and self.ca is not None:
            raise error(
                "bad-value",
                "a `ca` has no meaning where nothing is checked",
                at=("ca",),
                hint="leave it out, or use `verify: required`",
            )
        if self.verify == "required" and self.ca is None and self.sni is None:
            raise error(
                "missing-key",
                "with public authorities, anybody has some certificate",
                hint="add `sni:`, the name that the servers' must have, or a `ca` of your own",
            )
        return self


def _false_as_none(value: Any) -> Any:
    return None if value is False else value


def _parse_send_proxy(value: Any) -> Any:
    return {True: "v2", False: None}[value] if isinstance(value, bool) else value


ToServers = Annotated[ServerTls | None, BeforeValidator(_false_as_none)]
TO_SERVERS_SHORT = accepts({"enum": [True, False]})
SendProxy = Annotated[
    Literal["v1", "v2"] | None,
    BeforeValidator(_parse_send_proxy),
    WithJsonSchema({"enum": ["v1", "v2", True, False]}),
]
