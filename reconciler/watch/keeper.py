"""Keeps one topology as its file says. Level, not edge: each pass looks afresh at what is there.

A keeper has no thread and no clock of its own: somebody gives it a turn when it was written to or
when the time it named is over. One turn is at most one pass, so there is one at a time. What it
may not do: raise. An error costs a pass, never the daemon.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.engine.protocol import Engine, EngineError, Engines, LockedError, Patience
from reconciler.events.events import Failure
from reconciler.events.passes import News, Noticed, Outcome, PassBegun, PassEnded
from reconciler.plan.decide.fallback import as_kept, kept_of, only_brings_back
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from reconciler.run.apply import ApplyOptions, ApplyResult, converge, new_pass_id
from reconciler.run.execute import PARALLELISM, failure_of
from reconciler.watch.attempt import Attempt
from reconciler.watch.clock import Clock
from reconciler.watch.holding import Holding
from reconciler.watch.mailbox import MOST_CAUSES, Mailbox
from reconciler.watch.pace import Backoff, Jitter, Repairs

STANDBY_S = 1.0
"""How often a daemon in waiting asks whether the topology is free: a list, and a try."""
AWAY_S = 5.0
"""The longest pause between two tries to reach an engine that is away."""
TROUBLE_S = 60.0
"""The longest pause after other failures."""
GLANCE_S = 1.0
"""How soon after a pass that has to wait somebody else's trouble is looked at."""
AWAY = frozenset({"engine-lost", "engine-unreachable"})
"""Failures that mean that the engine does not answer."""
_UNTOUCHED = {"config-rejected", "pull-failed"}
"""Beside problems of a plan, the failures before which nothing was changed."""

Tell = Callable[[str, News], None]
"""Takes the name of a topology, and what there is to tell of it. Called from several threads."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    holder: str
    """Who holds the locks, for others to read."""
    resync_s: float = 300.0
    timeout_s: float = 60.0
    max_impact: Impact = Impact.INTERRUPT
    dry_run: bool = False
    parallelism: int = PARALLELISM
    jitter: Jitter = field(default=random.uniform)


class Keeper:
    """One topology's. `mail` may be written to from any thread; all else is for one."""

    def __init__(
        self,
        topology: str,
        engines: Engines,
        options: WatchOptions,
        clock: Clock,
        tell: Tell,
        is_stopping: Callable[[], bool],
    ) -> None:
        self.topology = topology
        self.mail = Mailbox()
        self.is_done = False
        """Nothing is left of the topology, as was wanted."""
        self._engines, self._options, self._clock = engines, options, clock
        self._tell_all, self._is_stopping = tell, is_stopping
        self._engine: Engine | None = None
        self._lock = Holding(self._notice)
        self._apply = ApplyOptions(
            holder=options.holder,
            lock_timeout_s=0.0,
            max_impact=options.max_impact,
            parallelism=options.parallelism,
        )
        self._wanted: Desired | None = None
        self._good: Desired | None = None
        """What the topology last was, whole; healed while what is wanted cannot be had."""
        self._is_whole = False
        """No change has been begun since: going back to it undoes nothing."""
        self._kept: Desired | None = None
        """What is kept of it now."""
        self._again_at = 0.0
        """When what is wanted is tried again meanwhile."""
        self._failures: tuple[Failure, ...] = ()
        """Why it does."""
        self._suspended = self._forget = self._is_edit = False
        self._causes: list[str] = []
        self._not_before = self._next = self._held_until = clock.now()
        self._held: frozenset[str] = frozenset()
        """What the last pass failed at: not tried again until then, whatever is heard of it."""
        self._trouble = Backoff(1.0, TROUBLE_S, options.jitter)
        self._away = Backoff(0.2, AWAY_S, options.jitter)
        self._repairs = Repairs()
        self._told: dict[bool, object] = {}
        """How the last pass ended, to tell the same once; apart for those that fall back."""

    # -- turns ------------------------------------------------------------------------------

    def turn(self) -> float | None:
        """Do what is due. How long nothing will be, in seconds, unless there is mail; None is
        for ever."""
        self._read_mail()
        if self._is_over():
            return None
        if self._wanted is None or self._suspended:
            self._lock.let_go()
            self._causes.clear()  # they are of no interest any more when it goes on
            return None
        if self._clock.now() >= self._due():
            self._pass()
        if self._is_over():
            return None
        return max(0.0, self._due() - self._clock.now())

    def _is_over(self) -> bool:
        return self.is_done or self._is_stopping()

    def close(self) -> None:
        self._lock.let_go()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _due(self) -> float:
        return self._not_before if self._causes else self._next

    def _read_mail(self) -> None:
        mail = self.mail.take()
        if mail.is_urgent:
            self._causes.clear()  # one look will see to those, too
            self._not_before = self._clock.now()
            self._trouble.reset()
            self._away.reset()
            self._repairs.reset()
            self._held = frozenset()
            self._kept = None
            self._told.clear()
        new = [cause for cause in mail.causes if cause not in self._causes]
        self._causes += new[: MOST_CAUSES - len(self._causes)]
        if mail.wanted is None:
            return
        if mail.wanted.suspended and not self._suspended:
            self._notice(
                "suspended: nothing is changed until the file says otherwise", is_idle=True
            )
        self.is_done = False
        self._suspended, self._forget = mail.wanted.suspended, mail.wanted.forget
        self._wanted = mail.wanted.desired
        self._is_edit = True

    def _notice(self, what: str, *, is_idle: bool = False) -> None:
        self._tell_all(self.topology, Noticed(what, is_idle))

    # -- a pass -----------------------------------------------------------------------------

    def _pass(self) -> None:
        if self._kept and self._clock.now() >= self._again_at:
            self._kept, self._held = None, frozenset()
        attempt = Attempt(
            new_pass_id(),
            self._causes or ["resync"],
            self._clock.now(),
            self._in_force(),
            is_retry=bool(self._trouble.failures and not self._causes),
        )
        self._causes = []
        try:
            ended = self._ended(attempt, self._converge(attempt))
        except LockedError as error:
            ended = self._stands_by(attempt, error)
        except EngineError as error:
            ended = self._failed(attempt, (failure_of(error),))
        except Exception as error:  # a bug: it costs a pass, and is told
            ended = self._failed(attempt, (Failure("internal", f"{error!r}"),))
        if attempt.is_held:
            return  # what failed is known; a look at the rest is not told
        is_open = ended.outcome in {Outcome.STANDBY, Outcome.FAILED, Outcome.KEPT}
        self._is_edit = self._is_edit and is_open
        self._tell_all(self.topology, ended)

    def _in_force(self) -> Desired:
        desired = self._kept or self._wanted
        assert desired is not None
        return desired

    @property
    def _follows_edit(self) -> bool:
        return self._is_edit and self._kept is None

    def _converge(self, attempt: Attempt) -> ApplyResult:
        if self._engine is None:
            self._engine = self._engines.open(self.topology)
        patience = Patience(self._options.timeout_s, self._must_end)
        if not self._options.dry_run:
            self._lock.take(attempt.desired, self._engine, self._apply, patience)
        return converge(
            attempt.desired,
            self._engine,
            self._apply,
            patience,
            lambda plan: self._may_run(plan, attempt),
            lambda event: self._tell_all(self.topology, event),
            pass_id=attempt.id,
        )

    def _must_end(self) -> bool:
        """Whether the pass that runs is of no use any more. It ends as when asked to stop: what is
        done stays, and whoever comes next goes on from there."""
        return self._is_stopping() or self.mail.wants_other(self._wanted)

    def _may_run(self, plan: Plan, attempt: Attempt) -> bool:
        """Whether a plan that has something to do is carried out now."""
        attempt.plan = plan
        if self._options.dry_run:
            return False
        names = [change.name for change in plan.changes]
        if self._is_held(names):
            attempt.is_held, attempt.wait_s = True, self._held_until - self._clock.now()
            return False
        if not self._follows_edit:
            attempt.wait_s = self._repairs.wait_s(names, self._clock.now())
            if attempt.wait_s > 0:
                return False
            attempt.repairs += names
        if not attempt.is_begun:
            attempt.is_begun = True
            is_news = not attempt.is_retry
            self._tell_all(self.topology, PassBegun(attempt.id, attempt.cause, plan, is_news))
        return True

    def _is_held(self, names: list[str]) -> bool:
        return self._clock.now() < self._held_until and self._held.issuperset(names)

    # -- how it ended -----------------------------------------------------------------------

    def _ended(self, attempt: Attempt, result: ApplyResult) -> PassEnded:
        if self._is_stopping() and not result.converged:
            return self._close(attempt, Outcome.STOPPED, result=result)
        if result.cancelled:
            self._is_whole = False
            return self._close(attempt, Outcome.SUPERSEDED, result=result)
        if result.failures:
            return self._failed(attempt, result.failures, result, self._what_to_keep(attempt))
        self._away.reset()
        if self._kept is None and not attempt.is_held:
            self._trouble.reset()
        if result.declined and attempt.wait_s > 0:
            return self._close(attempt, Outcome.DEFERRED, attempt.wait_s, result=result)
        if result.declined:
            return self._close(attempt, Outcome.DRIFT, result=result)
        self._held = frozenset()
        self._repairs.note(set(attempt.repairs), self._clock.now())
        if self._kept:
            return self._close(attempt, Outcome.KEPT, failures=self._failures, result=result)
        self._good, self._is_whole = attempt.desired, True
        if self._forget:
            self.is_done = True
            self._lock.let_go()
        outcome = Outcome.CONVERGED if attempt.is_begun else Outcome.UNCHANGED
        return self._close(attempt, outcome, result=result)

    def _what_to_keep(self, attempt: Attempt) -> Desired | None:
        """What the topology was when it was last whole, if nothing but a repair is needed for it
        to be that again; None when there is no way back that undoes nothing."""
        if self._engine is None or self._good is None or not self._may_fall_back(attempt):
            return None
        observed = self._engine.observe(self._good.scope())
        kept = kept_of(self._good, attempt.desired, observed)
        return kept if only_brings_back(plan_changes(kept, observed)) else None

    def _may_fall_back(self, attempt: Attempt) -> bool:
        has_other = self._good not in (None, attempt.desired)
        return has_other and self._kept is None and not self._forget

    def _failed(
        self,
        attempt: Attempt,
        failures: tuple[Failure, ...],
        result: ApplyResult | None = None,
        kept: Desired | None = None,
    ) -> PassEnded:
        codes = {failure.code for failure in failures}
        if attempt.is_begun and self._kept is None:
            self._is_whole &= codes <= _UNTOUCHED
        if codes & AWAY:
            self._lock.let_go()
            return self._close(attempt, Outcome.FAILED, self._away.fail(), failures, result)
        has_problems = result is not None and bool(result.plan.problems)
        needs_an_edit = has_problems or codes == {"config-rejected"}
        retry_s = self._resync_s() if needs_an_edit else self._trouble.fail()
        if attempt.plan is not None:
            self._held = frozenset(change.name for change in attempt.plan.changes)
            self._held_until = self._clock.now() + retry_s
        ended = self._close(attempt, Outcome.FAILED, retry_s, failures, result)
        is_untouched = self._is_whole and (needs_an_edit or codes <= _UNTOUCHED)
        if kept is None and is_untouched and self._may_fall_back(attempt):
            kept = self._good and as_kept(self._good)
        if kept is not None:
            self._kept, self._again_at, self._held = kept, self._next, frozenset()
            self._failures = failures
            self._causes.append("back to what the file said before")
            self._not_before = self._clock.now()
        return ended

    def _stands_by(self, attempt: Attempt, error: LockedError) -> PassEnded:
        self._lock.stood_by = True
        retry_s = self._options.jitter(STANDBY_S / 2, STANDBY_S)
        return self._close(attempt, Outcome.STANDBY, retry_s, (failure_of(error),))

    def _close(
        self,
        attempt: Attempt,
        outcome: Outcome,
        retry_s: float | None = None,
        failures: tuple[Failure, ...] = (),
        result: ApplyResult | None = None,
    ) -> PassEnded:
        """What there is to tell of a pass; and when the next one is due."""
        now = self._clock.now()
        looks_at_others = outcome is Outcome.DEFERRED or (self._held and now < self._held_until)
        others_s = GLANCE_S if looks_at_others else math.inf
        self._not_before = now + min(retry_s or 0.0, others_s)
        self._next = now + (self._resync_s() if retry_s is None else retry_s)
        if self._kept:
            self._next = min(self._next, max(now, self._again_at))
        if outcome is Outcome.KEPT:
            retry_s = self._next - now
        servers = [s for p in result.observed.proxies.values() for s in p.serving] if result else []
        up = sum(server.is_up for server in servers)
        plan = attempt.plan or (result.plan if result else Plan(self.topology))
        shown = plan.changes if outcome is Outcome.DRIFT else ()
        is_good = outcome in {Outcome.UNCHANGED, Outcome.CONVERGED}
        told = (
            is_good or outcome,
            [(f.code, f.message) for f in failures],
            shown,
            len(servers) - up,
        )
        is_news = told != self._told.get(self._kept is not None)
        if not attempt.is_held:
            self._told[self._kept is not None] = told
        return PassEnded(
            attempt.id,
            attempt.cause,
            outcome,
            now - attempt.started,
            is_edit=self._follows_edit,
            is_news=is_news,
            plan=plan,
            failures=failures,
            reloads=result.reloads if result else 0,
            servers_up=up,
            servers=len(servers),
            retry_s=retry_s,
        )

    def _resync_s(self) -> float:
        return self._options.jitter(0.9 * self._options.resync_s, self._options.resync_s)
