"""What all models share: frozen, no unknown key, short forms in the JSON Schema."""

from __future__ import annotations

import copy
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_plain_validator_function

from reconciler.topology.model.description import description_of


class Model(BaseModel):
    """Frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """A section inside another is built when a file first has it: most files have few.

        A default is made with `model_construct`, which builds nothing.
        """
        if handler.field_name is None:
            return handler(source)
        # As pydantic names it: in the JSON Schema it is one definition, wherever it is used.
        ref = f"{cls.__module__}.{cls.__qualname__}:{id(cls)}"
        return no_info_plain_validator_function(cls.model_validate, ref=ref)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Describe each key. Pydantic's own `use_attribute_docstrings` would at every start."""
        is_inside = core_schema["type"] == "function-plain"
        schema = handler(_whole(cls) if is_inside else core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            if description := description_of(cls, name):
                properties[field.alias or name]["description"] = description
        return schema


def _whole(model: type[BaseModel]) -> CoreSchema:
    model.model_rebuild()
    return model.__pydantic_core_schema__


class ShortForms(Struct, frozen=True):
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
