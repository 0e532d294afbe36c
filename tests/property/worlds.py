"""Worlds to start from: what applies, crashes and people have left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from reconciler.desired.desired import Desired
from reconciler.desired.names import PROXY_ROLE
from reconciler.desired.spec import Attachment, PublishedPort
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import Container, Image, MemoryEngine, World
from reconciler.engine.memory.parts import LiveServer, loaded_servers
from reconciler.engine.protocol import Engine, Patience
from reconciler.haproxy.paths import IDLE_HOSTS
from reconciler.plan.actions import Action
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from reconciler.run.apply import ApplyOptions, ApplyResult, apply
from reconciler.run.execute import Execution, execute
from tests.property.topologies import NAME, SHARED_NETWORK, files, wish_of

ONE_BY_ONE = 1
"""Steps at a time: threads would make examples differ from run to run; orders are tried on purpose
instead."""


class Crash(BaseException):
    """The process ends between two actions."""


def new_world() -> World:
    """With things of others in it."""
    world = World()
    world.add_network(SHARED_NETWORK)
    world.add_network("shop-foreign")
    world.volumes["shop-foreign"] = ""
    world.run("shop-foreign", ports=[PublishedPort(None, 9999, 80)], networks=[SHARED_NETWORK])
    return world


def apply_wish(world: World, wish: Desired, *, remove_volumes: bool = False) -> ApplyResult:
    """An apply, and one more where nobody knows what HAProxy runs: once somebody has written that
    into haproxy.cfg again, nothing is in the way."""
    result = _apply(world, wish, remove_volumes=remove_volumes)
    if any(problem.code == "haproxy-unknown" for problem in result.plan.problems):
        for container in world.containers.values():
            container.config = container.worker or container.config
        result = _apply(world, wish, remove_volumes=remove_volumes)
    return result


def _apply(world: World, wish: Desired, *, remove_volumes: bool) -> ApplyResult:
    return apply(
        wish,
        MemoryEngine(NAME, world),
        ApplyOptions(remove_volumes=remove_volumes, parallelism=ONE_BY_ONE),
        Patience(),
        lambda _: True,
        lambda _: None,
    )


def plan_of(world: World, wish: Desired) -> Plan:
    return plan_changes(wish, MemoryEngine(NAME, world).observe(wish.scope()))


def carry_out(plan: Plan, engine: Engine) -> Execution:
    return execute(plan, engine, Patience(), lambda _: None, "pass", parallelism=ONE_BY_ONE)


def stop_after(number: int, with_what: type[BaseException]) -> Callable[[Action], None]:
    """A hook that lets so many actions happen and then raises."""
    left = number

    def hook(_: Action) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise with_what("internal", "injected") if with_what is EngineError else with_what

    return hook


def apply_until(world: World, wish: Desired, number: int, how: type[BaseException]) -> bool:
    """An apply whose action after so many fails or crashes. True if it got to its end."""
    return apply_with(world, MemoryEngine(NAME, world, stop_after(number, how)), wish)


def apply_with(world: World, engine: MemoryEngine, wish: Desired) -> bool:
    """An apply that may end at any action. True if it got to its end; the lock ends with it."""
    try:
        return apply(
            wish,
            engine,
            ApplyOptions(parallelism=ONE_BY_ONE),
            Patience(),
            lambda _: True,
            lambda _: None,
        ).converged
    except (Crash, EngineError):
        return False
    finally:
        world.locks.clear()


# -- what people do -------------------------------------------------------------------------

Break = Callable[[World, Container], object]


def _disconnect(world: World, container: Container) -> None:
    for network in sorted(container.links)[:1]:
        world.disconnect(container.id, network)


def _reconnect(world: World, container: Container) -> None:
    """Onto the same network, without the names it had there."""
    for network in sorted(container.links)[:1]:
        world.disconnect(container.id, network)
        world.connect(container.id, Attachment(network))


def _edit(world: World, container: Container) -> None:
    if container.config is not None:
        world.edit_config(container.id, container.config.replace("retries 3", "retries 2"))


def _run_something_else(world: World, container: Container) -> None:
    if container.config is not None and container.state == "running":
        written = container.config
        world.edit_config(container.id, written.replace("config=", "config=0"))
        world.reload(container.id)
        world.edit_config(container.id, written)


def _leave_network_for_good(world: World, container: Container) -> None:
    """Stop everybody on a network and remove it: stale places are left behind."""
    for name in sorted(container.links)[:1]:
        network = world.networks.get(name)
        if network is None or name == SHARED_NETWORK:
            continue
        for member in list(world.members(network)):
            world.stop(member.id)
        world.remove_network(name)


def _tell(world: World, container: Container, command: str) -> None:
    """The running HAProxy about a server that points to this container."""
    for proxy in _running_proxies(world):
        for server in list(proxy.servers):
            if server.host in {container.given_name, *(k.fixed for k in container.links.values())}:
                world.command(proxy.id, command.format(f"{server.backend}/{server.name}"))


def _enable_spare(world: World, _: Container) -> None:
    for proxy in _running_proxies(world):
        for server in [s for s in proxy.servers if s.host in IDLE_HOSTS][:1]:
            world.command(proxy.id, f"set server {server.backend}/{server.name} state ready")


def _running_proxies(world: World) -> list[Container]:
    return [
        c
        for c in world.containers.values()
        if c.owner == NAME and c.worker is not None and c.state == "running"
    ]


def _swap_names(world: World, container: Container) -> None:
    others = [c for c in world.containers.values() if c.owner == NAME and c is not container]
    if others:
        one, two = container.name, others[0].name
        world.rename(container.id, "shop-swapped")
        world.rename(others[0].id, one)
        world.rename(container.id, two)


BREAKS: dict[str, Break] = {
    "stop": lambda w, c: w.stop(c.id),
    "crash": lambda w, c: w.stop(c.id, exit_code=1),
    "kill": lambda w, c: w.kill(c.id),
    "pause": lambda w, c: w.pause(c.id),
    "remove": lambda w, c: w.remove(c.id),
    "rename": lambda w, c: w.rename(c.id, f"renamed-{c.id[:6]}"),
    "swap names": _swap_names,
    "disconnect": _disconnect,
    "reconnect": _reconnect,
    "join another network": lambda w, c: w.connect(c.id, Attachment("shop-foreign")),
    "turn unhealthy": lambda w, c: w.turn(c.id, healthy=False),
    "turn healthy": lambda w, c: w.turn(c.id, healthy=True),
    "limit": lambda w, c: w.set_limits(c.id, memory_bytes=96 * 1024**2, restart="always"),
    "edit haproxy.cfg": _edit,
    "lose haproxy.cfg": lambda w, c: w.edit_config(c.id, None),
    "run something else": _run_something_else,
    "drain a server": lambda w, c: _tell(w, c, "set server {} state drain"),
    "disable a server": lambda w, c: _tell(w, c, "set server {} state maint"),
    "set a weight": lambda w, c: _tell(w, c, "set server {} weight 7"),
    "set a limit": lambda w, c: _tell(w, c, "set maxconn server {} 7"),
    "point a server elsewhere": lambda w, c: _tell(w, c, "set server {} fqdn shop-foreign"),
    "enable a spare server": _enable_spare,
    "lose a network": _leave_network_for_good,
    "move tags": lambda w, _: [w.move_tag(reference) for reference in list(w.images)],
    "lose images": lambda w, _: w.images.clear(),
    "lose volumes": lambda w, c: w.remove_volume(min(c.volumes)) if c.volumes else None,
}


@dataclass(frozen=True)
class Event:
    """One thing in the history of a world."""

    what: str
    number: int = 0
    file: Any = None

    def happen(self, world: World) -> None:
        match self.what:
            case "apply":
                apply_wish(world, wish_of(self.file))
            case "crashed apply":
                apply_until(world, wish_of(self.file), self.number, Crash)
            case what:
                ours = sorted((c for c in world.containers.values() if c.owner == NAME), key=_key)
                if ours:
                    with contextlib.suppress(EngineError):
                        BREAKS[what](world, ours[self.number % len(ours)])


def _key(container: Container) -> tuple[bool, str]:
    return container.slot.role != PROXY_ROLE, container.id


def _events() -> st.SearchStrategy[Event]:
    return st.one_of(
        st.builds(Event, st.just("crashed apply"), st.integers(0, 30), files()),
        st.builds(Event, st.sampled_from(sorted(BREAKS)), st.integers(0, 5)),
        st.builds(Event, st.sampled_from(sorted(BREAKS)), st.integers(0, 5)),
    )


histories = st.tuples(
    st.builds(Event, st.just("apply"), st.just(0), files()), st.lists(_events(), max_size=4)
).map(lambda parts: (parts[0], *parts[1]))


def make_world(history: tuple[Event, ...]) -> World:
    world = new_world()
    for event in history:
        event.happen(world)
    world.locks.clear()
    return world


def serves_what_is_written(world: World) -> bool:
    """Whether each running HAProxy has the servers that it would have if it were started anew."""
    return all(
        _servers(proxy.servers) == _servers(loaded_servers(proxy.config or ""))
        for proxy in _running_proxies(world)
    )


def _servers(servers: Sequence[LiveServer]) -> set[tuple[object, ...]]:
    """All that traffic sees of them: neither names nor spare ones."""
    return {
        (
            s.backend,
            s.host,
            s.port,
            s.weight,
            s.maxconn,
            s.is_checked,
            s.checks_http,
            s.is_disabled,
            s.is_drained,
        )
        for s in servers
        if s.host not in IDLE_HOSTS
    }


def foreigners(world: World) -> object:
    """All that is not the topology's, as a value to compare."""
    return (
        [repr(c) for c in world.containers.values() if c.owner != NAME],
        [repr(n) for n in world.networks.values() if n.owner != NAME],
        sorted(name for name, owner in world.volumes.items() if owner != NAME),
    )


def image_that(**does: Any) -> Image:
    return Image("sha256:" + "0" * 64, **does)
