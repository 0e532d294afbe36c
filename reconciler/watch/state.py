"""A keeper's state: what it knows from one pass to the next, and the functions that change it.

Nothing is asked or told here, and no clock is looked at. Which phase follows which is in table.py.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.desired.desired import Desired
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.waiting import Backoff
from reconciler.events.news import Outcome
from reconciler.plan.decide.fallback import as_kept
from reconciler.plan.plan import Plan
from reconciler.watch.mailbox import MOST_CAUSES, Goal, Mail
from reconciler.watch.repairs import Repairs
from reconciler.watch.table import FAILURES, REACHED, TABLE, Ending, Phase, Wait

STANDBY_S = 1.0
"""How often a daemon in waiting asks whether the topology is free: a list, and a try."""
RECONNECT = Backoff(0.2, 5.0)
"""The wait between two tries to reach an engine that does not answer."""
TROUBLE = Backoff(1.0, 60.0)
"""The wait after any other failure."""
OTHERS_S = 1.0
"""How soon after a pass that left something waiting a wakeup about something else is followed."""
UNTOUCHED = frozenset({"config-rejected", "pull-failed"})
"""The failures before which nothing was changed, beside problems of a plan."""


class Blocked(Struct, frozen=True):
    """The names of what failed, which is not tried again before `until`, whatever wakes the
    keeper."""

    names: frozenset[str] = frozenset()
    until: float = -math.inf


class Fallback(Struct, frozen=True):
    """What is kept while what is wanted cannot be had, why that is so, and until when."""

    desired: Desired
    failures: tuple[Diagnostic, ...]
    until: float


class State(Struct, frozen=True):
    answers_at: float
    """A wakeup is followed no sooner than this."""
    next_at: float
    """The next pass, when nothing happens before."""
    phase: Phase = Phase.IDLE
    goal: Goal = field(default_factory=lambda: Goal(None))
    is_edit: bool = False
    """The goal is new, and was not reached yet."""
    causes: tuple[str, ...] = ()
    """Why there is to be a pass before the next one that is due."""
    last_good: Desired | None = None
    """The last goal that was reached completely."""
    is_untouched: bool = False
    """No change has been begun since: going back to it undoes nothing."""
    fallback: Fallback | None = None
    """There is one exactly in that phase."""
    blocked: Blocked = field(default_factory=Blocked)
    repairs: Repairs = field(default_factory=Repairs)
    failures: int = 0
    """How often it failed, one after another."""
    unreached: int = 0
    """How often the engine did not answer, one after another."""
    retry_s: float | None = None
    """How long what the last pass left waits by itself; None when it left nothing."""
    told: dict[bool, object] = field(default_factory=dict)
    """How the last pass ended, to tell the same once; apart for those in a fallback."""

    @property
    def due_at(self) -> float:
        return self.answers_at if self.causes else self.next_at

    @property
    def in_force(self) -> Desired:
        """What a pass is to bring about."""
        desired = self.fallback.desired if self.fallback else self.goal.desired
        assert desired is not None, "an idle keeper has no passes"
        return desired

    @property
    def follows_edit(self) -> bool:
        """Whether a pass makes what somebody wrote; else it repairs."""
        return self.is_edit and self.phase is not Phase.FALLBACK

    @property
    def way_back(self) -> Desired | None:
        """The state to fall back to, should a pass fail; None when there is none."""
        may = self.phase in {Phase.FOLLOWING, Phase.BLOCKED}
        return self.last_good if may and self.last_good != self.goal.desired else None

    def blocks(self, names: Collection[str], now: float) -> bool:
        """Whether there is nothing in these but what failed just now."""
        return now < self.blocked.until and self.blocked.names.issuperset(names)

    def repair_wait_s(self, names: Collection[str], now: float) -> float:
        """How long changes have to wait since they were made just now; an edit does not."""
        return 0.0 if self.follows_edit else self.repairs.wait_s(names, now)


class PassResult(Struct, frozen=True):
    """What a pass came to."""

    ending: Ending
    plan: Plan
    """The last one that had something to do, or none."""
    failures: tuple[Diagnostic, ...] = ()
    tried: frozenset[str] | None = None
    """The names of what there was to change; None when it was not found out."""
    is_begun: bool = False
    """Whether something of it was begun."""
    repaired: tuple[str, ...] = ()
    way_back: Desired | None = None
    """What nothing but repairs leads back to."""
    wait_s: float = 0.0
    """How long what is blocked, or recurs, has to wait."""
    reloads: int = 0
    servers_up: int = 0
    servers: int = 0
    luck: float = 1.0
    """A number from 0 to 1 that spreads waits."""


def heard(state: State, mail: Mail, now: float) -> State:
    """The state once the mail is read."""
    if mail.is_urgent:
        state = _afresh(state, now)
    causes = tuple(dict.fromkeys((*state.causes, *mail.causes)))[:MOST_CAUSES]
    state = replace(state, causes=causes)
    if mail.goal is not None:
        state = replace(state, goal=mail.goal, phase=_phase_of(mail.goal), is_edit=True)
    if state.phase is Phase.IDLE:
        state = replace(state, causes=())  # they are of no interest any more when it goes on
    return state


def _afresh(state: State, now: float) -> State:
    """Every wait is over, and all is told again: somebody did something about it, maybe."""
    return replace(
        state,
        phase=state.phase if state.phase is Phase.DONE else _phase_of(state.goal),
        causes=(),  # one look will see to those, too
        answers_at=now,
        fallback=None,
        blocked=Blocked(),
        repairs=Repairs(),
        failures=0,
        unreached=0,
        told={},
    )


def _phase_of(goal: Goal) -> Phase:
    if goal.desired is None or goal.suspended:
        return Phase.IDLE
    return Phase.REMOVING if goal.forget else Phase.FOLLOWING


def begun(state: State, now: float) -> State:
    """The state in which a pass looks at what is there. It answers all causes so far."""
    if state.fallback and now >= state.fallback.until:
        state = replace(state, phase=Phase.FOLLOWING, fallback=None, blocked=Blocked())
    return replace(state, causes=())


def after(state: State, result: PassResult, now: float, resync_s: float) -> State:
    """The state after a pass, as the table says; `resync_s` is how often all is looked at."""
    ending, row = result.ending, TABLE[result.ending]
    state = _counted(_remembered(state, result, now), ending)
    wait_s = _wait_s(row.wait, state, result, resync_s)
    state = _blocked(state, result, now + wait_s)
    others_s = OTHERS_S if _leaves_something(state, ending, now) else math.inf
    is_usual = row.wait is Wait.RESYNC
    next_at = now + wait_s
    if state.fallback:
        next_at = min(next_at, max(now, state.fallback.until))
    phase = row.after(state.phase)
    state = replace(
        state,
        answers_at=now if is_usual else now + min(wait_s, others_s),
        next_at=next_at,
        retry_s=None if is_usual else wait_s,
        is_edit=state.is_edit and not _settles(outcome_of(state.phase, ending), ending),
    )
    if phase is Phase.FALLBACK and state.phase is not Phase.FALLBACK:
        return _fallen_back(state, result, now)
    return replace(state, phase=phase)


def _remembered(state: State, result: PassResult, now: float) -> State:
    """What the pass tells of the past: what is good, and what is told and repaired."""
    in_fallback, ending = state.phase is Phase.FALLBACK, result.ending
    if ending is not Ending.BLOCKED:
        told = {**state.told, in_fallback: _gist(state, result)}
        state = replace(state, told=told)
    if ending in REACHED:
        state = replace(state, repairs=state.repairs.noted(result.repaired, now))
        if not in_fallback:
            state = replace(state, last_good=state.goal.desired, is_untouched=True)
    elif ending is Ending.SUPERSEDED:
        state = replace(state, is_untouched=False)
    elif ending in FAILURES and result.is_begun and not in_fallback:
        state = replace(state, is_untouched=state.is_untouched and _has_changed_nothing(result))
    return state


def _gist(state: State, result: PassResult) -> object:
    """The part of a pass's result that is told again only when it changes."""
    outcome = outcome_of(state.phase, result.ending)
    is_good = outcome in {Outcome.UNCHANGED, Outcome.CONVERGED}
    failures = failures_of(state, result)
    return (
        is_good or outcome,
        [(failure.code, failure.message) for failure in failures],
        result.plan.changes if outcome is Outcome.DRIFT else (),
        result.servers - result.servers_up,
    )


def _has_changed_nothing(result: PassResult) -> bool:
    return {failure.code for failure in result.failures} <= UNTOUCHED


def _counted(state: State, ending: Ending) -> State:
    """Failures in a row. An engine that answers ends one row; the other is about the goal."""
    if ending is Ending.AWAY:
        return replace(state, unreached=state.unreached + 1)
    if ending is Ending.FAILED:
        return replace(state, failures=state.failures + 1)
    if ending in {*REACHED, Ending.DIFFERS, Ending.RECURRING}:
        failures = state.failures if state.phase is Phase.FALLBACK else 0
        return replace(state, unreached=0, failures=failures)
    return replace(state, unreached=0) if ending is Ending.BLOCKED else state


def _wait_s(wait: Wait, state: State, result: PassResult, resync_s: float) -> float:
    match wait:
        case Wait.RESYNC | Wait.EDIT:
            return resync_s * (0.9 + 0.1 * result.luck)
        case Wait.BACKOFF:
            return TROUBLE.wait_s(state.failures, result.luck)
        case Wait.RECONNECT:
            return RECONNECT.wait_s(state.unreached, result.luck)
        case Wait.STANDBY:
            return STANDBY_S / 2 * (1 + result.luck)
        case Wait.REPAIR | Wait.RETRY:
            return result.wait_s


def _blocked(state: State, result: PassResult, until: float) -> State:
    if result.ending in REACHED:
        return replace(state, blocked=Blocked())
    if result.ending in {Ending.REFUSED, Ending.FAILED} and result.tried is not None:
        return replace(state, blocked=Blocked(result.tried, until))
    return state


def _leaves_something(state: State, ending: Ending, now: float) -> bool:
    """Whether what waits is known, so that something else may be looked at meanwhile."""
    return ending is Ending.RECURRING or bool(state.blocked.names and now < state.blocked.until)


def _settles(outcome: Outcome, ending: Ending) -> bool:
    """Whether an edit is dealt with by a pass that ended so; what is done later repairs."""
    is_open = outcome in {Outcome.STANDBY, Outcome.FAILED, Outcome.KEPT}
    return not is_open and ending is not Ending.BLOCKED


def _fallen_back(state: State, result: PassResult, now: float) -> State:
    """A failure leads back to what was whole before if that undoes nothing; at once, then."""
    desired = result.way_back
    is_safe = result.ending is Ending.REFUSED or _has_changed_nothing(result)
    if desired is None and state.way_back and state.is_untouched and is_safe:
        desired = as_kept(state.way_back)
    if desired is None:
        return replace(state, phase=Phase.BLOCKED)
    return replace(
        state,
        phase=Phase.FALLBACK,
        fallback=Fallback(desired, result.failures, state.next_at),
        blocked=Blocked(),
        causes=("back to what the file said before",),
        answers_at=now,
    )


def outcome_of(phase: Phase, ending: Ending) -> Outcome:
    """The outcome to tell of a pass that began in a phase and ended so."""
    is_kept = phase is Phase.FALLBACK and ending in REACHED
    return Outcome.KEPT if is_kept else TABLE[ending].told


def failures_of(state: State, result: PassResult) -> tuple[Diagnostic, ...]:
    """The failures of a pass; of one that keeps a fallback, those that led to it."""
    is_kept = state.fallback and result.ending in REACHED
    return state.fallback.failures if state.fallback and is_kept else result.failures
