"""Values that the schema of a topology file allows, or almost: they get further into the reader,
its rules and the compiler than what is broken anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

_PLACE = Path(__file__).parents[3] / "schemas" / "topology.v1.json"
SCHEMA: dict[str, Any] = json.loads(_PLACE.read_text(encoding="utf-8"))
NAMES = ["web", "api", "www", "shop", "data", "a", "default", "default_backend", "haproxy", "0"]
TEXTS = [
    *NAMES, "shop/web:1", "/data", "./here", "../up", "data:/data:ro", "127.0.0.1:80:80/udp", "10s",
    "1h30m", "0s", "64m", "1GB", "10%", "0%", "100/1m", "GET /healthz", "10.0.0.0/8", "fd00::/64", "fd00::1",
    "127.0.0.1", "*.shop.example", "shop.example", "X-Name", "%[src]", "{ path_beg /a }", "no-store",
    "TCP", "udp", "on-failure:3", "unless-stopped", "02:42:ac:11:00:02", "0644", "0o755", "@reboot",
    "${TOKEN}", "${NOPE:-5}", "$$", "", " ", "é", "-1", "1e3", "yes", "null", "~", "service:web",
]  # fmt: skip
LEAP = 0.04
"""How often a value is any at all."""


def grow(schema: dict[str, Any], chance: Random, depth: int = 4) -> Any:
    """A value of a schema."""
    schema = _resolved(schema)
    if chance.random() < LEAP:
        return chance.choice([None, True, 0, -1, 1.5, 10**20, "", "x", [], {}, [[]], {"x": 1}])
    if "anyOf" in schema or "oneOf" in schema:
        return grow(chance.choice(schema.get("anyOf") or schema["oneOf"]), chance, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, chance, depth)
        case "array":
            number = chance.choice([0, 1, 1, 2]) if depth else 0
            return [grow(schema.get("items", {}), chance, depth - 1) for _ in range(number)]
        case "integer" | "number":
            low, high = schema.get("minimum", 0), schema.get("maximum", 70_000)
            return chance.choice([low, high, low - 1, high + 1, 1, 2, 80, 8080])
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
        case _:
            known = [*schema.get("examples", ()), *filter(None, [schema.get("default")])]
            return chance.choice(known if known and chance.random() < 0.5 else TEXTS)


def extend(value: Any, schema: dict[str, Any], chance: Random) -> None:
    """One more key somewhere in a value, as the schema has it there."""
    schema = _of_objects(schema)
    if not isinstance(value, dict) or not schema:
        return
    inner = [key for key, child in value.items() if isinstance(child, dict) and child]
    if inner and chance.random() < 0.7:
        key = chance.choice(inner)
        extend(value[key], _child(schema, key), chance)
    elif keys := list(schema.get("properties", ())):
        key = chance.choice(keys)
        value[key] = grow(schema["properties"][key], chance)
    else:
        key = chance.choice(NAMES)
        value[key] = grow(_child(schema, key), chance)


def _object(schema: dict[str, Any], chance: Random, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    chosen = set(schema.get("required", ()))
    if depth and properties:
        chosen |= set(chance.sample(sorted(properties), min(len(properties), chance.randint(0, 3))))
    made = {key: grow(properties.get(key, {}), chance, depth - 1) for key in sorted(chosen)}
    for inner in schema.get("patternProperties", {}).values():
        if depth and not properties:
            names = chance.sample(NAMES, chance.randint(0, 2))
            made |= {name: grow(inner, chance, depth - 1) for name in names}
    return made


def _child(schema: dict[str, Any], key: str) -> dict[str, Any]:
    inner = schema.get("properties", {}).get(key)
    if inner is None:
        inner = next(iter(schema.get("patternProperties", {}).values()), {})
    found: dict[str, Any] = inner if isinstance(inner, dict) else {}
    return found


def _of_objects(schema: dict[str, Any]) -> dict[str, Any]:
    """The form of an object among those that a schema allows; {} when there is none."""
    schema = _resolved(schema)
    for one in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        resolved = _resolved(one)
        if resolved.get("type") == "object":
            return resolved
    return {}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema
