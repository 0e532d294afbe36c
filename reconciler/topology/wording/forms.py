"""What a place of the file takes, in words: its forms, long and short, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from reconciler.topology.model.anatomy import Kind, key, marks_of, model_of
from reconciler.topology.model.base import ShortForms
from reconciler.topology.model.description import Key
from reconciler.topology.model.types.scalar import parse_duration, parse_period, parse_size

_TYPES = {
    "string": ("text",),
    "integer": ("a whole number",),
    "number": ("a number",),
    "boolean": ("true", "false"),
    "array": ("a list",),
}
_MOST_KEYS = 40
_DURATIONS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_SIZES = (("g", 1024**3), ("m", 1024**2), ("k", 1024), ("b", 1))


def forms_of(kind: Kind, long_form: str) -> str:
    """All that may stand there: `text, a list or a mapping`. Of the short forms only the field
    itself knows."""
    words = [word for schema in _short_forms(kind) for word in _words(schema)]
    if "text" in words:  # which those are, too
        words = [word for word in words if not word.startswith("`")]
    return either([*dict.fromkeys(words), long_form])


def _short_forms(kind: Kind) -> Iterator[dict[str, Any]]:
    for mark in marks_of(kind):
        if isinstance(mark, FieldInfo) and isinstance(mark.json_schema_extra, ShortForms):
            yield from mark.json_schema_extra.schemas


def _words(schema: dict[str, Any]) -> Iterator[str]:
    for value in schema.get("enum", [schema["const"]] if "const" in schema else []):
        yield str(value).lower() if isinstance(value, bool) else f"`{value}`"
    types = schema.get("type", [])
    for name in [types] if isinstance(types, str) else types:
        yield from _TYPES[name]


def purpose_of(kind: Kind) -> str:
    """The first sentence of what the field is documented with: it says what to write. Of a mapping
    without any other form, its keys say more."""
    model = model_of(kind)
    if model is not None and not any(_short_forms(kind)):
        return keys_in_words(model)
    keys = (mark for mark in marks_of(kind) if isinstance(mark, Key))
    text = next((" ".join(key.description.split()) for key in keys if key.description), "")
    if not text:
        return ""
    sentence = re.split(r"\.(?= |$)", text, maxsplit=1)[0]
    keeps_case = sentence[1:2].isupper() or sentence.startswith("Docker")
    return sentence if keeps_case else sentence[0].lower() + sentence[1:]


def keys_in_words(model: type[BaseModel]) -> str:
    """The keys of a section as a sentence; a backend has too many to find one among them."""
    known = [key(name, field) for name, field in model.model_fields.items()]
    if len(known) > _MOST_KEYS:
        return "`reconciler schema topology` lists its keys"
    return f"keys here: {', '.join(known)}"


def bound_in_words(kind: Kind, value: Any) -> str:
    """A limit, or a number that broke one, in the unit of its field."""
    readers = [mark.func for mark in marks_of(kind) if isinstance(mark, BeforeValidator)]
    if parse_size in readers:
        return _in_units(value, _SIZES)
    if parse_duration in readers or parse_period in readers:
        return f"{value * 1000:g}ms" if 0 < value < 1 else _in_units(value, _DURATIONS)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _in_units(value: float, units: tuple[tuple[str, int], ...]) -> str:
    """In the largest unit that it is a whole number of."""
    whole = ((name, size) for name, size in units if value >= size and value % size == 0)
    name, size = next(whole, units[-1])
    return f"{value / size:.15g}{name}"


def either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
