"""What all models share: frozen, no unknown key, short forms in the JSON Schema."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, and no key that is not known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, use_attribute_docstrings=True
    )


@dataclass(frozen=True)
class ShortForms:
    """What a validator turns into the long form of a field, as JSON Schema."""

    schemas: tuple[dict[str, Any], ...]

    def __call__(self, schema: dict[str, Any]) -> None:
        """Add them to the JSON Schema of the field."""
        keep = ("title", "description", "default")
        long = {key: schema.pop(key) for key in list(schema) if key not in keep}
        schema["anyOf"] = [*self.schemas, *long.get("anyOf", [long])]


def accepts(*schemas: dict[str, Any]) -> ShortForms:
    """For a field that has short forms."""
    return ShortForms(schemas)


def accepts_one(schema: dict[str, Any]) -> None:
    """Add to the JSON Schema of a list that one item may stand for it."""
    array = next(form for form in [schema, *schema.get("anyOf", [])] if "items" in form)
    items = copy.deepcopy(array["items"])
    accepts(*items.get("anyOf", [items]))(schema)


def null_as_empty(value: Any) -> Any:
    return {} if value is None else value
