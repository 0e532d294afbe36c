"""The model's types along the keys of a file: what a place takes, known from the types alone.

Works on what was written, which may be wrong everywhere: where a path leads to no type, nothing is
known. What refuses a value is the model.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from reconciler.diagnostics.place import Path
from reconciler.topology.model.description import Key
from reconciler.topology.model.marks import NamesFile

Kind = Any
"""A type as annotations write it; None where none is known."""
Mark = TypeVar("Mark")


def kind_at(kind: Kind, path: Path) -> Kind:
    for part in path:
        kind = step(kind, part)
    return kind


def step(kind: Kind, part: str | int) -> Kind:
    """What stands at one key or index of something of this kind."""
    for form in forms(kind):
        if _origin(form) is dict:
            return get_args(form)[1]
        if _origin(form) in {tuple, list}:
            item = get_args(form)[0]
            if isinstance(part, int):
                return item
            # One item stands for a list of it, or a mapping by what the items are named by.
            return step(item, part) or item
        model = _as_model(form)
        if model is not None:
            return _kinds_of(model).get(str(part))
    return None


def key(name: str, field: FieldInfo) -> str:
    """What a field of a model is called in the file."""
    return field.alias or name


def model_of(kind: Kind) -> type[BaseModel] | None:
    return next((model for form in forms(kind) if (model := _as_model(form))), None)


def forms(kind: Kind) -> Iterator[Kind]:
    """The types that a value may have, without what they are annotated with."""
    if _origin(kind) is Annotated:
        yield from forms(get_args(kind)[0])
    elif _origin(kind) in {Union, types.UnionType}:
        for form in get_args(kind):
            yield from forms(form)
    elif kind is not None:
        yield kind


def marks_of(kind: Kind) -> Iterator[Any]:
    """What a type is annotated with: validators, limits, marks, its field."""
    if _origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        yield from marks
        yield from marks_of(inner)
    elif _origin(kind) in {Union, types.UnionType}:
        for form in get_args(kind):
            yield from marks_of(form)


def mark_of(kind: Kind, mark: type[Mark]) -> Mark | None:
    """The mark of one sort that a type carries; None where it has none."""
    return next((found for found in marks_of(kind) if isinstance(found, mark)), None)


@cache
def keys_with(model: type[BaseModel], mark: type[Mark]) -> dict[str, Mark]:
    """The keys of a model that carry a mark, in their order, each with its own."""
    return {
        name: found
        for name, marks in _marks_by_key(model).items()
        for found in reversed(marks)  # of several of one sort, the first
        if isinstance(found, mark)
    }


@cache  # rules ask for each backend and each rule of a file
def _marks_by_key(model: type[BaseModel]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(marks_of(kind)) for name, kind in _kinds_of(model).items()}


@cache
def _kinds_of(model: type[BaseModel]) -> dict[str, Kind]:
    """By key."""
    return {
        key(name, field): _kind_of(Key(model, name)) for name, field in model.model_fields.items()
    }


def files_in(value: Any, kind: Kind, path: Path = ()) -> Iterator[tuple[Path, NamesFile]]:
    """Each place of a text that names a file, in a value that was written for this kind."""
    if value is None:
        return
    mark = mark_of(kind, NamesFile)
    if mark is not None and isinstance(value, str) and mark.parts_of(value) is not None:
        yield path, mark
    for form in forms(kind):
        yield from _files_in_form(value, form, path)


def _files_in_form(value: Any, form: Kind, path: Path) -> Iterator[tuple[Path, NamesFile]]:
    model = _as_model(form)
    if model is not None and not isinstance(value, dict):
        for part, item in _long_form(value, model).items():
            yield from files_in(item, step(model, part), path)
    elif model is not None or _origin(form) is dict:
        if isinstance(value, dict):
            for part, item in value.items():
                yield from files_in(item, step(form, part), (*path, part))
    elif _origin(form) in {tuple, list}:
        inner = get_args(form)[0]
        if not isinstance(value, list):
            yield from files_in(value, inner, path)
            return
        for index, item in enumerate(value):
            yield from files_in(item, inner, (*path, index))


def _long_form(value: Any, model: type[BaseModel]) -> dict[str, Any]:
    """The mapping that another value stands for, as the model itself reads it."""
    for validator in model.__pydantic_decorators__.model_validators.values():
        if validator.info.mode == "before":
            try:
                value = validator.func(value)
            except PydanticCustomError:
                return {}
    return value if isinstance(value, dict) else {}


def _kind_of(key: Key) -> Kind:
    """Pydantic keeps what a whole field is annotated with beside its type. The field itself is one
    more mark of it, and so is its key."""
    field = key.model.model_fields[key.name]
    return Annotated[(field.annotation, *field.metadata, field, key)]


def _origin(kind: Kind) -> Any:
    return get_origin(kind)


def _as_model(form: Kind) -> type[BaseModel] | None:
    is_model = isinstance(form, type) and _origin(form) is None and issubclass(form, BaseModel)
    return form if is_model else None
