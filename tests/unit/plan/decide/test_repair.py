"""A HAProxy whose file is lost: new servers are checked beside the old ones, or nothing is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.desired.desired import PROXY_SLOT
from reconciler.engine.memory import MemoryEngine, World
from reconciler.plan.actions import Action, AwaitServers, ReloadProxy, SetServers
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from tests.property.topologies import NAME, wish_of
from tests.property.worlds import apply_wish, new_world


def _file(level: str) -> dict[str, Any]:
    backend = {"image": "app:1", "port": 8080, "replicas": 2, "env": {"LEVEL": level}}
    return {
        "name": NAME,
        "backends": {"web": backend},
        "frontends": {"www": {"bind": 80, "default_backend": "web"}},
    }


@pytest.fixture
def world() -> World:
    made = new_world()
    apply_wish(made, wish_of(_file("info")))
    proxy = next(c for c in made.containers.values() if c.slot == PROXY_SLOT)
    made.edit_config(proxy.id, None)
    return made


def _plan(world: World, *gaps: str) -> Plan:
    wish = wish_of(_file("debug"))
    observed = MemoryEngine(NAME, world).observe(wish.scope())
    return plan_changes(wish, replace(observed, gaps=gaps))


def _moves_traffic(action: Action, plan: Plan) -> bool:
    if isinstance(action, SetServers):
        return any(setting.aim == "ready" for setting in action.settings)
    return isinstance(action, ReloadProxy) and action.config == plan.config


@pytest.mark.parametrize("gaps", [(), ("HAProxy in 0123 could not be read",)])
def test_it_loads_what_it_runs_and_checks_new_servers(world: World, gaps: tuple[str, ...]) -> None:
    plan = _plan(world, *gaps)
    assert not plan.problems
    actions = [step.action for step in plan.steps]
    loaded = next(n for n, action in enumerate(actions) if isinstance(action, ReloadProxy))
    checked = next(n for n, action in enumerate(actions) if isinstance(action, AwaitServers))
    moved = next(n for n, action in enumerate(actions) if _moves_traffic(action, plan))
    assert loaded < checked < moved
