"""Keys that name a file are known by their type: by it they are moved where files are merged, and
what has the type is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import files_in, key, step
from reconciler.topology.model.base import Model
from reconciler.topology.model.description import description_of
from reconciler.topology.references import references
from tests.golden.rendering import TOPOLOGIES, load

FROM_THE_FILE = re.compile(r"\brelative to (this|the file|the topology)|^PEM files?\b")
READ_AT_ONCE = {("Topology", "include")}
"""Read before anything is merged, from where it is written."""


def _keys_relative_to_the_file() -> Iterator[tuple[type[Model], str]]:
    models = list(Model.__subclasses__())
    for model in models:
        models += model.__subclasses__()
        for name, field in model.model_fields.items():
            if FROM_THE_FILE.search(description_of(model, name)):
                yield model, key(name, field)


def test_what_is_relative_to_the_file_has_the_type_that_says_so() -> None:
    found = {
        (model.__name__, name): step(model, name) for model, name in _keys_relative_to_the_file()
    }
    unmarked = {place for place, kind in found.items() if not [*files_in("./x.pem", kind)]}
    assert len(found) > 5
    assert unmarked == READ_AT_ONCE


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.stem)
def test_what_has_the_type_is_read(path: Path) -> None:
    loaded = load(path)
    assert loaded.topology is not None
    known = list(references(loaded.topology))
    read = {reference.source for reference in known} | {reference.key for reference in known}
    named = {
        parts[1]
        for place, mark in files_in(loaded.source.value, Topology)
        if not mark.with_dot and (parts := mark.parts_of(loaded.source.value_at(place)))
    }
    assert named <= read
