"""While an apply runs, and when it breaks off, the old servers serve until new ones can."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Collection

from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.desired.names import PROXY_ROLE, SERVER_ROLE
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import Container, Image, MemoryEngine, World
from reconciler.engine.memory.observe import resolve, server_states
from reconciler.engine.protocol import Patience, Report
from reconciler.haproxy.model import Backend
from reconciler.haproxy.slots import PROBE_SUFFIX
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import (
    Action,
    DisconnectNetwork,
    ReloadProxy,
    RemoveContainer,
    SetServers,
    StopContainer,
    Target,
)
from reconciler.plan.plan import Plan
from tests.property.topologies import NAME, rollouts, rolls
from tests.property.worlds import Crash, apply_wish, apply_with, new_world, plan_of

Up = dict[str, int]
"""Servers that are up, or containers that run, by backend."""


def servers_up(world: World) -> Up:
    """Of the running proxy, those that frontends can use; of the worse one, while there are two:
    either may get a request."""
    found: Up = {}
    for proxy in _proxies(world):
        up: Up = {}
        for state in server_states(world, proxy):
            if not state.backend.endswith(PROBE_SUFFIX):
                up.setdefault(state.backend, 0)
                up[state.backend] += state.is_up and state.takes_traffic
        for name, number in up.items():
            found[name] = min(number, found.get(name, number))
    return found


def frontends_up(world: World) -> Up:
    """The servers that are up behind each frontend, as it sends traffic now; of the worse proxy,
    while there are two."""
    found: Up = {}
    for proxy in _proxies(world):
        up = Counter(s.backend for s in server_states(world, proxy) if s.is_up and s.takes_traffic)
        for frontend, backend in _routes(proxy.worker or "").items():
            found[frontend] = min(up[backend], found.get(frontend, up[backend]))
    return found


def _routes(config: str) -> dict[str, str]:
    """The default backend of each frontend."""
    return dict(re.findall(r"^frontend (\S+)\n(?: .*\n)*? +default_backend (\S+)$", config, re.M))


def going_on(world: World, wish: Desired) -> set[str]:
    """Frontends that have servers, and shall have some: no step may leave them without."""
    least = floor_of(Counter({b.name: 9 for b in _backends(wish)}), wish)
    frontends = wish.proxy.frontends if wish.proxy else ()
    shall = {f.name for f in frontends if least.get(f.default_backend, 0) > 0}
    return {name for name, up in frontends_up(world).items() if up > 0 and name in shall}


def _backends(wish: Desired) -> tuple[Backend, ...]:
    return wish.proxy.backends if wish.proxy else ()


def containers_up(world: World) -> Up:
    return Counter(
        c.slot.backend
        for c in world.containers.values()
        if c.owner == NAME and c.slot.role == SERVER_ROLE and c.state == "running"
    )


def _proxies(world: World) -> list[Container]:
    return [
        c
        for c in world.containers.values()
        if c.owner == NAME and c.slot.role == PROXY_ROLE and c.state == "running"
    ]


def floor_of(before: Up, wish: Desired) -> Up:
    """What was there before, or all that is wanted when that is less; fewer only by what the file
    lets be unavailable."""
    least = {
        backend.name: len(backend.servers) - wish.rollouts[backend.source].unavailable
        for backend in _backends(wish)
    }
    return {name: min(up, least[name]) for name, up in before.items() if name in least}


def ceiling_of(world: World, plan: Plan, wish: Desired) -> Up:
    """How many containers may run of backends that are changed a few at a time."""
    sources = {backend.name: backend.source for backend in _backends(wish)}
    rolled = {
        sources.get(setting.backend, setting.backend)
        for step in plan.course
        if isinstance(step.action, SetServers)
        for setting in step.action.settings
    }
    rolled |= workers_in(plan)
    there = containers_up(world)
    limits = {name: wish.rollouts[name].replicas + wish.rollouts[name].surge for name in rolled}
    return {name: max(limit, there[name]) for name, limit in limits.items()}


def workers_in(plan: Plan) -> set[str]:
    """Backends of workers that are changed a few at a time."""
    return {c.backend for c in plan.changes if c.pace is not None and c.pace.is_of_workers}


def workers_floor(world: World, plan: Plan, wish: Desired) -> Up:
    """How many of them must run at any time, in all."""
    there, rollouts = containers_up(world), wish.rollouts
    least = {name: rollouts[name].replicas - rollouts[name].unavailable for name in rollouts}
    return {name: min(there[name], least[name]) for name in workers_in(plan)}


def in_use(world: World) -> set[str]:
    """Ids of the containers that the running HAProxy may send a request to."""
    found: set[str] = set()
    for proxy in _proxies(world):
        for server in server_states(world, proxy):
            target = resolve(world, proxy, server.host)
            is_out = server.is_idle or server.is_disabled or server.backend.endswith(PROBE_SUFFIX)
            if target is not None and not is_out:
                found.add(target[0].id)
    return found


class Watched(MemoryEngine):
    """Looks before and after each action, and breaks off where it is told to."""

    def __init__(
        self,
        world: World,
        floor: Up,
        cut: int,
        how: type[BaseException],
        ceiling: Up | None = None,
        workers: Up | None = None,
        frontends: Collection[str] = (),
    ) -> None:
        super().__init__(NAME, world)
        self.floor, self.cut, self.how = floor, cut, how
        self.ceiling, self.workers, self.frontends = ceiling or {}, workers or {}, frontends
        self.old: set[str] = set()
        """What workers that were reloaded may still use."""

    def perform(self, action: Action, patience: Patience, report: Report) -> None:  # noqa: ARG002  # nothing takes time
        self.cut -= 1
        if self.cut == 0:
            raise self.how("internal", "injected") if self.how is EngineError else self.how
        used = self._used()
        if isinstance(action, StopContainer | RemoveContainer):
            assert self._id_of(action.target) not in used, label_of(action)
        super().perform(action, patience, lambda _: None)
        if isinstance(action, ReloadProxy):
            self.old |= used
        if isinstance(action, DisconnectNetwork):
            assert self._id_of(action.target) not in used - self._used(), label_of(action)
        up, there = servers_up(self.world), containers_up(self.world)
        for backend, number in self.floor.items():
            assert up.get(backend, 0) >= number, (label_of(action), backend, up, self.floor)
        behind = frontends_up(self.world)
        for frontend in self.frontends:
            assert behind.get(frontend, 1) > 0, (label_of(action), frontend)
        for backend, number in self.workers.items():
            assert there[backend] >= number, (label_of(action), backend, there, self.workers)
        for backend, number in self.ceiling.items():
            assert there[backend] <= number, (label_of(action), backend, there, self.ceiling)

    def _used(self) -> set[str]:
        """By some worker of HAProxy, old or new."""
        old_workers = [text for proxy in _proxies(self.world) for text in proxy.old_workers]
        if not old_workers:
            self.old = set()
        return in_use(self.world) | self.old

    def _id_of(self, target: Target) -> str:
        found = self.world.find(target.reference)
        return found.id if found is not None and found.state == "running" else ""


def apply_watched(
    world: World, wish: Desired, floor: Up, cut: int, how: type[BaseException]
) -> bool:
    plan = plan_of(world, wish)
    limits = ceiling_of(world, plan, wish), workers_floor(world, plan, wish), going_on(world, wish)
    return apply_with(world, Watched(world, floor, cut, how, *limits), wish)


def drain_by_hand(world: World, which: int | None) -> None:
    for proxy in _proxies(world):
        serving = [s for s in server_states(world, proxy) if not s.is_idle]
        for server in serving[which : which + 1] if which is not None else ():
            world.command(proxy.id, f"set server {server.backend}/{server.name} state drain")


def keeps_traffic(plan: Plan) -> bool:
    return plan.impact < Impact.INTERRUPT


changes = st.one_of(rollouts(), rolls())


@given(
    changes,
    st.integers(0, 60),
    st.sampled_from([Crash, EngineError]),
    st.none() | st.integers(0, 9),
)
def test_capacity_never_falls(
    rollout: tuple[Desired, Desired], cut: int, how: type[BaseException], drained: int | None
) -> None:
    """With two applies: one that is cut off at some step, and one that completes it. Somebody has
    drained a server, perhaps in just one of the backends that have its container."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    drain_by_hand(world, drained)
    assume(keeps_traffic(plan_of(world, new)))
    floor = floor_of(servers_up(world), new)
    event(f"impact {plan_of(world, new).impact}")
    apply_watched(world, new, floor, cut, how)
    assert apply_watched(world, new, floor, 0, how)
    assert plan_of(world, new).is_empty


def _lose_config(proxy: Container) -> None:
    proxy.config = None


def _empty_config(proxy: Container) -> None:
    proxy.config = ""


def _edit_config(proxy: Container) -> None:
    proxy.config = f"{proxy.config}# by hand\n"


def _hide(proxy: Container) -> None:
    proxy.is_readable = False


@given(
    changes,
    st.sampled_from([_lose_config, _empty_config, _edit_config, _hide]),
    st.integers(0, 60),
    st.sampled_from([Crash, EngineError]),
)
def test_capacity_never_falls_where_something_is_unknown(
    rollout: tuple[Desired, Desired],
    damage: Callable[[Container], None],
    cut: int,
    how: type[BaseException],
) -> None:
    """What could not be read moves nobody's traffic to containers that nobody has checked; once it
    can be, and what was there before is applied again, the change goes through."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    assume(keeps_traffic(plan_of(world, new)))
    floor = floor_of(servers_up(world), new)
    for proxy in _proxies(world):
        damage(proxy)
    apply_watched(world, new, floor, cut, how)
    event(f"through at once: {apply_watched(world, new, floor, 0, how)}")
    for proxy in _proxies(world):
        proxy.is_readable = True
    for wish in (old, new):
        apply_watched(world, wish, floor_of(servers_up(world), wish), 0, how)
    assert plan_of(world, new).is_empty


@given(changes, st.sampled_from(["app:1", "app:2", "tool:1"]))
def test_an_image_that_does_not_serve_gets_no_traffic(
    rollout: tuple[Desired, Desired], broken: str
) -> None:
    """However often it is tried; and then the old file is applied again."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    assume(broken not in world.images and keeps_traffic(plan_of(world, new)))
    floor = floor_of(servers_up(world), new)
    world.registry[broken] = Image(f"sha256:{broken}", serves=False)
    for _ in range(2):
        event(f"converged: {apply_watched(world, new, floor, 0, Crash)}")
    assert apply_watched(world, old, floor_of(servers_up(world), old), 0, Crash)
    assert plan_of(world, old).is_empty


@given(changes, st.randoms(use_true_random=False))
def test_the_order_of_steps_is_free_but_for_needs(
    rollout: tuple[Desired, Desired], how: random.Random
) -> None:
    """Threads may take steps in any order that their needs allow: capacity holds in each."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    plan = plan_of(world, new)
    assume(keeps_traffic(plan))
    limits = ceiling_of(world, plan, new), workers_floor(world, plan, new), going_on(world, new)
    engine = Watched(world, floor_of(servers_up(world), new), 0, Crash, *limits)
    done: set[int] = set()
    while len(done) < len(plan.course):
        ready = [s for s in plan.course if s.id not in done and done.issuperset(s.needs)]
        step = how.choice(ready)
        engine.perform(step.action, Patience(), lambda _: None)
        done.add(step.id)
    assert plan_of(world, new).is_empty
