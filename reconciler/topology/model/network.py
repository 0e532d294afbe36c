"""The networks that containers join, and by which names they are known there."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.types.container import DnsNames
from reconciler.topology.model.types.endpoint import Ipv4, Ipv6, Mac
from reconciler.topology.model.types.scalar import Name, error, listed


class Join(Model):
    """A network that containers join."""

    network: Name
    """Its name in the file."""
    aliases: DnsNames = ()
    """Names by which others find them there, beside that of the backend."""
    ipv4_address: Ipv4 | None = None
    """The address that the one container has there, of the network's `subnet`. Docker, or HAProxy
    on the host's network, chooses when not given."""
    ipv6_address: Ipv6 | None = None
    """The same of IPv6, on an external network that has it."""
    mac_address: Mac | None = None
    """Its MAC address there. On another than the first network, Docker 25 and newer take one."""

    @property
    def fixed(self) -> dict[str, str]:
        """What is said here that one container can have at a time, by key."""
        keys = ("ipv4_address", "ipv6_address", "mac_address")
        return {key: value for key in keys if (value := getattr(self, key)) is not None}


def parse_joins(value: Any) -> Any:
    """`front`, `[front, back]`, or Compose's mapping: `{front: {aliases: [shop]}}`."""
    if isinstance(value, dict):
        return [_item(name, more) for name, more in value.items()]
    return [item if isinstance(item, dict) else {"network": item} for item in listed(value)]


def _item(name: Any, more: Any) -> Any:
    if more is not None and not isinstance(more, dict):
        raise error(
            "wrong-type",
            "how a network is joined is a mapping",
            at=(name,),
            hint="write `{aliases: [shop]}`, or a list of names",
        )
    return {"network": name, **(more or {})}


_NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"}
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
JOINS_SHORT = accepts(
    _NAME,
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "aliases": _NAMES,
                "ipv4_address": {"type": "string", "format": "ipv4"},
                "ipv6_address": {"type": "string", "format": "ipv6"},
                "mac_address": {"type": "string"},
            },
        },
    },
)
Joins = Annotated[
    tuple[Annotated[Join, Field(json_schema_extra=accepts(_NAME))], ...],
    BeforeValidator(parse_joins),
]
