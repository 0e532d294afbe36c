"""A backend's containers replaced a few at a time, with no reload: join, prove, drain, leave; in
all backends that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.impact import Impact
from reconciler.desired.rollout import Batch
from reconciler.haproxy.model import Backend
from reconciler.plan.actions import AwaitServers, GuardServers, SetServers, Target, WriteServers
from reconciler.plan.decide.rotation import Member, Rotation, with_hosts
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart, bring_up, remove, see_steady, stop
from reconciler.plan.steps.effects import has_old_workers, leavers, removals
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.rollout.retirement import retire
from reconciler.plan.steps.rollout.roll import Leaver, Roll, RollBatch
from reconciler.plan.steps.rollout.rollback import roll_back_servers
from reconciler.plan.steps.rollout.spares import leaves_late, lines_of
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def roll_servers(
    situation: Situation,
    rotation: Rotation,
    prerequisites: Prerequisites,
    needs: Tasks,
    so_far: Tasks,
) -> BackendPart:
    """The roll-out of a backend's servers, as far as HAProxy need not load a new configuration
    first."""
    if rotation.is_settled or leaves_late(situation, rotation):
        return BackendPart()
    return _roll(situation, rotation, prerequisites, needs, so_far)


def roll_late(
    situation: Situation, prerequisites: Prerequisites, needs: Tasks, so_far: Tasks
) -> Part:
    """The removal of servers that had to wait until HAProxy has loaded the configuration."""
    tasks: list[Task] = []
    ends: list[Task] = []
    for rotation in situation.rotations.values():
        if leaves_late(situation, rotation):
            rolled = _roll(situation, rotation, prerequisites, needs, (*so_far, *tasks))
            tasks += rolled.tasks
            ends += rolled.rolled_out
    return Part(tuple(tasks), tuple(ends))


def _roll(
    situation: Situation,
    rotation: Rotation,
    prerequisites: Prerequisites,
    needs: Tasks,
    so_far: Tasks,
) -> BackendPart:
    proxy = situation.need.have
    assert proxy is not None, "there are no rotations without a HAProxy"
    target, rollout = target_of(proxy), situation.desired.rollouts[rotation.source]
    old_workers = has_old_workers(situation, target, so_far)
    roll = Roll(situation, prerequisites, target, rotation, rollout, old_workers)
    hosts = {backend.name: rotation.serving_in(backend.name) for backend in rotation.backends}
    strangers = _retire_strangers(roll, needs, so_far)
    tasks, done = [*strangers.tasks], (*needs, *strangers.ends)
    if rotation.settings:
        action = SetServers(target, rotation.settings)
        done = (Task(action, done, "another weight or limit", Impact.RUNTIME),)
        tasks += done
    leaving = _leaving_by_host(situation)
    for batch in rotation.batches:
        played = _with_containers(leaving, batch)
        hosts = _hosts_after(hosts, played)
        part = _play(roll, played, hosts, done)
        tasks += part.tasks
        done = part.ends
    if not rotation.batches:
        done = _write(roll, hosts, done)
        tasks += done
    ready = {member.slot: done for member in rotation.joins}
    return BackendPart(tuple(tasks), ready, (*removals(tuple(tasks)), *done))


def _retire_strangers(roll: Roll, needs: Tasks, so_far: Tasks) -> Part:
    """The end of containers that leave and get no traffic any more, from a run that got no further:
    they count for what may run at once, and with `stop-first` no new one may run beside them."""
    tasks: list[Task] = []
    ends: list[Task] = []
    for container in leavers(roll.situation, so_far):
        is_here = container.slot.backend == roll.rotation.source
        if is_here and container.hosts.isdisjoint(roll.rotation.leaves):
            stopped = stop(roll.situation, container, needs)
            tasks += (*stopped.tasks, remove(container, stopped.ends))
            ends += stopped.ends
    return Part(tuple(tasks), tuple(ends))


def _leaving_by_host(situation: Situation) -> dict[str, ObservedContainer]:
    """The containers that leave, by each host they may be known by; the first one has it."""
    last_first = reversed(tuple(situation.assignment.leaving))
    return {host: container for container in last_first for host in container.hosts}


def _with_containers(
    leaving: Mapping[str, ObservedContainer], batch: Batch[Member, str]
) -> RollBatch:
    """The batch with the containers behind the servers that leave."""

    def leaver(host: str) -> Leaver:
        return Leaver(host, leaving.get(host))

    return Batch(tuple(map(leaver, batch.early)), batch.joins, tuple(map(leaver, batch.leaves)))


def _hosts_after(hosts: Mapping[str, Sequence[str]], batch: RollBatch) -> dict[str, list[str]]:
    """The hosts in rotation after a batch, by backend: a server may be kept from the traffic of
    one, and be in rotation in another."""
    going = {leaver.host for leaver in (*batch.early, *batch.leaves)}
    joined = [member.host for member in batch.joins]
    return {
        name: [host for host in dict.fromkeys([*there, *joined]) if host not in going]
        for name, there in hosts.items()
    }


def _play(roll: Roll, batch: RollBatch, hosts: Mapping[str, Sequence[str]], needs: Tasks) -> Part:
    """One batch. What was there before it serves until what is new is proven. `hosts` are those in
    rotation after it."""
    early = retire(roll, batch.early, needs, ())
    opened = (*needs, *early.ends)
    joined = _join(roll, batch.joins, opened) if batch.joins else Part((), opened)
    # Written before any old server goes: a HAProxy that is started anew meanwhile has the new ones.
    written = _write(roll, hosts, joined.ends)
    is_watched = bool(batch.joins) and roll.rollout.rolls_back
    rescues = roll_back_servers(roll, batch, joined.tasks) if is_watched else ()
    late = retire(roll, batch.leaves, joined.ends, written)
    tasks = (
        *(*early.tasks, *joined.tasks, *written, *rescues),
        *_remove(batch.early, written),
        *late.tasks,
        *_remove(batch.leaves, late.ends),
    )
    return Part(tasks, (*written, *late.ends))


def _remove(leavers: Sequence[Leaver], needs: Tasks) -> Tasks:
    return tuple(remove(one.container, needs) for one in leavers if one.container is not None)


def _join(roll: Roll, members: Sequence[Member], needs: Tasks) -> Part:
    """New servers start, are checked without traffic, and then take their share of it."""
    rotation, rollout = roll.rotation, roll.rollout
    timeout_s = rollout.ready_timeout_s
    ups = {
        m.slot: bring_up(roll.situation, m.slot, roll.prerequisites, needs, timeout_s)
        for m in members
    }
    steady = see_steady(roll.situation, ups)
    ready = (*(task for part in ups.values() for task in part.ends), *steady)
    hosts = [member.host for member in members]
    chain: list[Task] = []

    def then(action: SetServers | AwaitServers | GuardServers, because: str) -> None:
        impact = Impact.RUNTIME if isinstance(action, SetServers) else Impact.NONE
        needed = (chain[-1],) if chain else (*needs, *ready)
        chain.append(Task(action, needed, because, impact))

    def watch(backends: Sequence[Backend], steady_s: float = 0.0) -> AwaitServers:
        return _watch(roll, members, backends, steady_s)

    first = SetServers(roll.target, rotation.first_settings(hosts))
    then(first, "HAProxy checks new servers before they get traffic")
    checked, unchecked = rotation.checked, rotation.unchecked
    because = "the old servers keep the traffic until these can take it"
    then(watch(checked or unchecked), because)
    if checked:
        ready_now = SetServers(roll.target, rotation.settings_for(hosts, "ready"))
        then(ready_now, "HAProxy's checks pass")
    if checked and unchecked:  # where nobody checks them, they have waited for those who do
        then(watch(unchecked), because)
    if checked and rollout.min_ready_s:
        proven = watch(rotation.backends, rollout.min_ready_s)
        then(proven, f"`min_ready` is {rollout.min_ready_s:g} s")
    if rollout.guard is not None:
        guard = GuardServers(roll.target, rotation.servers_to(hosts), rollout.guard)
        then(guard, "`guard` watches what new servers answer")
    brought_up = (task for part in ups.values() for task in part.tasks)
    return Part((*brought_up, *steady, *chain), (chain[-1],))


def _watch(
    roll: Roll, members: Sequence[Member], backends: Sequence[Backend], steady_s: float
) -> AwaitServers:
    """The wait for new servers in some of the backends."""
    name_of = roll.situation.assignment.name_of
    servers = roll.rotation.servers_to((member.host for member in members), backends)
    containers = tuple(Target(name_of(member.slot)) for member in members for _ in backends)
    timeout_s = roll.rollout.ready_timeout_s
    return AwaitServers(roll.target, servers, containers, timeout_s, steady_s)


def _write(roll: Roll, hosts: Mapping[str, Sequence[str]], needs: Tasks) -> Tasks:
    """The file says what runs, so that a HAProxy that is started anew loads the same."""
    rotation = roll.rotation
    order = {server.address: at for at, server in enumerate(rotation.backends[0].servers)}

    def write(backend: Backend) -> WriteServers:
        there = sorted(hosts[backend.name], key=lambda host: (order.get(host, len(order)), host))
        lines = lines_of(roll.situation, with_hosts(backend, there))
        return WriteServers(roll.target, backend.name, lines)

    return tuple(
        Task(write(backend), needs, "a restart shall load the same")
        for backend in rotation.backends
    )
