"""One case: a YAML file beside this module.

    about: one line that says what the case is about
    before: a topology that was applied; nothing was when it is left out
    drift: what happened since, a list of `{what: where}`; see DRIFT
    cut_off: an apply of `after` that ended, as if killed, after so many steps
    after: the topology to plan for; `destroy` for a destroy
    variables: what `${…}` stands for; `variables_before` where it was another value
    files: what is in the files that the topology refers to; `files_before` where it was otherwise
    remove_volumes: true for `destroy --volumes`
    expect: the plan, as the user reads it
    steps: each step's number, what it does, and after which steps

Containers are named by their slot: `web-1`, `haproxy`. `python -m tests.cases.plan --write`
writes `expect` and `steps` anew: read the difference as a user would before you commit it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.spec import Attachment, PublishedPort
from reconciler.engine.memory import MemoryEngine, World
from reconciler.engine.protocol import Patience
from reconciler.plan.action_labels import label_of
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, apply, make_plan
from reconciler.topology.load import load_topology
from reconciler.topology.references import Contents
from reconciler.view.paint import Paint
from reconciler.view.plan import render_plan

DIRECTORY = Path(__file__).parent
NAME = "shop"
"""Of every case's topology."""


@dataclass(frozen=True)
class Case:
    path: Path

    @property
    def content(self) -> dict[str, Any]:
        return dict(YAML(typ="safe").load(self.path.read_text(encoding="utf-8")))

    def write(self) -> None:
        """Everything from `expect:` on, anew."""
        text = self.path.read_text(encoding="utf-8")
        given = text.partition("\nexpect:")[0].rstrip("\n")
        plan, steps = shown(self.content)
        self.path.write_text(
            f"{given}\nexpect: |2\n{_indented(plan)}steps: |2\n{_indented(steps)}", encoding="utf-8"
        )


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


def all_cases() -> list[Case]:
    return [Case(path) for path in sorted(DIRECTORY.glob("*.yaml"))]


def shown(content: dict[str, Any]) -> tuple[str, str]:
    """The plan and its steps as text."""
    world = World()
    engine = MemoryEngine(NAME, world)
    variables, files = content.get("variables", {}), content.get("files", {})
    if "before" in content:
        files_before = content.get("files_before", files)
        before = wish_of(
            content["before"], content.get("variables_before", variables), files_before
        )
        one_by_one = ApplyOptions(parallelism=1)  # the same world from the same file
        result = apply(before, engine, one_by_one, Patience(), lambda _: True, lambda _: None)
        assert result.converged, result.failures
    for event in content.get("drift", ()):
        for what, where in event.items():
            DRIFT[what](world, where)
    if content["after"] == "destroy":
        wish = wish_of(content["before"], variables, files).emptied()
    else:
        wish = wish_of(content["after"], variables, files)
    if "cut_off" in content:
        _cut_off(world, wish, content["cut_off"])
    options = ApplyOptions(remove_volumes=content.get("remove_volumes", False))
    plan, observed = make_plan(wish, engine, options)
    lines = render_plan(plan, observed, engine.description, Paint())
    return "\n".join(line.rstrip() for line in lines), "\n".join(_steps(plan))


def _cut_off(world: World, wish: Desired, number: int) -> None:
    engine = MemoryEngine(NAME, world)
    plan, _ = make_plan(wish, engine, ApplyOptions())
    for step in plan.steps[:number]:
        engine.perform(step.action, Patience(), lambda _: None)


def _steps(plan: Plan) -> list[str]:
    width = len(str(len(plan.steps)))
    return [
        f"{step.id:>{width}} {label_of(step.action)}"
        + (f"  (after {', '.join(map(str, step.needs))})" if step.needs else "")
        + (f"  (if one of {step.rescues[0]} to {step.rescues[-1]} fails)" if step.rescues else "")
        for step in plan.steps
    ]


def wish_of(
    file: dict[str, Any], variables: dict[str, str], files: dict[str, str] | None = None
) -> Desired:
    loaded = load_topology(json.dumps(file).encode(), "shop.yaml", variables)
    assert loaded.topology is not None, loaded.diagnostics
    assert loaded.topology.name == NAME
    contents = Contents({name: text.encode() for name, text in (files or {}).items()})
    return compile_topology(loaded.topology, "/srv/shop", loaded.sensitive, contents)


# -- what happens to a world ----------------------------------------------------------------


def _id(world: World, slot: str) -> str:
    (found,) = [c.id for c in world.containers.values() if c.owner == NAME and str(c.slot) == slot]
    return found


def _edit(world: World, where: dict[str, str]) -> None:
    proxy = world.get(_id(world, "haproxy"))
    assert proxy.config is not None
    assert where["replace"] in proxy.config
    world.edit_config(proxy.id, proxy.config.replace(where["replace"], where["by"]))


def _reload_and_restore(world: World, where: dict[str, str]) -> None:
    proxy = world.get(_id(world, "haproxy"))
    text = proxy.config
    _edit(world, where)
    world.reload(proxy.id)
    world.edit_config(proxy.id, text)


def _lose_network(world: World, name: str) -> None:
    for member in list(world.members(world.networks[name])):
        world.disconnect(member.id, name)
    world.remove_network(name)


def _swap_names(world: World, slots: list[str]) -> None:
    one, two = (world.get(_id(world, slot)) for slot in slots)
    one_name, two_name = one.name, two.name
    world.rename(one.id, "in-between")
    world.rename(two.id, one_name)
    world.rename(one.id, two_name)


def _hide(world: World, slot: str) -> None:
    world.get(_id(world, slot)).is_readable = False


DRIFT: dict[str, Callable[[World, Any], object]] = {
    "stop": lambda w, slot: w.stop(_id(w, slot)),
    "crash": lambda w, slot: w.stop(_id(w, slot), exit_code=1),
    "kill": lambda w, slot: w.kill(_id(w, slot)),
    "pause": lambda w, slot: w.pause(_id(w, slot)),
    "unhealthy": lambda w, slot: w.turn(_id(w, slot), healthy=False),
    "remove": lambda w, slot: w.remove(_id(w, slot)),
    "rename": lambda w, where: w.rename(_id(w, where["container"]), where["to"]),
    "disconnect": lambda w, where: w.disconnect(_id(w, where["container"]), where["from"]),
    "connect": lambda w, where: w.connect(_id(w, where["container"]), Attachment(where["to"])),
    "limit": lambda w, where: w.set_limits(
        _id(w, where["container"]), memory_bytes=where["memory_bytes"]
    ),
    "add volume": lambda w, name: w.volumes.update({name: ""}),
    "edit haproxy.cfg": _edit,
    "lose haproxy.cfg": lambda w, slot: w.edit_config(_id(w, slot), None),
    "reload with another haproxy.cfg": _reload_and_restore,
    "hide the sockets of": _hide,
    "tell HAProxy": lambda w, line: w.command(_id(w, "haproxy"), line),
    "lose network": _lose_network,
    "swap names": _swap_names,
    "lose all images": lambda w, _: w.images.clear(),
    "move tag": lambda w, reference: w.move_tag(reference),
    "add network": lambda w, name: w.add_network(name),
    "run": lambda w, where: w.run(
        where["name"], ports=[PublishedPort(None, port, port) for port in where.get("ports", ())]
    ),
}
