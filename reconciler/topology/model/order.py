"""What a backend waits for: other backends, in `depends_on`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import Name, error, written

_OF_COMPOSE = {"service_started": "started", "service_healthy": "healthy"}
_ENDED = {"completed", "service_completed_successfully"}


def _parse_condition(value: Any) -> Any:
    """Compose's words are understood too."""
    text = written(value) if isinstance(value, str) else value
    if isinstance(text, str) and text in _ENDED:
        raise error(
            "unknown-value",
            "`condition` cannot be `{value}`: the containers of a backend run on",
            value=text,
            hint="what runs once and ends is a job: write it under `before`",
        )
    return _OF_COMPOSE.get(text, text) if isinstance(text, str) else text


class Dependency(Model):
    """A backend that is waited for."""

    backend: Name
    """Its name."""
    condition: Annotated[Literal["started", "healthy"], BeforeValidator(_parse_condition)] = (
        "healthy"
    )
    """`healthy`: its containers run, and pass their health check where they have one; `started`:
    they were started."""


def parse_dependencies(value: Any) -> Any:
    """`db`, `[db, cache]`, or Compose's mapping: `{db: {condition: started}}`."""
    if isinstance(value, dict):
        return [_item(name, more) for name, more in value.items()]
    if not isinstance(value, str | list):
        raise error(
            "wrong-type",
            "this takes a list of backends, or a mapping by their names",
            hint="write `[db, cache]`, or `{db: {condition: started}}`",
        )
    items = value if isinstance(value, list) else [value]
    return [{"backend": item} if isinstance(item, str) else item for item in items]


def _item(name: Any, more: Any) -> Any:
    if more is None:
        return {"backend": name}
    if not isinstance(more, dict):
        raise error(
            "wrong-type",
            "what is waited for is a mapping",
            at=(name,),
            hint="write `{condition: started}`, or a list of names",
        )
    if "backend" in more:
        raise error(
            "unknown-key",
            "the backend's name is the key here already",
            at=(name, "backend"),
            hint="leave it out",
        )
    return {"backend": name, **more}


_CONDITIONS = {"enum": ["started", "healthy", *_OF_COMPOSE]}
DEPENDENCIES_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["backend"],
                        "properties": {"backend": {"type": "string"}, "condition": _CONDITIONS},
                    },
                ]
            },
        },
        {
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {"condition": _CONDITIONS},
            },
        },
    ]
}
