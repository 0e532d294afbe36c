"""The JSON Schema of topology files, for editors and pipelines."""

from __future__ import annotations

from typing import Any

from reconciler.topology.model import Topology


def topology_schema() -> dict[str, Any]:
    """Draft 2020-12. Every value may also be a string that holds a variable, `${PORT}`."""
    schema = Topology.model_json_schema(by_alias=True)
    schema["$defs"]["Variable"] = {
        "type": "string",
        "pattern": r"\$",
        "description": "A value from the environment: `${NAME}` or `${NAME:-default}`.",
    }
    for owner in [schema, *schema["$defs"].values()]:
        for name, field in owner.get("properties", {}).items():
            owner["properties"][name] = _or_variable(field)
        _drop_pydantic_titles(owner)
    schema["patternProperties"] = {"^x-": {"description": "Your own, for anchors."}}
    schema["title"] = "HAProxy topology"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _or_variable(field: dict[str, Any]) -> dict[str, Any]:
    """Scalars that are not text anyway may be written as a variable."""
    if field.get("type") in {"integer", "number", "boolean"} or "enum" in field:
        keep = {key: field[key] for key in ("description", "default") if key in field}
        inner = {key: value for key, value in field.items() if key not in {*keep, "title"}}
        return {**keep, "anyOf": [inner, {"$ref": "#/$defs/Variable"}]}
    return field


def _drop_pydantic_titles(owner: dict[str, Any]) -> None:
    owner.pop("title", None)
    for field in owner.get("properties", {}).values():
        field.pop("title", None)
