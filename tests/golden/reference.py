"""`docs/topology-reference.md`: every key of topology files. Write it anew with

    .venv/bin/python -m tests.golden.reference

Nothing in it is written by hand: it is the JSON Schema as a page. What a key means is the
docstring of its field; its example is the shortest place in the tested topologies
(`tests/golden/configs`, `topologies`) that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reconciler.diagnostics.place import Path
from reconciler.topology.reading.parse import parse_source
from reconciler.topology.reading.source import Source
from reconciler.topology.schema import topology_schema
from tests.arch.source_tree import ROOT
from tests.golden.rendering import DIRECTORY, VARIABLES

PAGE = ROOT / "docs" / "topology-reference.md"
LONGEST = 120
Key = tuple[str, str]
"""A section of the page, which is a definition of the schema, and a key in it."""

_HEAD = """\
# Every key of a topology file

Made from the models by `python -m tests.golden.reference`; do not edit it.
`${NAME}` may stand in place of any value. Lengths of time are written like `500ms`, `10s` or
`1m30s`, sizes like `128m`. Editors show the same while you type, from
[`schemas/topology.v1.json`](../schemas/topology.v1.json).
"""


class Schema:
    """The schema's definitions by name, and which of them a value is written in."""

    def __init__(self) -> None:
        self.root = topology_schema()
        definitions = {k: v for k, v in self.root["$defs"].items() if "properties" in v}
        self.sections: dict[str, dict[str, Any]] = {"Topology": self.root, **definitions}

    def forms(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The ways to write a value, without the variable that may stand for each."""
        if "anyOf" in schema:
            for form in schema["anyOf"]:
                yield from self.forms(form)
        elif schema.get("$ref") == "#/$defs/Variable":
            return
        elif "$ref" in schema and _name(schema) not in self.sections:
            yield from self.forms(self.root["$defs"][_name(schema)])
        else:
            yield schema

    def section_of(self, form: dict[str, Any]) -> str | None:
        if form is self.root:
            return "Topology"
        return _name(form) if "$ref" in form else None

    def below(self, form: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What stands in a list or under a user's own names, and how that is written in a path."""
        if isinstance(form.get("items"), dict):
            yield "[]", form["items"]
        for part in _free_values(form):
            yield ".NAME", part


def _name(form: dict[str, Any]) -> str:
    return str(form["$ref"]).rpartition("/")[2]


def _free_values(form: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(form.get("patternProperties", {}).values())
    if isinstance(form.get("additionalProperties"), dict):
        found.append(form["additionalProperties"])
    return found


def places(schema: Schema) -> dict[str, list[str]]:
    """Each section and the paths at which it is written, outer ones first."""
    found: dict[str, list[str]] = {"Topology": [""]}
    queue = ["Topology"]

    def visit(value: dict[str, Any], place: str) -> None:
        for form in schema.forms(value):
            section = schema.section_of(form)
            if section is not None:
                if section not in found:
                    queue.append(section)
                here = found.setdefault(section, [])
                if place not in here:
                    here.append(place)
            for suffix, inner in schema.below(form):
                visit(inner, place + suffix)

    for section in queue:
        for key, value in schema.sections[section]["properties"].items():
            visit(value, f"{found[section][0]}.{key}".lstrip("."))
    return found


def examples(schema: Schema) -> dict[Key, str]:
    """By key, the shortest text that sets it in a tested file."""
    found: dict[Key, str] = {}

    def visit(form: dict[str, Any], source: Source, path: Path, value: Any) -> None:
        section = schema.section_of(form)
        if section is not None and isinstance(value, dict):
            for key, inner in value.items():
                if key not in (properties := schema.sections[section]["properties"]) or inner == []:
                    continue
                text = f"{key}: {_flow(source, (*path, key), inner)}"
                best = found.get((section, key))
                if best is None or (len(text), text) < (len(best), best):
                    found[section, key] = text
                for way in schema.forms(properties[key]):
                    visit(way, source, (*path, key), inner)
        elif "items" in form:
            several = enumerate(value) if isinstance(value, list) else ()
            for at, item in several:
                for way in schema.forms(form["items"]):
                    visit(way, source, (*path, at), item)
        elif isinstance(value, dict):
            for part in _free_values(form):
                for key, item in value.items():
                    for way in schema.forms(part):
                        visit(way, source, (*path, key), item)

    for file in [*sorted((ROOT / "topologies").rglob("*.yaml")), *sorted(DIRECTORY.glob("*.yaml"))]:
        source = parse_source(file.read_bytes(), file.name, VARIABLES)
        visit(schema.root, source, (), source.value)
    return found


_BARE = re.compile(r"[A-Za-z/][\w./+-]*(:[\w./+-]+)*|[0-9.]+[a-z]+")


def _flow(source: Source, path: Path, value: Any) -> str:
    """The value in one line, with its variables as written."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{k}: {_flow(source, (*path, k), v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_flow(source, (*path, i), v) for i, v in enumerate(value)) + "]"
    written = source.variables.get(path)
    if written is None and (value is None or isinstance(value, bool)):
        return {None: "", True: "true", False: "false"}[value]
    text = written or str(getattr(value, "text", value))
    if written is None and (not isinstance(value, str) or _BARE.fullmatch(text)):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _form(schema: Schema, form: dict[str, Any]) -> str:
    if "$ref" in form:
        return f"[{_name(form)}](#{_name(form).lower()})"
    if "const" in form or "enum" in form:
        return ", ".join(f"`{_word(word)}`" for word in form.get("enum", [form.get("const")]))
    kind = form.get("type")
    if kind == "array":
        items = _type(schema, form["items"]) if isinstance(form.get("items"), dict) else "anything"
        return f"list of {items}"
    if kind == "object":
        inner = [_type(schema, part) for part in _free_values(form)]
        return f"mapping of names to {inner[0]}" if inner else "mapping"
    special = next((word for mark, word in _SPECIAL.items() if mark in str(form)), None)
    if special is not None:
        return special
    low, high = form.get("minimum"), form.get("maximum")
    bounds = f" from {low}" if low is not None else ""
    bounds += f" to {high}" if high is not None else ""
    several = [kind] if isinstance(kind, str) else list(kind or ["anything"])
    return " or ".join(_KINDS.get(one, one) for one in several) + bounds


_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "`true`, `false`",
    "null": "nothing",
}
_SPECIAL = {"500ms": "length of time", "128m": "size", "%$": "percentage"}
"""What the schema's examples and patterns tell of a text."""


def _word(word: Any) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def _type(schema: Schema, value: dict[str, Any]) -> str:
    forms = [_form(schema, form) for form in schema.forms(value)]
    return " or ".join(dict.fromkeys(form for form in forms if form != "nothing")) or "anything"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _code(text: str) -> str:
    text = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
    return f"`` {_cell(text)} ``" if "`" in text else f"`{_cell(text)}`"


def _section(schema: Schema, name: str, where: list[str], by_key: dict[Key, str]) -> Iterator[str]:
    section = schema.sections[name]
    yield f"\n## {name}\n"
    at = " and ".join(f"`{place}`" for place in where if place)
    about = _cell(section.get("description", ""))
    yield f"{about} At {at}.\n" if at else f"{about}\n"
    yield "| key | takes | default | what it is | example |"
    yield "| --- | --- | --- | --- | --- |"
    required = section.get("required", [])
    for key, value in section["properties"].items():
        default = f"`{_word(value['default'])}`" if value.get("default", "") != "" else ""
        example = by_key.get((name, key))
        cells = [
            f"`{key}`",
            _cell(_type(schema, value)),
            "required" if key in required else default,
            _cell(value.get("description", "")),
            _code(example) if example else "",
        ]
        yield "| " + " | ".join(cells) + " |"


def build_reference() -> str:
    schema = Schema()
    by_key = examples(schema)
    parts = [_HEAD]
    for name, where in places(schema).items():
        parts += _section(schema, name, where, by_key)
    return "\n".join(parts) + "\n"


def keys(schema: Schema) -> Iterator[tuple[Key, dict[str, Any]]]:
    for name in places(schema):
        for key, value in schema.sections[name]["properties"].items():
            yield (name, key), value


if __name__ == "__main__":
    PAGE.write_text(build_reference(), encoding="utf-8")
