"""A roll-out is undone when somebody takes the name of its container: he is left alone."""

from __future__ import annotations

import json

from reconciler.desired.compile import compile_topology
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Patience
from reconciler.plan.actions import Action, CreateContainer
from reconciler.run.apply import ApplyOptions, ApplyResult, apply
from reconciler.topology.load import load_topology


def run(engine: MemoryEngine, image: str) -> ApplyResult:
    text = {
        "name": "shop",
        "backends": {"web": {"image": image, "port": 80, "replicas": 2}},
        "frontends": {"www": {"bind": 80, "default_backend": "web"}},
        "haproxy": {"image": "haproxy"},
    }
    loaded = load_topology(json.dumps(text).encode(), "shop.yaml", {})
    assert loaded.topology is not None, loaded.diagnostics
    desired = compile_topology(loaded.topology, "/nowhere")
    return apply(desired, engine, ApplyOptions(), Patience(), lambda _: True, lambda _: None)


def test_who_took_the_name_stays() -> None:
    taken: list[str] = []

    def take_name(action: Action) -> None:
        if taken or not isinstance(action, CreateContainer):
            return
        if action.container.spec.image == "echo:2":
            taken.append(world.add(action.name, world.images["echo"]).id)

    engine = MemoryEngine("shop", on_perform=take_name)
    world = engine.world
    assert run(engine, "echo").converged
    result = run(engine, "echo:2")
    assert [failure.code for failure in result.failures] == ["name-taken"]
    assert taken[0] in world.containers
