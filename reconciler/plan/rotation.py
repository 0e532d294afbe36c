"""Servers in a running HAProxy against those that are wanted: what the runtime API has to do.

Only backends that HAProxy runs just as they are wanted, servers aside, can be changed that way;
what else there is takes a reload. Which of them those are, and what joins and leaves in each, is
said here; the steps are in `steps/rollout.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.haproxy.commands import Aim, ServerSetting
from reconciler.haproxy.config import Config, read_config
from reconciler.haproxy.model import Backend, Proxy, Server
from reconciler.haproxy.rewrite import backend_structure
from reconciler.haproxy.runtime import ServerState
from reconciler.haproxy.slots import is_slot
from reconciler.plan.desired import Desired, Slot
from reconciler.plan.names import SERVER_ROLE, server_name
from reconciler.plan.observed import ObservedProxy
from reconciler.plan.rollout import Batch, Rollout, plan_batches
from reconciler.plan.spec import ContainerSpec


@dataclass(frozen=True, slots=True)
class Member:
    """A server that is wanted: the slot it is for, and the host that it points to."""

    slot: Slot
    host: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """What has to become of the servers of one backend."""

    backend: Backend
    """As it is wanted, with the hosts that its servers will have."""
    batches: tuple[Batch[Member, str], ...] = ()
    """Who joins and leaves together, leavers by their hosts."""
    joins: tuple[Member, ...] = ()
    """Not in rotation, or kept from it by hand or by a run that was cut off."""
    stays: tuple[Member, ...] = ()
    leaves: tuple[str, ...] = ()
    """Hosts that are in rotation, or half in it, and not wanted."""
    unused: tuple[str, ...] = ()
    """Those of them that get no traffic: they are no capacity, and leave before anybody else."""
    settings: tuple[ServerSetting, ...] = ()
    """Weights and limits of those that stay and have others, servers outside included."""
    lacks_spares: bool = False
    """More join than there are spare servers: HAProxy must load more of them first."""

    @property
    def is_settled(self) -> bool:
        return not (self.joins or self.leaves or self.settings)

    @property
    def only_shrinks(self) -> bool:
        """Servers leave, and nobody takes their place."""
        return bool(self.leaves) and not self.joins

    @property
    def serving(self) -> list[str]:
        """The hosts that get traffic now."""
        leaving = [host for host in self.leaves if host not in self.unused]
        return [*(member.host for member in self.stays), *leaving]

    def setting(self, host: str, aim: Aim) -> ServerSetting:
        """How a server of this backend shall be when it serves, or on its way there."""
        return ServerSetting(self.backend.name, host, aim, *_amounts(self.backend))


def plan_rotations(
    desired: Desired, proxy: Proxy | None, wanted: Config | None, seen: ObservedProxy | None
) -> dict[str, Rotation]:
    """By backend, those that can be changed without a reload. Empty when nothing is known of what
    HAProxy runs, or when that is not what is written. `proxy` and `wanted` have the addresses that
    servers will have."""
    running = running_config(seen)
    if proxy is None or wanted is None or seen is None or running is None:
        return {}
    return {
        backend.name: plan_rotation(backend, desired.rollouts[backend.name], seen.servers)
        for backend in proxy.backends
        if backend_structure(running, backend.name) == backend_structure(wanted, backend.name)
    }


def running_config(seen: ObservedProxy | None) -> Config | None:
    """What is written, if it is ours and HAProxy runs it, servers aside."""
    if seen is None or seen.running is None or seen.config is None:
        return None
    written = read_config(seen.config)
    return written if written and written.structure == seen.running.structure else None


def plan_rotation(backend: Backend, rollout: Rollout, servers: Sequence[ServerState]) -> Rotation:
    there = {s.host: s for s in servers if s.backend == backend.name and is_slot(s.backend, s.name)
             and not s.is_idle}  # fmt: skip
    spare = sum(s.is_idle for s in servers if s.backend == backend.name)
    members = [Member(slot_of(backend.name, s.name), s.address) for s in backend.servers]
    serves = {host for host, server in there.items() if server.takes_traffic}
    stays = [m for m in members if m.host in serves]
    joins = [m for m in members if m.host not in serves]
    wanted = {member.host for member in members}
    leaves = [host for host in there if host not in wanted]
    unused = [host for host in leaves if host not in serves]
    serving = sorted((h for h in leaves if h not in unused), key=lambda h: there[h].is_up)
    batches = plan_batches(rollout, joins, serving, len(stays) + len(serving))
    if unused:
        batches.insert(0, Batch((), (), tuple(unused)))
    settings = (
        *(
            ServerSetting(backend.name, m.host, "adjust", *_amounts(backend))
            for m in stays
            if _differs(there[m.host], backend)
        ),
        *_outside_settings(backend, servers),
    )
    return Rotation(
        backend, tuple(batches), tuple(joins), tuple(stays), tuple(leaves), tuple(unused), settings,
        lacks_spares=_peak(batches, there) > spare,
    )  # fmt: skip


def _peak(batches: Sequence[Batch[Member, str]], there: Collection[str]) -> int:
    """How many spare servers are in use at once: each batch gives back those of its leavers."""
    used = peak = 0
    for batch in batches:
        used += sum(member.host not in there for member in batch.joins) - len(batch.early)
        peak = max(peak, used)
        used -= len(batch.leaves)
    return peak


def _outside_settings(backend: Backend, servers: Sequence[ServerState]) -> Iterator[ServerSetting]:
    """What brings servers that are no containers back to what the file says."""
    names = {server.name for server in backend.outside}
    for state in servers:
        if state.backend != backend.name or state.name not in names:
            continue
        if not state.takes_traffic or _differs(state, backend):
            aim: Aim = "adjust" if state.takes_traffic else "ready"
            amounts = _amounts(backend, state.name)
            yield ServerSetting(backend.name, state.name, aim, *amounts, is_outside=True)


def _amounts(backend: Backend, server: str = "") -> tuple[int | None, int]:
    """Weight and limit as they are set at run time: None for one that cannot be, 0 for no limit."""
    weight, maxconn = backend.amounts_of(server)
    return weight if backend.has_live_weight else None, maxconn or 0


def with_hosts(backend: Backend, hosts: Sequence[str], spares: int = 0) -> Backend:
    """The backend with servers that point to these, named by their order."""
    servers = tuple(
        Server(server_name(backend.name, number), host, backend.port)
        for number, host in enumerate(hosts, 1)
    )
    return replace(backend, servers=servers, least_spares=max(backend.least_spares, spares))


def with_room(rotation: Rotation) -> Backend:
    """Who is in rotation now, and spare servers enough for all that join, and later for more."""
    return with_hosts(rotation.backend, rotation.serving, 2 * len(rotation.joins))


def _differs(server: ServerState, backend: Backend) -> bool:
    weight, maxconn = backend.amounts_of(server.name)
    has_other_weight = backend.has_live_weight and server.weight != weight
    return has_other_weight or server.maxconn != maxconn


def slot_of(backend: str, server: str) -> Slot:
    """The slot whose container a server is for, by the name that the server has in the file."""
    return Slot(SERVER_ROLE, backend, int(server.rpartition("-")[2]))


def has_work(rotations: Mapping[str, Rotation]) -> bool:
    return not all(rotation.is_settled for rotation in rotations.values())


def explain_work(rotations: Mapping[str, Rotation]) -> str:
    """Why servers change although what is written stays."""
    names = ", ".join(f"`{name}`" for name, r in rotations.items() if not r.is_settled)
    return f"servers of {names} are not as the file says"


def networks_to(spec: ContainerSpec) -> set[str]:
    """By which HAProxy reaches a container: just the one of its fixed address, if it has one."""
    fixed = {a.network for a in spec.networks if a.is_fixed}
    return fixed or {a.network for a in spec.networks}


def without_unreachable(
    rotations: Mapping[str, Rotation], desired: Desired, networks: Collection[str]
) -> dict[str, Rotation]:
    """Those that HAProxy reaches on these networks, all that joins included."""
    return {
        name: rotation
        for name, rotation in rotations.items()
        if all(networks_to(desired.containers[m.slot].spec) & set(networks) for m in rotation.joins)
    }
