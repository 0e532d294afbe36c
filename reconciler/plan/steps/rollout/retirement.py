"""How servers leave: drained, out of rotation, stopped."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.impact import Impact
from reconciler.haproxy.control.commands import Aim, ServerSetting
from reconciler.plan.actions import AwaitDrained, AwaitIdle, SetServers, Target
from reconciler.plan.situation import Situation
from reconciler.plan.steps.containers import stop
from reconciler.plan.steps.rollout.roll import Leaver, Roll
from reconciler.plan.steps.task import Part, Task, Tasks

DRAIN_MARGIN_S = 5.0
"""Over `hard_stop_after`, at which HAProxy ends an old worker itself."""


def retire(roll: Roll, leavers: Sequence[Leaver], needs: Tasks, then: Tasks) -> Part:
    """No new traffic, time to finish what there is, out of rotation; and, `then` being done too,
    the container stops."""
    if not leavers:
        return Part((), needs)
    # Who is out of rotation already for its health stays so: drained, its clients come back to it.
    well = [leaver for leaver in leavers if leaver.host not in roll.rotation.away]
    drained = _set(roll, well, "drain", needs) if well else ()
    finished = _finish(roll, leavers, drained or needs)
    gone = _set(roll, leavers, "gone", finished or drained or needs)
    # An old worker was not told: it may still send them what it has.
    ended = await_old_workers(roll.situation, roll.target, gone) if roll.has_old_workers else ()
    last = ended or gone
    stopped = [
        stop(roll.situation, leaver.container, (*then, *last))
        for leaver in leavers
        if leaver.container is not None
    ]
    return Part(
        (*drained, *finished, *gone, *ended, *(task for part in stopped for task in part.tasks)),
        (*(task for part in stopped for task in part.ends), *last),
    )


def _set(roll: Roll, leavers: Sequence[Leaver], aim: Aim, needs: Tasks) -> Tasks:
    servers = roll.rotation.servers_to(leaver.host for leaver in leavers)
    settings = tuple(ServerSetting(backend, host, aim) for backend, host in servers)
    return (Task(SetServers(roll.target, settings), needs, "it leaves", Impact.RUNTIME),)


def _finish(roll: Roll, leavers: Sequence[Leaver], needs: Tasks) -> Tasks:
    """The wait for those that may have something to finish."""
    rollout = roll.rollout
    alive = roll.rotation.servers_to(leaver.host for leaver in leavers if leaver.is_alive)
    if not alive:
        return ()
    why = (
        "clients that stick to an old server may finish their sessions"
        if rollout.quiet_s
        else "an old server finishes what it has"
    )
    action = AwaitIdle(roll.target, alive, rollout.drain_timeout_s, rollout.quiet_s)
    return (Task(action, needs, why),)


def await_old_workers(situation: Situation, proxy: Target, needs: Tasks) -> Tasks:
    """The end of HAProxy's old workers, if there is to be a HAProxy: else all of it ends."""
    wanted = situation.desired.proxy
    if wanted is None:
        return ()
    action = AwaitDrained(proxy, wanted.hard_stop_after_s + DRAIN_MARGIN_S)
    return (Task(action, needs, "old workers may still use containers that leave"),)
