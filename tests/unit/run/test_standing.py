"""How a topology stands, on the engine in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Patience
from reconciler.plan.decide.standing import Standing, standing_of
from reconciler.run.apply import ApplyOptions, apply, make_plan
from reconciler.topology.load import load_topology


def wish(**changes: Any) -> Desired:
    text = {
        "name": "shop",
        "backends": {
            "web": {"image": "echo", "port": 80, "replicas": 2, **changes},
            "worker": {"image": "echo"},
        },
        "frontends": {"www": {"bind": 80, "default_backend": "web"}},
        "haproxy": {"image": "haproxy"},
    }
    loaded = load_topology(json.dumps(text).encode(), "shop.yaml", {})
    assert loaded.topology is not None, loaded.diagnostics
    return compile_topology(loaded.topology, "/nowhere")


def _named(engine: MemoryEngine, part: str) -> str:
    return next(c.name for c in engine.world.containers.values() if part in c.name)


Act = Callable[[MemoryEngine], object]
BEFORE: dict[str, tuple[Act, dict[str, Any], Standing]] = {
    "nothing": (lambda _: None, {}, Standing.SERVING),
    "a new image": (lambda _: None, {"image": "echo:2"}, Standing.DRIFT),
    "one more": (lambda _: None, {"replicas": 3}, Standing.DRIFT),
    "a server killed": (lambda e: e.world.kill(_named(e, "web-1")), {}, Standing.NOT_SERVING),
    "a server removed": (lambda e: e.world.remove(_named(e, "web-1")), {}, Standing.NOT_SERVING),
    "a worker killed": (lambda e: e.world.kill(_named(e, "worker")), {}, Standing.NOT_SERVING),
    "a worker paused": (lambda e: e.world.pause(_named(e, "worker")), {}, Standing.NOT_SERVING),
    "HAProxy killed": (lambda e: e.world.kill(_named(e, "haproxy")), {}, Standing.NOT_SERVING),
    "a weight by hand": (
        lambda e: e.world.command(_named(e, "haproxy"), "set server web/web-1 weight 7"),
        {},
        Standing.DRIFT,
    ),
}


@pytest.mark.parametrize("what", BEFORE)
def test_standing(what: str) -> None:
    act, changes, expected = BEFORE[what]
    engine = MemoryEngine("shop")
    assert apply(
        wish(), engine, ApplyOptions(), Patience(), lambda _: True, lambda _: None
    ).converged
    act(engine)
    desired = wish(**changes)
    plan, observed = make_plan(desired, engine, ApplyOptions())
    assert standing_of(desired, observed, plan) is expected


def test_nothing_is_there_yet() -> None:
    plan, observed = make_plan(wish(), MemoryEngine("shop"), ApplyOptions())
    assert standing_of(wish(), observed, plan) is Standing.NOT_SERVING


def test_nothing_is_wanted_and_nothing_is_there() -> None:
    gone = wish().emptied()
    plan, observed = make_plan(gone, MemoryEngine("shop"), ApplyOptions())
    assert standing_of(gone, observed, plan) is Standing.SERVING
