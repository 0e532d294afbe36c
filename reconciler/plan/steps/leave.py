"""How servers leave in a roll-out, and what happens when those that came for them fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.desired.impact import Impact
from reconciler.haproxy.control.commands import ServerSetting
from reconciler.plan.actions import (
    Action,
    AwaitDrained,
    AwaitIdle,
    RemoveContainer,
    SetServers,
    StartContainer,
    Target,
)
from reconciler.plan.steps.draft import DRAIN_MARGIN_S, Draft, target_of
from reconciler.plan.steps.removals import stop
from reconciler.plan.steps.roll import Leaver, Roll, RollBatch


def retire(
    roll: Roll, leavers: Sequence[Leaver], needs: Sequence[int], then: Sequence[int]
) -> list[int]:
    """No new traffic, time to finish what there is, out of rotation; and, `then` being done too,
    the container stops."""
    if not leavers:
        return list(needs)
    draft, places = roll.draft, roll.rotation.places(leaver.host for leaver in leavers)
    last = draft.add(
        SetServers(roll.target, tuple(ServerSetting(*place, "drain") for place in places)),
        needs,
        "it leaves",
        Impact.RUNTIME,
    )
    rollout = roll.rollout
    alive = roll.rotation.places(leaver.host for leaver in leavers if leaver.is_alive)
    if alive:
        last = draft.add(
            AwaitIdle(roll.target, alive, rollout.drain_timeout_s, rollout.quiet_s),
            [last],
            "clients that stick to an old server may finish their sessions"
            if rollout.quiet_s
            else "an old server finishes what it has",
        )
    gone = draft.add(
        SetServers(roll.target, tuple(ServerSetting(*place, "gone") for place in places)),
        [last],
        "it leaves",
        Impact.RUNTIME,
    )
    gone = _old_workers_end(draft, roll.target, gone)
    return [
        *(
            step
            for leaver in leavers
            if leaver.container is not None
            for step in stop(draft, leaver.container, [*then, gone])
        ),
        gone,
    ]


def _old_workers_end(draft: Draft, target: Target, after: int) -> int:
    proxy = draft.desired.proxy
    if proxy is None or not draft.has_old_workers(target):
        return after
    waits = AwaitDrained(target, proxy.hard_stop_after_s + DRAIN_MARGIN_S)
    return draft.add(waits, [after], "old workers may still use containers that leave")


def rescue_batch(roll: Roll, batch: RollBatch, watched: range) -> None:
    """What happens when one of the watched steps fails: the new go, the old are as they were."""
    draft, because = roll.draft, "its batch failed; the old servers keep the traffic"

    def rescue(action: Action, needs: Iterable[int]) -> int:
        return draft.rescue(action, needs, because, watched)

    made = [m for m in batch.joins if m.slot in draft.assignment.joining]
    gone: list[int] = []
    if made:
        settings = roll.rotation.settings_for([m.host for m in made], "gone")
        out = rescue(SetServers(roll.target, settings), ())
        names = [draft.assignment.names[m.slot] for m in made]
        gone = [rescue(RemoveContainer(Target(name)), [out]) for name in names]
    # Where both cannot run at once, the old one starts when the new one is gone.
    started = [
        rescue(StartContainer(target_of(leaver.container)), gone)
        for leaver in batch.early
        if leaver.container is not None
    ]
    settings = roll.rotation.settings_for((leaver.host for leaver in batch.early), "ready")
    served = tuple(s for s in settings if (s.backend, s.host) in roll.rotation.takes_traffic)
    if served:
        rescue(SetServers(roll.target, served), started or gone)
