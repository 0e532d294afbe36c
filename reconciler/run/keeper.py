"""Keeps one topology as its file says. Level, not edge: each pass looks afresh at what is there.

A keeper has no thread and no clock of its own: somebody gives it a turn when it was written to or
when the time it named is over. One turn is at most one pass, so there is one at a time. What it
may not do: raise. An error costs a pass, never the daemon.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.engine.protocol import (
    Engine,
    EngineError,
    Engines,
    Lock,
    LockedError,
    Patience,
)
from reconciler.plan.desired import Desired
from reconciler.plan.events import Failure
from reconciler.plan.impact import Impact
from reconciler.plan.passes import News, Noticed, Outcome, PassBegun, PassEnded
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, ApplyResult, converge, held, new_pass_id
from reconciler.run.clock import Clock
from reconciler.run.execute import failure_of
from reconciler.run.mailbox import MOST_CAUSES, Mailbox
from reconciler.run.pace import Backoff, Jitter, Repairs

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
        self._lock: Lock | None = None
        self._holding = contextlib.ExitStack()
        self._wanted: Desired | None = None
        self._good: Desired | None = None
        """What the topology last was, whole; healed while what is wanted cannot be had."""
        self._falls_back = self._stood_by = False
        self._again_at = 0.0
        """When what is wanted is tried again, while this falls back on what was."""
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
            self.let_go()
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
        self.let_go()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def let_go(self) -> None:
        """Of the lock. One that the engine has lost already is let go of as well."""
        self._lock = None
        with contextlib.suppress(EngineError):
            self._holding.close()

    def _due(self) -> float:
        return self._not_before if self._causes else self._next

    def _read_mail(self) -> None:
        mail = self.mail.take()
        new = [cause for cause in mail.causes if cause not in self._causes]
        self._causes += new[: MOST_CAUSES - len(self._causes)]
        if mail.is_urgent:
            self._not_before = self._clock.now()
            self._trouble.reset()
            self._away.reset()
            self._repairs.reset()
            self._held = frozenset()
            self._falls_back = False
            self._told.clear()
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
        if self._falls_back and self._clock.now() >= self._again_at:
            self._falls_back = False
        causes, self._causes = self._causes or ["resync"], []
        attempt = _Attempt(new_pass_id(), causes, self._clock.now())
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
        is_open = ended.outcome in {Outcome.STANDBY, Outcome.FAILED} and not self._falls_back
        self._is_edit = self._is_edit and is_open
        self._tell_all(self.topology, ended)

    def _converge(self, attempt: _Attempt) -> ApplyResult:
        desired = self._good if self._falls_back else self._wanted
        assert desired is not None
        if self._engine is None:
            self._engine = self._engines.open(self.topology)
        patience = Patience(self._options.timeout_s, self._is_stopping)
        options = ApplyOptions(
            holder=self._options.holder, lock_timeout_s=0.0, max_impact=self._options.max_impact
        )
        if not self._options.dry_run:
            self._hold(desired, self._engine, options, patience)
        attempt.desired = desired
        return converge(
            desired, self._engine, options, patience, lambda plan: self._may_run(plan, attempt),
            lambda event: self._tell_all(self.topology, event), pass_id=attempt.id,
        )  # fmt: skip

    def _hold(
        self, desired: Desired, engine: Engine, options: ApplyOptions, patience: Patience
    ) -> None:
        """Take the lock, unless it is held: then a pass costs no more than a look."""
        if self._lock is not None:
            if self._lock.is_held():
                return
            self._notice("the lock was lost, and is taken again")
        self.let_go()
        # What matters here are images to make a lock of; HAProxy is not disturbed for that.
        observed = engine.observe(replace(desired.scope(), reads_proxy=False))
        self._lock = self._holding.enter_context(
            held(desired, observed, engine, options, patience, _quiet)
        )
        if self._stood_by:
            self._stood_by = False
            self._notice("took over")

    def _may_run(self, plan: Plan, attempt: _Attempt) -> bool:
        """Whether a plan that has something to do is carried out now."""
        attempt.plan = plan
        if self._options.dry_run:
            return False
        names = [change.name for change in plan.changes]
        if self._is_held(names):
            attempt.is_held, attempt.wait_s = True, self._held_until - self._clock.now()
            return False
        if not self._is_edit:
            attempt.wait_s = self._repairs.wait_s(names, self._clock.now())
            if attempt.wait_s > 0:
                return False
            attempt.repairs += names
        if not attempt.is_begun:
            attempt.is_begun = True
            self._tell_all(self.topology, PassBegun(attempt.id, attempt.cause, plan))
        return True

    def _is_held(self, names: list[str]) -> bool:
        if self._falls_back or self._clock.now() >= self._held_until:
            return False
        return self._held.issuperset(names)

    # -- how it ended -----------------------------------------------------------------------

    def _ended(self, attempt: _Attempt, result: ApplyResult) -> PassEnded:
        if result.cancelled or (self._is_stopping() and not result.converged):
            return self._close(attempt, Outcome.STOPPED, result=result)
        if result.failures:
            return self._failed(attempt, result.failures, result)
        self._away.reset()
        if not self._falls_back and not attempt.is_held:
            self._trouble.reset()
        if result.declined and attempt.wait_s > 0:
            return self._close(attempt, Outcome.DEFERRED, attempt.wait_s, result=result)
        if result.declined:
            return self._close(attempt, Outcome.DRIFT, result=result)
        self._held = frozenset()
        self._repairs.note(set(attempt.repairs), self._clock.now())
        self._good = attempt.desired
        if self._forget and not self._falls_back:
            self.is_done = True
            self.let_go()
        outcome = Outcome.CONVERGED if attempt.is_begun else Outcome.UNCHANGED
        return self._close(attempt, outcome, result=result)

    def _failed(
        self,
        attempt: _Attempt,
        failures: tuple[Failure, ...],
        result: ApplyResult | None = None,
    ) -> PassEnded:
        codes = {failure.code for failure in failures}
        if codes & AWAY:
            self.let_go()
            return self._close(attempt, Outcome.FAILED, self._away.fail(), failures, result)
        has_problems = result is not None and bool(result.plan.problems)
        needs_an_edit = has_problems or codes == {"config-rejected"}
        retry_s = self._resync_s() if needs_an_edit else self._trouble.fail()
        if attempt.plan is not None:
            self._held = frozenset(change.name for change in attempt.plan.changes)
            self._held_until = self._clock.now() + retry_s
        ended = self._close(attempt, Outcome.FAILED, retry_s, failures, result)
        if (needs_an_edit or codes <= _UNTOUCHED) and self._good not in (None, attempt.desired):
            # What was before it is kept meanwhile, and healed.
            self._falls_back, self._again_at = True, self._next
            self._causes.append("back to what the file said before")
            self._not_before = self._clock.now()
        return ended

    def _stands_by(self, attempt: _Attempt, error: LockedError) -> PassEnded:
        self._stood_by = True
        retry_s = self._options.jitter(STANDBY_S / 2, STANDBY_S)
        return self._close(attempt, Outcome.STANDBY, retry_s, (failure_of(error),))

    def _close(
        self,
        attempt: _Attempt,
        outcome: Outcome,
        retry_s: float | None = None,
        failures: tuple[Failure, ...] = (),
        result: ApplyResult | None = None,
    ) -> PassEnded:
        """What there is to tell of a pass; and when the next one is due."""
        now = self._clock.now()
        others_s = GLANCE_S if outcome is Outcome.DEFERRED or now < self._held_until else math.inf
        self._not_before = now + min(retry_s or 0.0, others_s)
        self._next = now + (self._resync_s() if retry_s is None else retry_s)
        if self._falls_back:
            self._next = min(self._next, max(now, self._again_at))
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
        is_news = told != self._told.get(self._falls_back)
        if not attempt.is_held:
            self._told[self._falls_back] = told
        return PassEnded(
            attempt.id, attempt.cause, outcome, now - attempt.started,
            is_edit=self._is_edit, is_news=is_news, plan=plan, failures=failures,
            reloads=result.reloads if result else 0, servers_up=up, servers=len(servers),
            retry_s=retry_s,
        )  # fmt: skip

    def _resync_s(self) -> float:
        return self._options.jitter(0.9 * self._options.resync_s, self._options.resync_s)


@dataclass(slots=True)
class _Attempt:
    """What is known of a pass while it lasts."""

    id: str
    causes: list[str]
    started: float
    desired: Desired | None = None
    plan: Plan | None = None
    """The last that had something to do."""
    wait_s: float = 0.0
    repairs: list[str] = field(default_factory=list)
    """Names of what was repaired, if all goes well: failures have a pace of their own."""
    is_begun: bool = False
    is_held: bool = False
    """There is nothing to do but what failed before."""

    @property
    def cause(self) -> str:
        """The one that is about what the plan changes; our own last pass may have left others."""
        names = [change.name for change in self.plan.changes] if self.plan else []
        return next((c for c in self.causes if any(name in c for name in names)), self.causes[0])


def _quiet(_: object) -> None:
    """The lock is not waited for, so there is nothing to tell."""
