"""Whoever is unhealthy: who is well keeps the traffic, somebody always has it, and no crowd of new
containers is made."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.names import SERVER_ROLE
from reconciler.engine.memory import Container, MemoryEngine, World
from reconciler.engine.memory.observe import server_states
from reconciler.plan.actions import Action, CreateContainer
from reconciler.topology.model import Topology
from tests.property.topologies import NAME
from tests.property.worlds import apply_wish, apply_with, new_world, plan_of

IMAGE = "app:1"


def _wish(replicas: int, policy: str, rollout: dict[str, object]) -> Desired:
    web = {"image": IMAGE, "port": 80, "replicas": replicas, "on_unhealthy": policy}
    topology = Topology.model_validate(
        {
            "name": NAME,
            "backends": {"web": {**web, "healthcheck": {"test": "true"}, "rollout": rollout}},
            "frontends": {"www": {"bind": 80, "default_backend": "web"}},
            "haproxy": {"image": "haproxy:1"},
        }
    )
    return compile_topology(topology, "/srv")


def _webs(world: World) -> list[Container]:
    there = (c for c in world.containers.values() if c.owner == NAME)
    return sorted((c for c in there if c.slot.role == SERVER_ROLE), key=lambda c: c.slot)


def _served(world: World) -> set[str]:
    (proxy,) = (c for c in world.containers.values() if c.owner == NAME and c.worker)
    return {s.host for s in server_states(world, proxy) if s.takes_traffic and s.is_up}


@given(
    st.integers(1, 5),
    st.sets(st.integers(1, 5)),
    st.sampled_from(["replace", "drain", "ignore"]),
    st.sampled_from([{}, {"max_surge": 2}, {"order": "stop-first"}]),
    st.booleans(),
)
def test_who_is_well_keeps_the_traffic(
    replicas: int,
    sick: Collection[int],
    policy: str,
    rollout: dict[str, object],
    new_ones_are_healthy: bool,
) -> None:
    wish, world = _wish(replicas, policy, rollout), new_world()
    assert apply_wish(world, wish).converged
    for container in _webs(world):
        container.is_unhealthy = container.slot.number in sick
    ill = {c.name for c in _webs(world) if c.is_unhealthy}
    well = {c.name for c in _webs(world)} - ill
    made = 0

    def look(action: Action) -> None:
        nonlocal made
        made += isinstance(action, CreateContainer)
        assert well <= _served(world)
        assert _served(world) or rollout.get("order") == "stop-first"

    if not new_ones_are_healthy:
        replacement = world.images[IMAGE]
        world.images[IMAGE] = type(replacement)(replacement.id, healthy=False)
    converged = apply_with(world, MemoryEngine(NAME, world, look), wish)
    is_healed = policy == "ignore" or (policy == "replace" and new_ones_are_healthy)
    assert converged == (not ill or is_healed)
    assert well <= _served(world)
    if policy != "replace":
        assert made == 0
        assert _served(world) == (well if policy == "drain" and well else well | ill)
    if policy == "replace" and not well and not new_ones_are_healthy:
        assert made <= 1
        assert _served(world) == ill
    assert plan_of(world, wish).is_empty or (policy == "replace" and not new_ones_are_healthy)
