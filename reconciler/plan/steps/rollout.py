"""A backend's containers replaced a few at a time, with no reload: join, prove, drain, leave; in
all backends that have them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reconciler.desired.impact import Impact
from reconciler.desired.rollout import Batch
from reconciler.haproxy.config import Config
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.haproxy.model import Backend
from reconciler.haproxy.render.proxy import server_lines
from reconciler.plan.actions import (
    AwaitServers,
    GuardServers,
    ReloadProxy,
    SetServers,
    Target,
    WriteServers,
)
from reconciler.plan.decide.rotation import Member, Rotation, with_hosts, with_room
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.containers import bring_up
from reconciler.plan.steps.draft import Draft, target_of
from reconciler.plan.steps.leave import rescue_batch, retire
from reconciler.plan.steps.removals import remove, stop
from reconciler.plan.steps.roll import Leaver, Roll, RollBatch


def begin_rollouts(draft: Draft) -> list[int]:
    """What all roll-outs wait for."""
    proxy = draft.need.have
    return _enlarge(draft, target_of(proxy)) if proxy is not None else []


def roll_servers(draft: Draft, rotation: Rotation, before: Sequence[int]) -> None:
    """All that can be done to a backend's servers while HAProxy runs as it is."""
    proxy = draft.need.have
    if proxy is not None and not rotation.is_settled and not _waits(draft, rotation):
        needs = [*before, *draft.before(rotation.source)]
        _roll(draft, target_of(proxy), rotation, needs)


def _waits(draft: Draft, rotation: Rotation) -> bool:
    """Servers leave, perhaps the last ones, and HAProxy sends traffic to them until it is told."""
    return rotation.only_shrinks and draft.need.redirects


def with_leavers(draft: Draft, config: Config) -> Config:
    """The same with the servers that leave after HAProxy has loaded it."""
    for rotation in filter(partial(_waits, draft), draft.rotations.values()):
        for backend in rotation.backends:
            lines = _lines(draft, with_hosts(backend, rotation.serving_in(backend.name)))
            config = put_servers(config, backend.name, lines)
    return config


def retire_servers(draft: Draft, target: Target, needs: Sequence[int]) -> list[int]:
    """The leave of those that waited for HAProxy."""
    first = len(draft.rolled_out)
    for rotation in filter(partial(_waits, draft), draft.rotations.values()):
        _roll(draft, target, rotation, needs)
    return draft.rolled_out[first:]


def _enlarge(draft: Draft, target: Target) -> list[int]:
    """More spare servers, where fewer are left than join: the one reload of a roll-out."""
    config = draft.running
    if config is None:
        return []
    lacking = [(r, backend) for r in draft.rotations.values() for backend in r.lacking]
    for rotation, backend in lacking:
        lines = _lines(draft, with_room(rotation, backend))
        config = put_servers(config, backend.name, lines)
    if not lacking:
        return []
    names = ", ".join(f"`{backend.name}`" for _, backend in lacking)
    draft.running = config
    reason = f"{names} needs more server slots than HAProxy has loaded"
    action = ReloadProxy(target, config, draft.need.written)
    return [draft.add(action, draft.placed, reason, Impact.RELOAD)]


def _roll(draft: Draft, target: Target, rotation: Rotation, before: Sequence[int]) -> None:
    rollout = draft.desired.rollouts[rotation.source]
    hosts = {backend.name: rotation.serving_in(backend.name) for backend in rotation.backends}
    roll = Roll(draft, target, rotation, rollout, hosts, [*draft.placed, *before])
    roll.done += _stop_strangers(draft, rotation, roll.done)
    if rotation.settings:
        tuned = SetServers(target, rotation.settings)
        roll.done = [draft.add(tuned, roll.done, "another weight or limit", Impact.RUNTIME)]
    for batch in rotation.batches:
        early, leaves = (
            tuple(Leaver(host, _container(draft, host)) for host in group)
            for group in (batch.early, batch.leaves)
        )
        _play(roll, Batch(early, batch.joins, leaves))
    if not rotation.batches:
        roll.done = _write(roll, roll.done)
    for member in rotation.joins:
        draft.serving[member.slot] = roll.done
    draft.rolled_out += roll.done


def _stop_strangers(draft: Draft, rotation: Rotation, needs: list[int]) -> list[int]:
    """Containers that leave and get no traffic any more, from a run that got no further: they count
    for what may run at once, and with `stop-first` no new one may run beside them."""
    stopped: list[int] = []
    for container in draft.leavers():
        is_here = container.slot.backend == rotation.source
        if is_here and not set(container.hosts).intersection(rotation.leaves):
            draft.retired.add(container.id)
            ended = stop(draft, container, list(needs))
            draft.rolled_out += remove(draft, container, ended)
            stopped += ended
    return stopped


def _container(draft: Draft, host: str) -> ObservedContainer | None:
    """The container behind a server that leaves; it is removed here and nowhere else."""
    found = next((c for c in draft.assignment.leaving if host in c.hosts), None)
    if found is not None:
        draft.retired.add(found.id)
    return found


def _play(roll: Roll, batch: RollBatch) -> None:
    """One batch. What was there before it serves until what is new is proven."""
    draft = roll.draft
    stopped = retire(roll, batch.early, roll.done, [])
    first = len(draft.steps) + 1
    opened = [*roll.done, *stopped]
    if batch.joins:
        opened = _join(roll, batch.joins, opened)
    last = len(draft.steps)
    going = {leaver.host for leaver in (*batch.early, *batch.leaves)}
    joined = [member.host for member in batch.joins]
    for name, hosts in roll.hosts.items():
        roll.hosts[name] = [h for h in dict.fromkeys([*hosts, *joined]) if h not in going]
    written = _write(roll, opened)
    if batch.joins and roll.rollout.rolls_back:
        rescue_batch(roll, batch, range(first, last + 1))
    for leaver in batch.early:
        if leaver.container is not None:
            draft.rolled_out += remove(draft, leaver.container, written)
    stopped = retire(roll, batch.leaves, opened, written)
    for leaver in batch.leaves:
        if leaver.container is not None:
            draft.rolled_out += remove(draft, leaver.container, stopped)
    roll.done = [*written, *stopped]


def _join(roll: Roll, members: Sequence[Member], needs: Sequence[int]) -> list[int]:
    """New servers start, are checked without traffic, and then take their share of it."""
    draft, rotation, rollout = roll.draft, roll.rotation, roll.rollout
    names = draft.assignment.names
    ready = [
        step
        for member in members
        for step in bring_up(draft, member.slot, needs, rollout.ready_timeout_s)
    ]
    hosts = [member.host for member in members]

    def watch(backends: Sequence[Backend], steady_s: float = 0.0) -> AwaitServers:
        places = rotation.places(hosts, backends)
        containers = tuple(Target(names[m.slot]) for m in members for _ in backends)
        return AwaitServers(roll.target, places, containers, rollout.ready_timeout_s, steady_s)

    put = draft.add(
        SetServers(roll.target, rotation.first_settings(hosts)),
        [*needs, *ready],
        "HAProxy checks new servers before they get traffic",
        Impact.RUNTIME,
    )
    checked, unchecked = rotation.checked, rotation.unchecked
    because = "the old servers keep the traffic until these can take it"
    opened = draft.add(watch(checked or unchecked), [put], because)
    if checked:
        ready_now = SetServers(roll.target, rotation.settings_for(hosts, "ready"))
        opened = draft.add(ready_now, [opened], "HAProxy's checks pass", Impact.RUNTIME)
    if checked and unchecked:
        opened = draft.add(watch(unchecked), [opened], because)
    if rollout.min_ready_s:
        steady = watch(rotation.backends, rollout.min_ready_s)
        opened = draft.add(steady, [opened], f"`min_ready` is {rollout.min_ready_s:g} s")
    if rollout.guard is not None:
        guard = GuardServers(roll.target, rotation.places(hosts), rollout.guard)
        opened = draft.add(guard, [opened], "`guard` watches what new servers answer")
    return [opened]


def _write(roll: Roll, needs: Sequence[int]) -> list[int]:
    """The file says what runs, so that a HAProxy that is started anew loads the same."""
    draft, rotation = roll.draft, roll.rotation
    order = {server.address: at for at, server in enumerate(rotation.backends[0].servers)}
    written: list[int] = []
    for backend in rotation.backends:
        there = roll.hosts[backend.name]
        hosts = sorted(there, key=lambda host: (order.get(host, len(order)), host))
        lines = _lines(draft, with_hosts(backend, hosts))
        if draft.running is not None:
            draft.running = put_servers(draft.running, backend.name, lines)
        action = WriteServers(roll.target, backend.name, lines)
        written.append(draft.add(action, needs, "a restart shall load the same"))
    return written


def _lines(draft: Draft, backend: Backend) -> tuple[str, ...]:
    proxy = draft.desired.proxy
    assert proxy is not None
    return server_lines(proxy, backend)
