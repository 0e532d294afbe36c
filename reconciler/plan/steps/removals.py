"""What leaves, once nobody uses it any more."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT
from reconciler.desired.names import PROXY_ROLE
from reconciler.desired.order import in_order
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.plan.actions import RemoveContainer, RemoveNetwork, RemoveVolume
from reconciler.plan.decide.slots import HOLDS_PORTS
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import BackendPart, remove, stop
from reconciler.plan.steps.effects import leavers, stopped_in
from reconciler.plan.steps.in_place import NOT_PUT_THERE, departures
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def remove_failed_successors(situation: Situation) -> Tasks:
    """The end of a HAProxy or an anchor that was made to follow another and did not get there: it
    is nobody's, and goes first, or each try that fails would leave one more."""
    serving = situation.need.have
    if situation.observed.gaps or serving is None or serving.state != "running":
        return ()  # one that does not run may be the one to go back to
    return tuple(
        Task(RemoveContainer(target_of(container)), (), "it was never used")
        for container in leavers(situation, ())
        if container.slot in {PROXY_SLOT, ANCHOR_SLOT}
        and container.id != serving.id
        and serving.network_mode != OF_A_CONTAINER + container.id
        and container.state not in HOLDS_PORTS
    )


def remove_leavers(
    situation: Situation, backends: BackendPart, settled: Tasks, so_far: Tasks
) -> Tasks:
    """The end of all that leaves and is still there, once HAProxy has let go of it. HAProxy itself
    is first when it goes for good, so that it finishes while its servers are there."""
    if situation.observed.gaps:
        return ()
    leaving = leavers(situation, so_far)
    proxies = [c for c in leaving if c.slot.role == PROXY_ROLE]
    others = [c for c in leaving if c.slot.role != PROXY_ROLE]
    first = _remove(situation, proxies, settled, so_far)
    after = (*settled, *first.ends)
    then = _remove_in_order(situation, others, after, so_far)
    jobs = _remove(situation, situation.jobs.leaving, after, so_far)
    left = tuple(
        Task(departure, after, NOT_PUT_THERE, impact)
        for departure, impact in departures(situation, backends.ready)
    )
    gone = (*first.ends, *then.ends, *jobs.ends, *left, *settled)
    networks = (
        Task(RemoveNetwork(network.name, network.id), gone, "not in the file")
        for network in situation.networks.remove
    )
    volumes = (
        Task(RemoveVolume(name), gone, "nobody uses it") for name in situation.leaving_volumes
    )
    return (*first.tasks, *then.tasks, *jobs.tasks, *left, *networks, *volumes)


def _remove_in_order(
    situation: Situation, leaving: Sequence[ObservedContainer], after: Tasks, so_far: Tasks
) -> Part:
    """The end of containers of backends, those first that need others."""
    needs: dict[str, set[str]] = {}
    for container in leaving:
        needs.setdefault(container.slot.backend, set()).update(container.depends_on)
    gone: dict[str, Part] = {}
    users_of = {name: [user for user, needed in needs.items() if name in needed] for name in needs}
    for name in in_order(needs, users_of):
        users = (task for user in users_of[name] if user in gone for task in gone[user].ends)
        own = [container for container in leaving if container.slot.backend == name]
        gone[name] = _remove(situation, own, (*after, *users), so_far)
    return Part(
        tuple(task for part in gone.values() for task in part.tasks),
        tuple(task for part in gone.values() for task in part.ends),
    )


def _remove(
    situation: Situation, leaving: Sequence[ObservedContainer], needs: Tasks, so_far: Tasks
) -> Part:
    """Containers that leave stop, unless other tasks stop them already, and are removed."""
    tasks: list[Task] = []
    ends: list[Task] = []
    stopped = stopped_in(so_far)
    for container in leaving:
        is_stopped = container.id in stopped
        ended = Part((), needs) if is_stopped else stop(situation, container, needs)
        ends.append(remove(container, ended.ends))
        tasks += (*ended.tasks, ends[-1])
    return Part(tuple(tasks), tuple(ends))
