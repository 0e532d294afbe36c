"""pydantic's errors in the words of the file. No wording of pydantic's reaches the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, BeforeValidator, ValidationError

from reconciler.topology.anatomy import Kind, key, kind_at, marks_of, model_of
from reconciler.topology.diagnostic import CODES, Diagnostic, Path
from reconciler.topology.source import Source
from reconciler.topology.types import parse_duration, parse_size, written

_KIND = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of reasonable size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_BOUND = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_OWNER = {
    "networks": "a network",
    "backends": "a backend",
    "frontends": "a frontend",
    "stats": "`stats`",
    "haproxy": "`haproxy`",
}


def explain_errors(
    error: ValidationError, source: Source, model: type[BaseModel]
) -> list[Diagnostic]:
    """One diagnostic for each of pydantic's errors, at its place in the file."""
    items = error.errors(include_url=False)
    return [
        _explain(item, source, model)
        for item in items
        if item["type"] != "too_short" or not _has_error_below(item["loc"], items)
    ]


def _has_error_below(loc: tuple[Any, ...], items: list[Any]) -> bool:
    """A list whose items are all broken is not also too short."""
    return any(len(i["loc"]) > len(loc) and i["loc"][: len(loc)] == loc for i in items)


def _explain(item: Any, source: Source, model: type[BaseModel]) -> Diagnostic:
    in_key = item["loc"][-1:] == ("[key]",)
    full: Path = tuple(part for part in item["loc"] if part != "[key]")
    kind = item["type"]
    context = item.get("ctx") or {}
    path = source.path_in_file(full + tuple(context.get("at", ())))
    outside = source.written(path)
    value = source.value_at(path) if path in source.values else item.get("input")
    shown = f"`{outside}`" if outside is not None else _shown(value)
    hint = ""
    on_key = in_key
    if kind in CODES:
        code = kind
        message = item["msg"]
        if "value" in context and outside is not None:
            message = message.replace(f"`{context['value']}`", f"`{outside}`", 1)
        hint = "" if outside is not None else str(context.get("hint", ""))
    elif kind == "extra_forbidden":
        code, on_key = "unknown-key", True
        owner = model_of(kind_at(model, full[:-1])) or model
        known = [key(name, field) for name, field in owner.model_fields.items()]
        message = f"`{path[-1]}` is not a key of {_owner(path[:-1])}"
        hint = suggest(str(path[-1]), known) or f"keys here: {', '.join(known)}"
    elif kind == "missing":
        code, on_key = "missing-key", True
        message = f"`{path[-1]}` is required in {_owner(path[:-1])}"
        path = path[:-1]
    elif kind == "literal_error":
        code = "unknown-value"
        words = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        is_short = isinstance(source.value_at(path[:-1]), str | int)
        field = path[:-1] if is_short else path
        message = f"{_field(field)} cannot be {shown}"
        if in_key:
            code, message = "unknown-key", f"`{path[-1]}` is not a key of {_owner(path[:-1])}"
        guess = suggest(str(item["input"]), words) if outside is None else ""
        hint = guess or f"write {_either(words)}"
    elif kind in _BOUND:
        code = "out-of-range"
        name, words_ = _BOUND[kind]
        limit = _bound(kind_at(model, full), context[name])
        message = f"{_field(path)} is {shown}, and must be {words_} {limit}"
    elif kind in {"too_short", "too_long"}:
        code, message = "bad-value", f"{_field(path)} needs at least one item"
    elif kind == "string_pattern_mismatch":
        code, message = "bad-value", f"{shown} is not what {_field(path)} takes"
        hint = "write codes like `200`, `200-399` or `200,204`" if path[-1] == "status" else ""
    else:
        code = "wrong-type"
        message = f"{_field(path)} must be {_KIND.get(kind, 'of another kind')}, not {shown}"
    span = source.span_of(path, key=on_key)
    return Diagnostic(code, message, source.file_of(span), span, hint, path=path)


def _shown(value: Any) -> str:
    """The value as the user wrote it. One that holds a variable must never come here."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = written(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def _field(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "the file"


def _owner(path: Path) -> str:
    if not path:
        return "a topology"
    if len(path) == 1 or (len(path) == 2 and path[0] in {"networks", "backends", "frontends"}):
        return _OWNER.get(str(path[0]), f"`{path[0]}`")
    return _field(path)


def _bound(kind: Kind, value: Any) -> str:
    """A limit in the unit of its field."""
    readers = [mark.func for mark in marks_of(kind) if isinstance(mark, BeforeValidator)]
    if parse_size in readers:
        if value >= 1024**2:
            return f"{value // 1024**2}m"
        return f"{value // 1024}k" if value >= 1024 else f"{value}b"
    if parse_duration in readers:
        return f"{value:g}s" if value >= 1 or value == 0 else f"{value * 1000:g}ms"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` when something close exists, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""
