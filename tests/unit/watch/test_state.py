"""What a pass makes of a keeper's state: each pair of the table, and what stands beside it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.news import Outcome
from reconciler.plan.plan import Plan
from reconciler.watch.mailbox import Goal, Mail
from reconciler.watch.state import (
    Blocked,
    Fallback,
    PassResult,
    State,
    after,
    begun,
    heard,
    outcome_of,
)
from reconciler.watch.table import TABLE, Ending, Phase, Wait
from tests.unit.watch.watching import wish

NOW, RESYNC_S = 1000.0, 300.0
TRY_AGAIN_AT = NOW + 7
GOOD, NEW = wish(2), wish(3)
FOLLOWING = heard(State(NOW, NOW), Mail(Goal(NEW), ["edit"], is_urgent=True), NOW)
BLOCKED = replace(FOLLOWING, phase=Phase.BLOCKED, failures=3, blocked=Blocked(frozenset({"web-1"})))
STATES = {
    Phase.FOLLOWING: FOLLOWING,
    Phase.BLOCKED: BLOCKED,
    Phase.FALLBACK: replace(
        BLOCKED, phase=Phase.FALLBACK, fallback=Fallback(GOOD, (), TRY_AGAIN_AT), last_good=GOOD
    ),
    Phase.REMOVING: heard(
        State(NOW, NOW), Mail(Goal(GOOD.emptied(), forget=True), ["gone"], is_urgent=True), NOW
    ),
}


def result(ending: Ending, code: str = "not-ready", *, is_begun: bool = True) -> PassResult:
    failures = (Diagnostic(code, "no"),) if TABLE[ending].told is Outcome.FAILED else ()
    names = frozenset({"web-1"})
    return PassResult(ending, Plan("shop"), failures, names, is_begun=is_begun, wait_s=4.0)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("phase", STATES)
def test_each_pair_of_the_table(phase: Phase, ending: Ending) -> None:
    before = begun(STATES[phase], NOW)
    state = after(before, result(ending), NOW, RESYNC_S)
    expected = TABLE[ending].after(phase)
    if expected is Phase.FALLBACK is not phase:
        assert state.phase is Phase.BLOCKED, "there is nothing to fall back to"
    else:
        assert state.phase is expected
    assert (state.fallback is not None) == (state.phase is Phase.FALLBACK)
    assert NOW <= state.answers_at <= state.next_at
    assert (state.retry_s is None) == (TABLE[ending].wait is Wait.RESYNC)


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.FAILED])
@pytest.mark.parametrize("phase", [Phase.FOLLOWING, Phase.BLOCKED])
def test_a_way_back_is_taken_at_once(phase: Phase, ending: Ending) -> None:
    before = begun(replace(STATES[phase], last_good=GOOD), NOW)
    state = after(before, replace(result(ending), way_back=GOOD), NOW, RESYNC_S)
    assert state.phase is TABLE[ending].after(phase) is Phase.FALLBACK
    assert state.in_force == GOOD
    assert state.due_at == NOW
    assert state.fallback is not None
    assert state.fallback.until == NOW + (state.retry_s or 0.0)
    again = begun(state, state.fallback.until)
    assert (again.phase, again.in_force) == (Phase.FOLLOWING, NEW)


@pytest.mark.parametrize(
    ("code", "is_untouched", "expected"),
    [
        ("pull-failed", True, Phase.FALLBACK),
        ("not-ready", True, Phase.BLOCKED),
        ("pull-failed", False, Phase.BLOCKED),
    ],
)
def test_what_was_not_touched_needs_no_way_back(
    code: str, is_untouched: bool, expected: Phase
) -> None:
    before = replace(begun(FOLLOWING, NOW), last_good=GOOD, is_untouched=is_untouched)
    assert after(before, result(Ending.FAILED, code), NOW, RESYNC_S).phase is expected


@pytest.mark.parametrize("phase", STATES)
def test_a_file_that_says_something_new_ends_every_wait(phase: Phase) -> None:
    state = after(begun(STATES[phase], NOW), result(Ending.FAILED), NOW, RESYNC_S)
    state = heard(state, Mail(Goal(GOOD), ["edit"], is_urgent=True), NOW + 1)
    assert (state.phase, state.due_at, state.in_force) == (Phase.FOLLOWING, NOW + 1, GOOD)
    assert (state.blocked, state.failures) == (Blocked(), 0)
    idle = heard(state, Mail(Goal(GOOD, suspended=True), ["edit"], is_urgent=True), NOW + 1)
    assert (idle.phase, idle.causes) == (Phase.IDLE, ())


def test_an_event_does_not_end_a_wait_but_others_are_seen_to() -> None:
    failed = after(begun(FOLLOWING, NOW), result(Ending.REFUSED), NOW, RESYNC_S)
    state = heard(failed, Mail(causes=["container web-2 died"]), NOW)
    assert state.due_at == state.answers_at < failed.next_at == failed.due_at
    assert state.blocks(["web-1"], state.due_at)
    assert not state.blocks(["web-1", "web-2"], state.due_at)
    assert not state.blocks(["web-1"], failed.next_at)


def test_nothing_urges_what_is_done() -> None:
    done = after(STATES[Phase.REMOVING], result(Ending.CHANGED), NOW, RESYNC_S)
    assert heard(done, Mail(causes=["SIGHUP"], is_urgent=True), NOW).phase is Phase.DONE
    back = heard(done, Mail(Goal(GOOD), ["back"], is_urgent=True), NOW)
    assert back.phase is Phase.FOLLOWING


def test_what_is_kept_is_told_so() -> None:
    told = {outcome_of(Phase.FALLBACK, ending) for ending in (Ending.CHANGED, Ending.UNCHANGED)}
    assert told == {Outcome.KEPT}
    assert outcome_of(Phase.BLOCKED, Ending.CHANGED) is Outcome.CONVERGED
