"""HAProxy: on its networks, then made, started, reloaded or replaced, and seen to run what it
should."""

from __future__ import annotations

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.plan.actions import AwaitServers, ReloadProxy, RemoveFiles, Target, UnpauseContainer
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.decide.rotation import slot_of
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart
from reconciler.plan.steps.effects import has_old_workers, leavers, target_in
from reconciler.plan.steps.in_place import change_in_place, departures
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.proxy.kept import load_config
from reconciler.plan.steps.proxy.made import make_proxy
from reconciler.plan.steps.rollout.retirement import await_old_workers
from reconciler.plan.steps.rollout.servers import roll_late
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def join_networks(situation: Situation, prerequisites: Prerequisites) -> Part:
    """A HAProxy that stays joins its networks before any server does that is reached over them."""
    tasks: list[Task] = []
    ends: list[Task] = []
    if situation.need.mode is ProxyMode.ABSENT:
        return Part()
    for slot in (ANCHOR_SLOT, PROXY_SLOT):
        kept = situation.assignment.kept.get(slot)
        if kept is None:
            continue
        changed = change_in_place(situation, kept, prerequisites)
        tasks += changed.tasks
        ends += changed.ends
        if slot == ANCHOR_SLOT and kept.have.state == "paused":
            woken = Task(UnpauseContainer(target_of(kept.have)), (), "it is paused")
            tasks.append(woken)
            ends.append(woken)
    return Part(tuple(tasks), tuple(ends))


def repair_config(situation: Situation, joined: Part) -> Part:
    """A HAProxy whose file is lost loads again what it runs, before its servers are touched."""
    have, config = situation.need.have, situation.repair
    if have is None or config is None:
        return joined
    why = "its haproxy.cfg is not what it runs, and servers are told by both"
    task = Task(ReloadProxy(target_of(have), config, None), joined.ends, why, Impact.RELOAD)
    return Part((*joined.tasks, task), (*joined.ends, task))


def change_proxy(
    situation: Situation,
    prerequisites: Prerequisites,
    joined: Tasks,
    backends: BackendPart,
    so_far: Tasks,
    *,
    wait: bool,
) -> Part:
    """All tasks for HAProxy once backends are ready. They end when no worker of HAProxy uses
    containers that leave."""
    need = situation.need
    ready = (*joined, *backends.ends)
    if need.mode is ProxyMode.ABSENT or need.config is None:
        return Part((), ready)
    if PROXY_SLOT in situation.assignment.joining:
        loaded = make_proxy(situation, prerequisites, need.config, ready, so_far)
    else:
        loaded = load_config(situation, need.config, joined, ready, so_far)
    has_loaded = bool(loaded.ends) and need.mode is not ProxyMode.RUNTIME
    settled = (*ready, *loaded.ends)
    awaited = _await_servers(situation, backends, settled, has_loaded=has_loaded) if wait else ()
    settled = awaited or settled
    before = (*so_far, *loaded.tasks, *awaited)
    late = _let_go(situation, prerequisites, joined, backends, settled, before)
    tidied = _remove_leftovers(situation, late.ends)
    return Part((*loaded.tasks, *awaited, *late.tasks, *tidied), late.ends)


def _await_servers(
    situation: Situation, backends: BackendPart, needs: Tasks, *, has_loaded: bool
) -> Tasks:
    """HAProxy's word that servers are up: all of them once it has loaded something; else those
    whose containers were touched, but for those that a roll-out has waited for."""
    proxy, ready = situation.desired.proxy, backends.ready
    servers = [
        (backend.name, slot)
        for backend in (proxy.backends if proxy is not None else ())
        for server in backend.servers
        if backend.check is not None
        and (slot := slot_of(backend.source, server.name)) in ready
        and (has_loaded or (ready[slot] and slot not in situation.rolled))
    ]
    if not servers:
        return ()
    touched = {slot.backend for _, slot in servers if ready[slot] and slot not in situation.rolled}
    rollouts = situation.desired.rollouts
    names, hosts = situation.assignment.names, situation.assignment.hosts
    action = AwaitServers(
        target_in(situation, PROXY_SLOT),
        tuple((backend, hosts[slot]) for backend, slot in servers),
        tuple(Target(names[slot]) for _, slot in servers),
        steady_s=max((rollouts[name].min_ready_s for name in touched), default=0.0),
    )
    return (Task(action, needs, "done means that HAProxy's own checks pass"),)


def _let_go(
    situation: Situation,
    prerequisites: Prerequisites,
    joined: Tasks,
    backends: BackendPart,
    needs: Tasks,
    so_far: Tasks,
) -> Part:
    """HAProxy lets go of what leaves: servers that waited for what it loads, and what its old
    workers may still use."""
    need, target = situation.need, target_in(situation, PROXY_SLOT)
    tasks: Tasks = ()
    if need.have is not None and target.id == need.have.id:
        late = roll_late(situation, prerequisites, (*joined, *needs), so_far)
        tasks, needs = late.tasks, (*needs, *late.ends)
    there = (*so_far, *tasks)
    someone_leaves = leavers(situation, there) or departures(situation, backends.ready)
    if someone_leaves and not situation.observed.gaps and has_old_workers(situation, target, there):
        ended = await_old_workers(situation, target, needs)
        return Part((*tasks, *ended), ended or needs)
    return Part(tasks, needs)


def _remove_leftovers(situation: Situation, needs: Tasks) -> Tasks:
    if not situation.need.leftovers:
        return ()
    action = RemoveFiles(target_in(situation, PROXY_SLOT), situation.need.leftovers)
    return (Task(action, needs, "HAProxy does not use them any more"),)
