"""What starting costs: models are built when a file has their section, and no source is read."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator

import pytest

from reconciler.topology.load import load_topology
from reconciler.topology.model import Backend
from reconciler.topology.model.base import Model
from reconciler.topology.model.description import description_of

SMALL = (
    "{name: s, frontends: {f: {bind: 80, default_backend: b}}, backends: {b: {image: i, port: 1}}}"
)
BUILT = """
import reconciler.topology.load
from reconciler.topology.model.base import Model
def known(model):
    for below in model.__subclasses__():
        yield below.__name__
        yield from known(below)
def built(model):
    for below in model.__subclasses__():
        if below.__pydantic_complete__:
            yield below.__name__
        yield from built(below)
assert len(set(known(Model))) > 50
print(*built(Model))
"""


def built_after(code: str) -> set[str]:
    done = subprocess.run(  # our own code
        [sys.executable, "-c", code + BUILT], capture_output=True, text=True, timeout=30, check=True
    )
    return set(done.stdout.split())


def test_nothing_is_built_while_modules_load() -> None:
    assert built_after("") == set()


def test_only_what_a_file_has_is_built() -> None:
    code = (
        f"from reconciler.topology.load import load_topology\nload_topology(b'{SMALL}', 's', {{}})"
    )
    assert built_after(code) == {"Topology", "Backend", "Frontend", "Bind"}


def test_a_mistake_in_a_section_inside_others_has_its_place() -> None:
    text = SMALL.replace("port: 1", "port: 1, rollout: {order: sideways}")
    (found,) = load_topology(text.encode(), "s", {}).diagnostics
    assert found.code == "unknown-value"
    assert found.place.path == ("backends", "b", "rollout", "order")


def test_a_valid_file_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: object) -> str:
        raise AssertionError("a source was read")

    monkeypatch.setattr(inspect, "getsource", never)
    assert load_topology(SMALL.encode(), "s", {}).topology is not None


def test_descriptions_are_those_of_the_class_that_has_the_field() -> None:
    assert description_of(Backend, "replicas") == "How many containers."
    assert description_of(Backend, "pid") == "`host` lets it see the host's processes."


def models(above: type[Model] = Model) -> Iterator[type[Model]]:
    for model in above.__subclasses__():
        yield model
        yield from models(model)


def test_what_is_there_without_a_section_is_what_the_model_makes_of_an_empty_one() -> None:
    defaults = [
        item
        for model in set(models())
        for field in model.model_fields.values()
        for item in (field.default if isinstance(field.default, tuple) else (field.default,))
        if isinstance(item, Model)
    ]
    assert len(defaults) > 10
    for default in defaults:
        said = {name: getattr(default, name) for name in default.model_fields_set}
        assert default == type(default).model_validate(said, by_name=True)
