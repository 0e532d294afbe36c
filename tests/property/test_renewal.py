"""Files that a running HAProxy takes over: whatever was cut off, it has those of the next apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.proxy.hosts import LEAST_HOSTS
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import MemoryEngine, World
from reconciler.plan.actions import RenewFiles
from reconciler.topology.model import Topology
from reconciler.topology.references import Contents
from tests.property.topologies import NAME
from tests.property.worlds import (
    BREAKS,
    Crash,
    apply_until,
    apply_wish,
    apply_with,
    new_world,
    plan_of,
)

CERTIFICATES = ("a.pem", "b.pem", "c.pem")


def wish_with(certificates: Mapping[str, str], to_api: int = 0, replicas: int = 1) -> Desired:
    """`certificates`: each with what is in it. `to_api`: how many hosts of a map go there."""
    backends = {
        name: {"image": "app:1", "port": 8080, "replicas": replicas, "check": "tcp"}
        for name in ("web", "api")
    }
    rules = [
        {"host": f"{number}.example.com", "backend": "api" if number < to_api else "web"}
        for number in range(LEAST_HOSTS)
    ]
    topology = Topology.model_validate(
        {
            "name": NAME,
            "backends": backends,
            "haproxy": {"image": "haproxy:1"},
            "frontends": {
                "www": {
                    "bind": 443,
                    "tls": list(certificates),
                    "rules": rules,
                    "default_backend": "web",
                }
            },
        }
    )
    contents = Contents({name: text.encode() for name, text in certificates.items()})
    return compile_topology(topology, "/srv", contents=contents)


_texts = st.sampled_from(["1", "2"])
_parts = st.tuples(
    st.dictionaries(st.sampled_from(CERTIFICATES), _texts, min_size=1),
    st.integers(0, 2),
    st.integers(1, 2),
)
_wishes = _parts.map(lambda parts: wish_with(*parts))


def loaded(world: World, wish: Desired) -> bool:
    """Whether the running HAProxy has all files as the wish says, and no other is left."""
    (proxy,) = [c for c in world.containers.values() if c.owner == NAME and c.worker]
    assert wish.proxy is not None
    return proxy.files.keys() == {file.name for file in wish.proxy.files} and all(
        proxy.loaded_files.get(file.name) == file.content == proxy.files.get(file.name)
        for file in wish.proxy.files
    )


@given(_wishes, _wishes, st.integers(0, 20), st.sampled_from([Crash, EngineError]), st.booleans())
def test_what_was_cut_off_shows(
    old: Desired, new: Desired, number: int, how: type[BaseException], back: bool
) -> None:
    """Also when the file is as it was before."""
    world = new_world()
    apply_wish(world, old)
    assert loaded(world, old)
    renews = any(isinstance(step.action, RenewFiles) for step in plan_of(world, new).steps)
    assume(not apply_until(world, new, number, how))
    event(f"renews: {renews}")
    wish = old if back else new
    assert apply_wish(world, wish).converged
    assert plan_of(world, wish).is_empty
    assert loaded(world, wish)


_troubles = st.sampled_from(
    ["pause", "edit haproxy.cfg", "lose haproxy.cfg", "run something else", "disable a server"]
)


@given(st.lists(_parts, min_size=3, max_size=3), _troubles)
def test_what_was_cut_off_in_a_reload_shows(
    parts: list[tuple[dict[str, str], int, int]], trouble: str
) -> None:
    """When all is written and HAProxy was not told, whatever is wanted then."""
    old, new, wish = (wish_with(*part) for part in parts)
    world = new_world()
    apply_wish(world, old)
    for container in [c for c in world.containers.values() if c.owner == NAME]:
        BREAKS[trouble](world, container)
    find_alerts = world.alerts

    def crash(text: str) -> Sequence[tuple[int | None, str]]:
        if any(container.config == text for container in world.containers.values()):
            raise Crash
        return find_alerts(text)

    world.alerts = crash
    assume(not apply_with(world, MemoryEngine(NAME, world), new))
    world.alerts = find_alerts
    assert apply_wish(world, wish).converged
    assert plan_of(world, wish).is_empty
    assert loaded(world, wish)


@pytest.mark.parametrize("number", range(8))
def test_each_step_of_a_renewal(number: int) -> None:
    old, new = wish_with({"a.pem": "1"}, 1), wish_with({"a.pem": "2"}, 2)
    world = new_world()
    apply_wish(world, old)
    apply_until(world, new, number, Crash)
    apply_wish(world, old)
    assert plan_of(world, old).is_empty
    assert loaded(world, old)
