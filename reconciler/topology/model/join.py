"""The networks that containers join, and by which names they are known there."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reconciler.topology.container_types import DnsNames
from reconciler.topology.model.base import Model, accepts, listed
from reconciler.topology.types import Name, error


class Join(Model):
    """A network that containers join."""

    network: Name
    """Its name in the file."""
    aliases: DnsNames = ()
    """Names by which others find them there, beside that of the backend."""


def parse_joins(value: Any) -> Any:
    """`front`, `[front, back]`, or Compose's mapping: `{front: {aliases: [shop]}}`."""
    if isinstance(value, dict):
        return [_item(name, more) for name, more in value.items()]
    return [item if isinstance(item, dict) else {"network": item} for item in listed(value)]


def _item(name: Any, more: Any) -> Any:
    if more is not None and not isinstance(more, dict):
        raise error("wrong-type", "how a network is joined is a mapping", at=(name,),
                    hint="write `{aliases: [shop]}`, or a list of names")  # fmt: skip
    return {"network": name, **(more or {})}


_NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"}
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
JOINS_SHORT = accepts(
    _NAME,
    {"type": "object", "minProperties": 1, "additionalProperties": {
        "type": ["object", "null"], "additionalProperties": False,
        "properties": {"aliases": _NAMES},
    }},
)  # fmt: skip
Joins = Annotated[
    tuple[Annotated[Join, Field(json_schema_extra=accepts(_NAME))], ...],
    BeforeValidator(parse_joins),
]
