"""A saved plan: what was reviewed is what runs, or nothing does, with what moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Patience
from reconciler.events.events import Event, StepDone
from reconciler.files.inputs import Inputs, load_inputs
from reconciler.files.saved_plan import read_if_saved
from reconciler.files.variant import AS_WRITTEN, Variant
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, ApplyResult, apply, make_plan
from reconciler.run.compiled import compile_inputs
from reconciler.run.saved_plan import Named, SavedPlan, read_saved_plan, save_plan
from reconciler.view.documents import plans_document

SECRET = "hunter2-and-more"  # noqa: S105  # a test's
TEXT = """\
name: shop
include: base.yaml
configs: {settings: {file: settings.ini}}
backends:
  web:
    image: echo
    port: 80
    replicas: 2
    env: {PASSWORD: "${PASSWORD}"}
    configs: [settings]
frontends:
  www: {bind: 80, default_backend: web}
haproxy: {image: haproxy}
"""


class Shop:
    """A directory with a topology, an engine, and a plan that waits to be carried out."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "shop.yaml"
        self.out = directory / "shop.plan"
        self.overlay = directory / "more.yaml"
        self.file.write_text(TEXT, "utf-8")
        self.overlay.write_text("backends: {web: {cap_drop: [ALL]}}\n", "utf-8")
        (directory / "base.yaml").write_text("haproxy: {timeouts: {connect: 3s}}\n", "utf-8")
        (directory / "settings.ini").write_text("colour=red\n", "utf-8")
        self.environ = {"PASSWORD": SECRET}
        self.engine = MemoryEngine("shop")

    def inputs(self) -> Inputs:
        variant = Variant((str(self.overlay),))
        inputs = load_inputs([str(self.file)], (), variant=variant, environ=self.environ)
        assert not inputs.has_errors, inputs.diagnostics
        return inputs

    def save(self) -> Plan:
        inputs = self.inputs()
        (compiled,) = compile_inputs(inputs)
        made = make_plan(compiled.desired, self.engine, ApplyOptions())
        named = Named((str(self.file),), (), AS_WRITTEN)
        self.out.write_bytes(save_plan(named, inputs, [made], plans_document([made[0]])))
        return made[0]

    def saved(self) -> SavedPlan:
        data = read_if_saved([str(self.out)])
        assert data is not None
        saved = read_saved_plan(str(self.out), data)
        assert isinstance(saved, SavedPlan), saved
        return saved

    def stale(self) -> list[Diagnostic]:
        return list(self.saved().stale(self.inputs()))

    def apply(self, emit: Callable[[Event], None] = lambda _: None) -> ApplyResult:
        inputs = self.inputs()
        (compiled,) = compile_inputs(inputs)
        options = ApplyOptions(review=self.saved().reviews(inputs)["shop"])
        return apply(compiled.desired, self.engine, options, Patience(), lambda _: True, emit)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Of version 1, and a plan of what makes it version 2."""
    shop = Shop(tmp_path)
    shop.save()
    assert shop.apply().converged
    shop.file.write_text(TEXT.replace("image: echo", "image: echo:2"), "utf-8")
    shop.engine.world.pull("echo:2")
    shop.save()
    shop.engine.performed.clear()
    return shop


def test_what_was_reviewed_runs(shop: Shop) -> None:
    assert shop.stale() == []
    plan, done = shop.save(), []
    result = shop.apply(lambda e: done.append(e.step.label) if isinstance(e, StepDone) else None)
    assert result.converged
    assert sorted(done) == sorted(step.label for step in plan.course)
    assert shop.apply().converged, "once more does nothing, and is well"


INPUTS: dict[str, tuple[Callable[[Shop], object], str]] = {
    "the topology": (lambda s: s.file.write_text(f"{s.file.read_text()}\n# so?\n"), "shop.yaml"),
    "an include": (
        lambda s: (s.directory / "base.yaml").write_text("haproxy: {timeouts: {connect: 4s}}\n"),
        "base.yaml",
    ),
    "an overlay": (
        lambda s: s.overlay.write_text("backends: {web: {cap_drop: [KILL]}}\n"),
        "more.yaml",
    ),
    "a file it names": (
        lambda s: (s.directory / "settings.ini").write_text("colour=blue\n"),
        "settings.ini",
    ),
    "a variable": (
        lambda s: s.environ.update({"PASSWORD": "another"}),
        "${PASSWORD} at backends.web",
    ),
}


@pytest.mark.parametrize("what", INPUTS)
def test_what_was_read_has_moved(shop: Shop, what: str) -> None:
    move, told = INPUTS[what]
    move(shop)
    (stale,) = shop.stale()
    assert stale.code == "stale-plan"
    (line,) = stale.details
    assert told in line
    assert line.endswith(": changed since then")


def test_a_topology_of_another_name(shop: Shop) -> None:
    shop.file.write_text(TEXT.replace("name: shop", "name: shops"), "utf-8")
    assert {d.message.split("`")[1] for d in shop.stale()} == {"shop", "shops"}


def _named(shop: Shop, part: str) -> str:
    there = shop.engine.world.containers.values()
    return next(container.name for container in there if part in container.name)


WORLD: dict[str, tuple[Callable[[Shop], object], str]] = {
    "a container": (lambda s: s.engine.world.remove(_named(s, "web-1")), "containers of web"),
    "what HAProxy runs": (
        lambda s: s.engine.world.edit_config(_named(s, "haproxy"), "# by hand"),
        "HAProxy",
    ),
    "an image": (lambda s: s.engine.world.move_tag("echo:2"), "image echo:2"),
}


@pytest.mark.parametrize("what", WORLD)
def test_the_world_has_moved(shop: Shop, what: str) -> None:
    move, told = WORLD[what]
    move(shop)
    shop.engine.performed.clear()
    result = shop.apply()
    (problem,) = result.failures
    assert problem.code == "stale-plan"
    assert any(line.startswith(told) for line in problem.details), problem.details
    assert shop.engine.performed == []


def test_another_directory_is_told(shop: Shop, tmp_path: Path) -> None:
    """Relative paths of volumes begin there."""
    text = shop.file.read_text("utf-8").replace(
        "port: 80\n", "port: 80\n    volumes: [./d:/d]\n", 1
    )
    shop.file.write_text(text, "utf-8")
    shop.save()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in tmp_path.iterdir():
        if file.is_file():
            (elsewhere / file.name).write_bytes(file.read_bytes())
    moved = Shop.__new__(Shop)
    moved.__dict__ |= {**shop.__dict__, "directory": elsewhere, "file": elsewhere / "shop.yaml"}
    (problem,) = moved.apply().failures
    assert "the directory of the topology: changed since then" in problem.details


def test_it_holds_no_secret(shop: Shop) -> None:
    assert SECRET not in shop.out.read_text("utf-8")


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.pop(key)


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "another version": lambda d: d.update(saved_plan=2),
    "no files": _without("files"),
    "no salt": _without("salt"),
    "topologies that are none": lambda d: d.update(topologies=[1]),
    "half a topology": lambda d: d["topologies"]["shop"].pop("facts"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_was_broken(shop: Shop, what: str) -> None:
    document = json.loads(shop.out.read_bytes())
    BROKEN[what](document)
    found = read_saved_plan("shop.plan", json.dumps(document).encode())
    assert isinstance(found, Diagnostic)
    assert found.code == "bad-saved-plan"


def test_half_of_a_file(shop: Shop) -> None:
    data = shop.out.read_bytes()
    for length in range(0, len(data) - 1, 97):
        assert isinstance(read_saved_plan("shop.plan", data[:length]), Diagnostic)


def test_what_is_no_saved_plan(shop: Shop) -> None:
    assert read_if_saved([str(shop.file)]) is None
    assert read_if_saved([str(shop.directory)]) is None
    assert read_if_saved([str(shop.out), str(shop.file)]) is None
    assert read_if_saved([]) is None
