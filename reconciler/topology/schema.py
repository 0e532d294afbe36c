"""The JSON Schema of topology files, for editors and pipelines."""

from __future__ import annotations

from typing import Any

from reconciler.topology.model import Topology
from reconciler.topology.model.topology import sections


def topology_schema() -> dict[str, Any]:
    """Draft 2020-12. Every value may also be a string that holds a variable, `${PORT}`."""
    schema = Topology.model_json_schema(by_alias=True)
    for owner in [schema, *schema["$defs"].values()]:
        for name, field in owner.get("properties", {}).items():
            owner["properties"][name] = _or_variable(_tidy(field))
        _drop_pydantic_titles(owner)
    written = schema["properties"]
    networks = written["networks"]["patternProperties"]
    networks |= {pattern: _or_empty(network) for pattern, network in networks.items()}
    written |= {name: _or_empty(written[name]) for name in sorted(sections())}
    schema["$defs"]["Variable"] = {
        "type": "string",
        "pattern": r"\$",
        "description": "A value from the environment: `${NAME}` or `${NAME:-default}`.",
    }
    schema["patternProperties"] = {"^x-": {"description": "Your own, for anchors."}}
    schema["title"] = "HAProxy topology"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_VARIABLE = {"$ref": "#/$defs/Variable"}
_ANNOTATIONS = ("description", "default", "title")


def _or_variable(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, where each value that is not any text may be written as a variable as well."""
    schema = dict(schema)
    for inside in ("items", "additionalProperties"):
        if isinstance(schema.get(inside), dict):
            schema[inside] = _or_variable(schema[inside])
    if "anyOf" in schema:
        forms = [_or_variable(form) for form in schema["anyOf"]]
        flat = [inner for form in forms for inner in form.get("anyOf", [form])]
        schema["anyOf"] = [form for i, form in enumerate(flat) if form not in flat[:i]]
        return schema
    if not _is_picky(schema):
        return schema
    keep = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
    return {**keep, "anyOf": [schema, _VARIABLE]}


def _is_picky(schema: dict[str, Any]) -> bool:
    """A scalar that not every text is: a number, a word of a list, a text of a pattern."""
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "string" in kinds:
        return "pattern" in schema or "enum" in schema or "const" in schema
    return bool(kinds & {"integer", "number", "boolean"}) or "enum" in schema or "const" in schema


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    schema = dict(schema)
    keep = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
    return {**keep, "anyOf": [schema, {"type": "null"}]}


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Without what only pydantic understands, and with defaults as one writes them."""
    schema = {key: value for key, value in schema.items() if key not in {"ge", "gt", "le", "lt"}}
    default = schema.get("default")
    if isinstance(default, dict | list) or default is None:
        schema.pop("default", None)
    elif isinstance(default, float):
        is_share = str(schema.get("pattern", "")).endswith("%$")
        schema["default"] = f"{default * 100:g}%" if is_share else f"{default:g}s"
    if "anyOf" in schema:
        schema["anyOf"] = [_tidy(form) for form in schema["anyOf"]]
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    return schema


def _drop_pydantic_titles(owner: dict[str, Any]) -> None:
    owner.pop("title", None)
    for field in owner.get("properties", {}).values():
        field.pop("title", None)
