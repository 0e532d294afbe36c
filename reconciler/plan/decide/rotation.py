"""Servers in a running HAProxy against those that are wanted: what the runtime API has to do.

Only backends that HAProxy runs just as they are wanted, servers aside, can be changed that way;
what else there is takes a reload. Which of them those are, and what joins and leaves in each, is
said here; the steps are in `steps/rollout/`.

Backends that have the same containers change together: a container serves when it does in all of
them, and leaves all of them before it stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.desired.desired import Desired, Slot
from reconciler.desired.names import SERVER_ROLE, server_name
from reconciler.desired.rollout import Batch, Rollout, in_pairs, plan_batches
from reconciler.desired.spec import ContainerSpec
from reconciler.haproxy.config import Config, read_config
from reconciler.haproxy.control.commands import Aim, ServerSetting
from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.control.rewrite import backend_structure
from reconciler.haproxy.model import Backend, Proxy, Server
from reconciler.haproxy.slots import is_slot
from reconciler.plan.decide.health import Health
from reconciler.plan.observed import ObservedProxy


class Member(Struct, frozen=True):
    """A server that is wanted: the slot it is for, and the host that it points to."""

    slot: Slot
    host: str


class Rotation(Struct, frozen=True):
    """The servers that join, stay and leave, of all backends that share the same containers."""

    source: str
    """The backend that describes the containers."""
    backends: tuple[Backend, ...]
    """The wanted backends, with the hosts that their servers will have."""
    batches: tuple[Batch[Member, str], ...] = ()
    """Servers that join and leave together, leavers by their hosts."""
    joins: tuple[Member, ...] = ()
    """Servers to bring into rotation: they are not in it, or were kept from it by hand or by a run
    that was cut off."""
    stays: tuple[Member, ...] = ()
    leaves: tuple[str, ...] = ()
    """Hosts that are in rotation, or half in it, and not wanted."""
    unused: tuple[str, ...] = ()
    """Hosts of `leaves` that get no traffic: they are no capacity, and leave before the others."""
    settings: tuple[ServerSetting, ...] = ()
    """Weights and maxconns to set again on servers that stay, servers outside included."""
    takes_traffic: frozenset[tuple[str, str]] = frozenset()
    """The servers that get traffic now, as (backend, host)."""
    away: frozenset[str] = frozenset()
    """Hosts whose containers are unhealthy, and that get no traffic while others do."""
    lacking: tuple[Backend, ...] = ()
    """Backends in which more join than there are spare servers: HAProxy must load more first."""

    @property
    def is_settled(self) -> bool:
        return not (self.joins or self.leaves or self.settings)

    @property
    def only_shrinks(self) -> bool:
        """Servers leave, and nobody takes their place."""
        return bool(self.leaves) and not self.joins

    @property
    def checked(self) -> tuple[Backend, ...]:
        return tuple(backend for backend in self.backends if backend.check is not None)

    @property
    def unchecked(self) -> tuple[Backend, ...]:
        return tuple(backend for backend in self.backends if backend.check is None)

    def serving_in(self, backend: str) -> list[str]:
        """The hosts that get traffic from this one now, also those that join the others, or get it
        again when they are healthy."""
        known = [*(server.address for server in self.backends[0].servers), *self.leaves]
        serving = (*((backend, host) for host in self.away), *self.takes_traffic)
        return [host for host in known if (backend, host) in serving]

    def servers_to(
        self, hosts: Iterable[str], backends: Sequence[Backend] | None = None
    ) -> tuple[tuple[str, str], ...]:
        """(backend, host) of the servers that point to these, in all of the backends or in some."""
        among = self.backends if backends is None else backends
        return tuple((backend.name, host) for host in hosts for backend in among)

    def settings_for(self, hosts: Iterable[str], aim: Aim) -> tuple[ServerSetting, ...]:
        """The settings that bring servers into service, out of it, or on their way there."""
        return tuple(
            ServerSetting(backend.name, host, aim, *_amounts(backend))
            for host in hosts
            for backend in self.backends
        )

    def first_settings(self, hosts: Iterable[str]) -> tuple[ServerSetting, ...]:
        """The first settings of servers that join: checked without traffic, where HAProxy checks
        them; where it does not, they wait for those where it does. One that serves in another of
        the backends already goes on there."""
        servers = set(self.servers_to(hosts, self.checked or self.backends)) - self.takes_traffic
        settings = self.settings_for(hosts, "check" if self.checked else "ready")
        return tuple(s for s in settings if (s.backend, s.host) in servers)


def plan_rotations(
    desired: Desired,
    proxy: Proxy | None,
    wanted: Config | None,
    seen: ObservedProxy | None,
    leaving: Mapping[str, Slot],
    health: Health,
) -> dict[str, Rotation]:
    """The rotations that can be changed without a reload, by the backend that describes their
    containers. Empty when nothing is known of what HAProxy runs, or when that is not what is
    written. `proxy` and `wanted` have the addresses that servers will have; `leaving` are the hosts
    of containers that go, and the slot of each."""
    running = running_config(seen)
    if proxy is None or wanted is None or seen is None or running is None:
        return {}
    # Backends with the same containers change together: if one of them takes a reload, all do.
    same: dict[str, list[Backend]] = {}
    others: set[str] = set()
    for backend in proxy.backends:
        there = backend_structure(running, backend.name)
        if there == backend_structure(wanted, backend.name):
            same.setdefault(backend.source, []).append(backend)
        elif there is not None:
            others.add(backend.source)
    others |= _entangled(same, seen, leaving)
    alone = _alone(desired, leaving)
    return {
        source: plan_rotation(
            tuple(backends), desired.rollouts[source], seen.servers, alone, health
        )
        for source, backends in same.items()
        if source not in others
    }


def _entangled(
    same: Mapping[str, Sequence[Backend]], seen: ObservedProxy, leaving: Mapping[str, Slot]
) -> set[str]:
    """The sources whose leaving containers also serve in a backend that does not change along: one
    that the file has no more, that changes in more than servers, or that gets other containers.
    They cannot stop before HAProxy has let go of them there, too."""
    sources = {backend.name: source for source, group in same.items() for backend in group}
    users: dict[str, set[str]] = {}
    for server in seen.serving:
        if server.host in leaving:
            its_own = same.keys() & {leaving[server.host].backend}
            users.setdefault(server.host, set(its_own)).add(sources.get(server.backend, ""))
    return {source for group in users.values() if len(group) > 1 for source in group}


def _alone(desired: Desired, leaving: Mapping[str, Slot]) -> dict[str, Slot]:
    wanted = desired.containers
    return {
        host: slot
        for host, slot in leaving.items()
        if slot in wanted and wanted[slot].spec.is_alone
    }


def running_config(seen: ObservedProxy | None) -> Config | None:
    """The written haproxy.cfg, if it is ours and HAProxy runs it, servers aside; else None."""
    if seen is None or seen.running is None or seen.config is None:
        return None
    written = read_config(seen.config)
    return written if written and written.structure == seen.running.structure else None


def plan_rotation(
    backends: tuple[Backend, ...],
    rollout: Rollout,
    servers: Sequence[ServerState],
    alone: Mapping[str, Slot],
    health: Health | None = None,
) -> Rotation:
    """The rotation of backends that have the same containers. `alone` are the hosts of those that
    go, and cannot run beside who gets their slot. Those that `health` keeps from traffic count as
    ones that serve: what is promised of capacity is promised of those that are well beside them."""
    health = health or Health()
    away, serving_on = health.hosts_out, health.hosts_serving
    names, source = {backend.name for backend in backends}, backends[0].source
    there = [
        s for s in servers if s.backend in names and is_slot(s.backend, s.name) and not s.is_idle
    ]
    members = [Member(slot_of(source, s.name), s.address) for s in backends[0].servers]
    serving_in = frozenset((s.backend, s.host) for s in there if s.takes_traffic)
    everywhere = {s.host for s in there if all((name, s.host) in serving_in for name in names)}
    # One that serves in a part of its backends only was cut off on its way in, and joins again.
    known = {s.host for s in there}
    as_it_is = everywhere | ((away | serving_on) & known)
    stays = [m for m in members if m.host in as_it_is]
    joins = [m for m in members if m.host not in as_it_is]
    wanted = {member.host for member in members}
    leaves = list(dict.fromkeys(s.host for s in there if s.host not in wanted))
    serves = {host for _, host in serving_in} | away
    unused = [host for host in leaves if host not in serves]
    # Those that are down go first: they are the least loss of capacity.
    up = Counter(s.host for s in there if s.is_up and s.takes_traffic)
    serving = sorted((h for h in leaves if h not in unused), key=lambda h: (h not in away, up[h]))
    if alone:
        joins, serving = in_pairs(joins, serving, lambda member: member.slot, alone.get)
    batches = plan_batches(rollout, joins, serving, len(stays) + len(serving))
    if unused:  # they hold servers that those who join can have
        batches.insert(0, Batch((), (), tuple(unused)))
    kept = {m.host for m in stays}
    settings = tuple(
        setting
        for backend in backends
        for setting in (
            *_of_health(backend, there, away, kept & serving_on),
            *_adjustments(backend, there, kept),
            *_outside_settings(backend, servers),
        )
    )
    return Rotation(
        source,
        backends,
        tuple(batches),
        tuple(joins),
        tuple(stays),
        tuple(leaves),
        tuple(unused),
        settings,
        serving_in,
        away & known,
        tuple(backend for backend in backends if _lacks_spares(backend, batches, servers)),
    )


def _of_health(
    backend: Backend,
    there: Sequence[ServerState],
    away: Collection[str],
    serving_on: Collection[str],
) -> Iterator[ServerSetting]:
    """What takes the servers of unhealthy containers out of rotation, and brings them back in where
    nobody else is well."""
    for state in there:
        if state.backend == backend.name and state.host in away and state.takes_traffic:
            yield ServerSetting(backend.name, state.host, "away")
        if state.backend == backend.name and state.host in serving_on and not state.takes_traffic:
            yield ServerSetting(backend.name, state.host, "ready")


def _adjustments(
    backend: Backend, there: Sequence[ServerState], kept: Collection[str]
) -> Iterator[ServerSetting]:
    """The settings that give servers that stay the file's weight and maxconn."""
    for state in there:
        if state.backend == backend.name and state.host in kept and _differs(state, backend):
            yield ServerSetting(backend.name, state.host, "adjust", *_amounts(backend))


def _lacks_spares(
    backend: Backend, batches: Sequence[Batch[Member, str]], servers: Sequence[ServerState]
) -> bool:
    states = [s for s in servers if s.backend == backend.name]
    there = {s.host for s in states if is_slot(s.backend, s.name) and not s.is_idle}
    return _peak(batches, there) > sum(s.is_idle for s in states)


def _peak(batches: Sequence[Batch[Member, str]], there: Collection[str]) -> int:
    """How many spare servers are in use at once: each batch gives back those of its leavers."""
    used = peak = 0
    for batch in batches:
        used += sum(member.host not in there for member in batch.joins) - len(batch.early)
        peak = max(peak, used)
        used -= len(batch.leaves)
    return peak


def _outside_settings(backend: Backend, servers: Sequence[ServerState]) -> Iterator[ServerSetting]:
    """The settings that bring servers that are no containers back to what the file says."""
    names = {server.name for server in backend.outside}
    for state in servers:
        if state.backend != backend.name or state.name not in names:
            continue
        if not state.takes_traffic or _differs(state, backend):
            aim: Aim = "adjust" if state.takes_traffic else "ready"
            amounts = _amounts(backend, state.name)
            yield ServerSetting(backend.name, state.name, aim, *amounts, is_outside=True)


def _amounts(backend: Backend, server: str = "") -> tuple[int | None, int]:
    """Weight and maxconn as they are set at run time: None for one that cannot be, 0 for none."""
    weight, maxconn = backend.amounts_of(server)
    return weight if backend.has_live_weight else None, maxconn or 0


def with_hosts(backend: Backend, hosts: Sequence[str], spares: int = 0) -> Backend:
    """The backend with servers that point to these, named by their order."""
    servers = tuple(
        Server(server_name(backend.name, number), host, backend.port)
        for number, host in enumerate(hosts, 1)
    )
    return replace(backend, servers=servers, least_spares=max(backend.least_spares, spares))


def with_room(rotation: Rotation, backend: Backend) -> Backend:
    """The backend with who is in rotation now, and spare servers for all that join and more."""
    return with_hosts(backend, rotation.serving_in(backend.name), 2 * len(rotation.joins))


def _differs(server: ServerState, backend: Backend) -> bool:
    weight, maxconn = backend.amounts_of(server.name)
    has_other_weight = backend.has_live_weight and server.weight != weight
    return has_other_weight or server.maxconn != maxconn


def slot_of(source: str, server: str) -> Slot:
    """The slot whose container a server is for, by the backend that describes the container and the
    name that the server has in the file."""
    return Slot(SERVER_ROLE, source, int(server.rpartition("-")[2]))


def has_work(rotations: Mapping[str, Rotation]) -> bool:
    return not all(rotation.is_settled for rotation in rotations.values())


def explain_work(rotations: Mapping[str, Rotation]) -> str:
    """Why servers change although what is written stays."""
    sick = {r.source: s for r in rotations.values() for s in r.settings if s.aim == "away"}
    if sick and not any(r.joins or r.leaves for r in rotations.values()):
        names = ", ".join(f"`{name}`" for name in sick)
        return f"unhealthy containers of {names} get no traffic"
    unlike = (name for r in rotations.values() if not r.is_settled for name in _unlike(r))
    names = ", ".join(f"`{name}`" for name in unlike)
    return f"servers of {names} are not as the file says"


def _unlike(rotation: Rotation) -> list[str]:
    """The backends of a rotation in which somebody is missing, or has another weight or maxconn;
    all of them when there is only somebody too many."""
    missing = set(rotation.servers_to(m.host for m in rotation.joins)) - rotation.takes_traffic
    unlike = {name for name, _ in missing} | {setting.backend for setting in rotation.settings}
    names = [backend.name for backend in rotation.backends]
    return [name for name in names if name in unlike] or names


def networks_to(spec: ContainerSpec) -> set[str]:
    """The networks by which HAProxy reaches a container: just that of its fixed address, if any."""
    fixed = {a.network for a in spec.networks if a.is_fixed}
    return fixed or {a.network for a in spec.networks}


def without_unreachable(
    rotations: Mapping[str, Rotation], desired: Desired, networks: Collection[str]
) -> dict[str, Rotation]:
    """The rotations in which HAProxy reaches all that joins on these networks."""
    return {
        name: rotation
        for name, rotation in rotations.items()
        if all(networks_to(desired.containers[m.slot].spec) & set(networks) for m in rotation.joins)
    }
