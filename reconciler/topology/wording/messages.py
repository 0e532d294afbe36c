"""pydantic's errors in the words of the file. No wording of pydantic's reaches the user."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ValidationError

from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model.anatomy import Kind, key, kind_at, mark_of, model_of
from reconciler.topology.model.marks import Example
from reconciler.topology.model.topology import parts
from reconciler.topology.model.types.scalar import written
from reconciler.topology.reading.source import Source
from reconciler.topology.wording.compose_keys import hint_for
from reconciler.topology.wording.forms import (
    bound_in_words,
    either,
    forms_of,
    keys_in_words,
    purpose_of,
)

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
}
_LONG_FORM = {
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
MOST_PROBLEMS = 100
"""The problems of one file that are told at most, and looked for by one rule."""
MOST_NAMES = 200
"""Among which one that was meant is looked for."""
MOST_LISTED = 20


def explain_errors(
    error: ValidationError, source: Source, model: type[BaseModel]
) -> list[Diagnostic]:
    """One diagnostic for each of pydantic's errors, the first of many, at its place in the file."""
    items = error.errors(include_url=False)
    return [
        _explain(item, source, model)
        for item in items[:MOST_PROBLEMS]
        if item["type"] != "too_short" or not _has_error_below(item["loc"], items)
    ]


def _has_error_below(loc: tuple[Any, ...], items: list[Any]) -> bool:
    """A list whose items are all broken is not also too short."""
    return any(len(i["loc"]) > len(loc) and i["loc"][: len(loc)] == loc for i in items)


class _Problem(Struct, frozen=True):
    """One of pydantic's errors, with what the file says there."""

    kind: str
    text: str
    """What the refusal itself says, if it is one of ours."""
    context: Mapping[str, Any]
    full: Path
    """Where it is in the model."""
    path: Path
    """Where it is in the file."""
    value: Any
    outside: str | None
    """How the value is written, when it came from outside the file. It is not shown then."""
    is_written: bool
    """Whether the value itself stands in the file, and not a short form that it is a part of."""
    in_key: bool
    """Whether it is the key that is wrong."""

    @property
    def shown(self) -> str:
        return f"`{self.outside}`" if self.outside is not None else _shown(self.value)

    def told(self, code: str, message: str, hint: str = "", *, on_key: bool = False) -> Diagnostic:
        place = Place(self.path, on_key=on_key or self.in_key)
        return Diagnostic(code, message, hint, place)


def _explain(item: Any, source: Source, model: type[BaseModel]) -> Diagnostic:
    full: Path = tuple(part for part in item["loc"] if part != "[key]")
    context = item.get("ctx") or {}
    path = source.path_in_file(full + tuple(context.get("at", ())))
    is_written = path in source.values
    problem = _Problem(
        kind=item["type"],
        text=item["msg"],
        context=context,
        full=full,
        path=path,
        value=source.value_at(path) if is_written else item.get("input"),
        outside=source.written(path),
        is_written=is_written,
        in_key=item["loc"][-1:] == ("[key]",),
    )
    return source.locate(_in_words(problem, source, model))


def _in_words(problem: _Problem, source: Source, model: type[BaseModel]) -> Diagnostic:
    kind, path = problem.kind, problem.path
    taken = kind_at(model, problem.full)
    if kind in CODES:
        return _of_a_refusal(problem, model)
    if kind == "extra_forbidden":
        owner = model_of(kind_at(model, problem.full[:-1])) or model
        return _of_an_unknown_key(problem, owner)
    if kind == "missing":
        message = f"`{path[-1]}` is required in {_owner(path[:-1])}"
        return Diagnostic("missing-key", message, place=Place(path[:-1], on_key=True))
    if kind == "literal_error":
        return _of_another_word(problem, isinstance(source.value_at(path[:-1]), str | int))
    if kind in _BOUND:
        return _of_a_bound(problem, taken)
    if kind in {"too_short", "too_long"}:
        return problem.told("bad-value", f"{_field(path)} needs at least one item")
    if kind == "string_pattern_mismatch":
        example = mark_of(taken, Example)
        message = f"{problem.shown} is not what {_field(path)} takes"
        return problem.told("bad-value", message, example.hint if example else "")
    forms, hint = _KIND.get(kind, "of another kind"), ""
    if kind in _LONG_FORM:
        forms, hint = forms_of(taken, _LONG_FORM[kind]), _purpose_at(problem.full, model)
    return problem.told("wrong-type", f"{_item(path)} must be {forms}, not {problem.shown}", hint)


def _purpose_at(path: Path, model: type[BaseModel]) -> str:
    """What a key is for; an item of a list has the purpose of the list."""
    own = purpose_of(kind_at(model, path))
    is_one_of_many = bool(path) and isinstance(path[-1], int)
    return own or (purpose_of(kind_at(model, path[:-1])) if is_one_of_many else "")


def _of_a_refusal(problem: _Problem, model: type[BaseModel]) -> Diagnostic:
    message, value, outside = problem.text, problem.context.get("value"), problem.outside
    if value is not None and outside is not None:
        message = message.replace(f"`{value}`", f"`{outside}`", 1)
    elif value == "":
        message = message.replace("``", _shown(""), 1)
    hint = str(problem.context.get("hint", ""))
    if message.startswith("this takes"):
        message += f", not {problem.shown}"
        hint = hint or _purpose_at(problem.full, model)
    if problem.kind == "wrong-type":
        message = message.replace("this takes", f"{_item(problem.path)} takes", 1)
    if outside is not None:
        hint = ""
    return problem.told(problem.kind, message, hint)


def _of_an_unknown_key(problem: _Problem, model: type[BaseModel]) -> Diagnostic:
    name, owner = str(problem.path[-1]), _owner(problem.path[:-1])
    known = [key(name, field) for name, field in model.model_fields.items()]
    hint = hint_for(name, model) or suggest(name, known) or keys_in_words(model)
    return problem.told("unknown-key", f"`{name}` is not a key of {owner}", hint, on_key=True)


def _of_another_word(problem: _Problem, is_short: bool) -> Diagnostic:
    """`is_short` when the word stands for a whole mapping."""
    path, expected = problem.path, problem.context["expected"]
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    word = path[-1] if problem.in_key else problem.value
    guess = suggest(str(word), words) if problem.outside is None else ""
    hint = guess or f"write {either(words)}"
    if problem.in_key:
        message = f"`{path[-1]}` is not a key of {_owner(path[:-1])}"
        return problem.told("unknown-key", message, hint)
    field = _field(path[:-1] if is_short else path)
    return problem.told("unknown-value", f"{field} cannot be {problem.shown}", hint)


def _of_a_bound(problem: _Problem, taken: Kind) -> Diagnostic:
    """A part of a short form is told as it was read, `100/20d` with `20d`."""
    name, words = _BOUND[problem.kind]
    limit = bound_in_words(taken, problem.context[name])
    shown = problem.shown
    is_duration = isinstance(problem.value, float)
    if is_duration and not problem.is_written and problem.outside is None:
        shown = f"`{bound_in_words(taken, problem.value)}`"
    message = f"{_field(problem.path)} is {shown}, and must be {words} {limit}"
    return problem.told("out-of-range", message)


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
    text = written(value) or '""'
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def _field(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "the file"


def _item(path: Path) -> str:
    """The value at a path: the field's, or one of several in its list."""
    is_one_of_many = bool(path) and isinstance(path[-1], int)
    return f"each item of {_field(path)}" if is_one_of_many else _field(path)


def _owner(path: Path) -> str:
    if not path:
        return "a topology"
    if len(path) <= 2 and path[0] in parts():
        return f"a {str(path[0]).removesuffix('s')}"
    return _field(path)


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` when something close exists, or one name that the word is a part of."""
    import difflib  # noqa: PLC0415  # for a mistake alone

    among = list(itertools.islice(known, MOST_NAMES))
    longer = [name for name in among if word in name.split("_")]
    close = difflib.get_close_matches(word, among, n=1, cutoff=0.65) or longer
    return f"did you mean `{close[0]}`?" if len(close) == 1 else ""


def list_names(known: Collection[str]) -> str:
    """The names there are, the first of many; `none` for none."""
    shown = ", ".join(itertools.islice(known, MOST_LISTED)) or "none"
    return f"{shown} and {len(known) - MOST_LISTED:,} more" if len(known) > MOST_LISTED else shown
