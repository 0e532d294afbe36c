"""What each key is for: the text under its field, read from the source when somebody asks.

Reading and parsing the sources takes longer than all else that a model costs, and only the JSON
Schema and some errors want the texts.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel


class Key(NamedTuple):
    """A mark of a type: which key it is the type of."""

    model: type[BaseModel]
    name: str

    @property
    def description(self) -> str:
        return description_of(self.model, self.name)


def description_of(model: type[BaseModel], name: str) -> str:
    """The text under a field of a model, or under that which it inherits; empty when there is
    none."""
    own = model.__pydantic_fields__[name].description
    owner = next(base for base in model.__mro__ if name in inspect.get_annotations(base))
    return own or _texts_in(owner).get(name, "")


@functools.cache
def _texts_in(owner: type) -> Mapping[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(definition, ast.ClassDef)
    return dict(_texts_under_fields(definition.body))


def _texts_under_fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in itertools.pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
