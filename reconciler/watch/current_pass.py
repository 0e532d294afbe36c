"""One pass while it lasts: whether its plans may run, and what it came to in the end."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.news import Outcome, PassBegun, PassEnded
from reconciler.plan.decide.health import servers_up
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyResult
from reconciler.watch.state import PassResult, State, failures_of, outcome_of
from reconciler.watch.table import Ending

UNREACHABLE = frozenset({"engine-lost", "engine-unreachable"})
"""Failures that mean that the engine does not answer."""


class CurrentPass(Struct):
    """`state` is that in which it looks, `causes` why it does."""

    id: str
    state: State
    causes: tuple[str, ...]
    started: float
    is_dry_run: bool
    plan: Plan | None = None
    """The last that had something to do."""
    wait_s: float = 0.0
    repaired: list[str] = field(default_factory=list)
    """The names of what is repaired, if all goes well."""
    is_begun: bool = False
    is_blocked: bool = False
    """There is nothing to do but what failed before."""

    @property
    def cause(self) -> str:
        """The one that is about what the plan changes; our own last pass may have left others."""
        names = [change.name for change in self.plan.changes] if self.plan else []
        causes = self.causes or ("resync",)
        return next((c for c in causes if any(name in c for name in names)), causes[0])

    def may_run(self, plan: Plan, now: float, tell: Callable[[PassBegun], None]) -> bool:
        """Whether a plan that has something to do is carried out now; the first is told."""
        self.plan = plan
        if self.is_dry_run:
            return False
        names = [change.name for change in plan.changes]
        if self.state.blocks(names, now):
            self.is_blocked, self.wait_s = True, self.state.blocked.until - now
            return False
        self.wait_s = self.state.repair_wait_s(names, now)
        if self.wait_s > 0:
            return False
        if not self.state.follows_edit:
            self.repaired += names
        if not self.is_begun:
            self.is_begun = True
            is_retry = bool(self.state.failures and not self.causes)
            tell(PassBegun(self.id, self.cause, plan, is_news=not is_retry))
        return True

    def ending_of(self, result: ApplyResult, now: float, *, is_stopping: bool) -> Ending:
        if not self.is_begun and result.unsteady and self.state.blocks(result.unsteady, now):
            self.is_blocked, self.wait_s = True, self.state.blocked.until - now
        if self.is_blocked:
            return Ending.BLOCKED
        if is_stopping and not result.converged:
            return Ending.STOPPED
        if result.cancelled:
            return Ending.SUPERSEDED
        if result.failures:
            return ending_of_failures(result.failures, has_problems=bool(result.plan.problems))
        if result.declined:
            return Ending.RECURRING if self.wait_s > 0 else Ending.DIFFERS
        return Ending.CHANGED if self.is_begun else Ending.UNCHANGED

    def result(
        self, ending: Ending, luck: float, failures: tuple[Diagnostic, ...], of: ApplyResult | None
    ) -> PassResult:
        up, servers = servers_up(self.state.in_force, of.observed) if of else (0, 0)
        return PassResult(
            ending,
            self.plan or (of.plan if of else Plan(self.state.in_force.topology)),
            failures,
            tried=self._tried(of),
            is_begun=self.is_begun,
            repaired=tuple(self.repaired),
            wait_s=self.wait_s,
            reloads=of.reloads if of else 0,
            servers_up=up,
            servers=servers,
            luck=luck,
        )

    def _tried(self, of: ApplyResult | None) -> frozenset[str] | None:
        """What did not come off: what else there was is done where Docker starts something anew."""
        if of and of.unsteady:
            return of.unsteady
        return frozenset(change.name for change in self.plan.changes) if self.plan else None

    def ended(self, result: PassResult, after: State, now: float) -> PassEnded:
        """What there is to tell of it, once the state `after` it is known."""
        before = self.state
        in_fallback = before.fallback is not None
        outcome = outcome_of(before.phase, result.ending)
        return PassEnded(
            self.id,
            self.cause,
            outcome,
            now - self.started,
            is_edit=before.follows_edit,
            is_news=after.told[in_fallback] != before.told.get(in_fallback),
            plan=result.plan,
            failures=failures_of(before, result),
            reloads=result.reloads,
            servers_up=result.servers_up,
            servers=result.servers,
            retry_s=after.next_at - now if outcome is Outcome.KEPT else after.retry_s,
        )


def ending_of_failures(failures: tuple[Diagnostic, ...], *, has_problems: bool = False) -> Ending:
    """`has_problems` is whether they are problems of a plan, which was not begun."""
    codes = {failure.code for failure in failures}
    if codes & UNREACHABLE:
        return Ending.AWAY
    needs_edit = has_problems or codes == {"config-rejected"}
    return Ending.REFUSED if needs_edit else Ending.FAILED
