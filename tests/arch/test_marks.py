"""Each mark of a key is where it belongs, and who acts by it does so wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, Mark, forms, key, mark_of, model_of, step
from reconciler.topology.model.marks import Appends, AsPairs, ByName
from reconciler.topology.reading.merge import Part, merge


def _models_in(kind: Kind, found: dict[type[BaseModel], None]) -> None:
    model = model_of(kind)
    if model is not None and model not in found:
        found[model] = None
        for name, field in model.model_fields.items():
            _models_in(step(model, key(name, field)), found)
    for form in forms(kind):
        for inner in get_args(form):
            _models_in(inner, found)


def _kinds() -> Iterator[tuple[tuple[str, str], Kind]]:
    models: dict[type[BaseModel], None] = {}
    _models_in(Topology, models)
    for model in models:
        for name, field in model.model_fields.items():
            yield (model.__name__, key(name, field)), step(model, key(name, field))


KINDS = dict(_kinds())
"""By model and key, all that a file may say."""


def marked(mark: type[Mark]) -> dict[tuple[str, str], Mark]:
    return {at: found for at, kind in KINDS.items() if (found := mark_of(kind, mark))}


def _is(kind: Kind, of: type) -> bool:
    origins: set[Any] = {get_origin(form) for form in forms(kind)}
    return of in origins


def _list(*texts: str) -> Part:
    return Part([Part(text) for text in texts])


REPLACES = {"command", "entrypoint", "gpus", "before", "servers", "retry_on"}
"""Lists of a backend that are one thing as a whole, or whose order has a meaning."""


def test_a_list_of_a_backend_appends_or_is_a_whole() -> None:
    lists = {
        name for (model, name), kind in KINDS.items() if model == "Backend" and _is(kind, tuple)
    }
    appends = {name for model, name in marked(Appends) if model == "Backend"}
    raw = {"raw"}  # HAProxy's
    assert lists - appends == REPLACES | raw


@pytest.mark.parametrize("at", marked(Appends), ids=".".join)
def test_what_appends_is_a_list_that_grows(at: tuple[str, str]) -> None:
    assert _is(KINDS[at], tuple)
    merged = merge(_list("x:/a", "y:/b"), _list("x:/a", "z:/c"), KINDS[at])
    assert merged is not None
    assert [item.value for item in merged.value] == ["x:/a", "y:/b", "z:/c"]


@pytest.mark.parametrize("at", marked(AsPairs), ids=".".join)
def test_what_may_be_pairs_is_a_mapping_that_merges(at: tuple[str, str]) -> None:
    assert _is(KINDS[at], dict)
    merged = merge(_list("A=1", "B=2"), Part({"B": Part("3")}), KINDS[at])
    assert merged is not None
    assert {name: item.value for name, item in merged.value.items()} == {"A": "1", "B": "3"}


@pytest.mark.parametrize("at", marked(ByName), ids=".".join)
def test_what_goes_by_name_merges_in_both_forms(at: tuple[str, str]) -> None:
    merged = merge(_list("a"), Part({"b": Part(None)}), KINDS[at])
    assert merged is not None
    assert list(merged.value) == ["a", "b"]
