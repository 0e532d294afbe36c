"""Keeps one topology as its file says. Level, not edge: each pass looks afresh at what is there.

A keeper has no thread and no clock of its own: somebody gives it a turn when it was written to or
when the time it named is over. One turn is at most one pass, so there is one at a time. What it
knows between them is a state (state.py); here are the lock, the mail, and the one call that
converges. What it may not do: raise. An error costs a pass, never the daemon.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.errors import EngineError, LockedError
from reconciler.engine.protocol import Engine, Engines, Patience
from reconciler.events.news import News, Noticed
from reconciler.plan.decide.fallback import kept_of, only_brings_back
from reconciler.plan.planner import plan_changes
from reconciler.run.apply import ApplyOptions, ApplyResult, converge, new_pass_id
from reconciler.run.execute import PARALLELISM
from reconciler.watch.clock import Clock
from reconciler.watch.current_pass import CurrentPass, ending_of_failures
from reconciler.watch.lock import TopologyLock
from reconciler.watch.mailbox import Mailbox
from reconciler.watch.state import PassResult, State, after, begun, heard
from reconciler.watch.table import FAILURES, Ending, Phase

Tell = Callable[[str, News], None]
"""Takes the name of a topology, and what there is to tell of it. Called from several threads."""
Jitter = Callable[[float, float], float]
"""A number between two: many daemons, or topologies, are not to act in step."""


class WatchOptions(Struct, frozen=True):
    holder: str
    """Who holds the locks, for others to read."""
    resync_s: float = 300.0
    timeout_s: float = 60.0
    max_impact: Impact = Impact.INTERRUPT
    dry_run: bool = False
    parallelism: int = PARALLELISM
    jitter: Jitter = field(default=random.uniform)


class Keeper:
    """The keeper of one topology. `mail` may be written to from any thread; all else is for one."""

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
        self._engines, self._options, self._clock = engines, options, clock
        self._tell_all, self._is_stopping = tell, is_stopping
        self._engine: Engine | None = None
        self._lock = TopologyLock(self._notice)
        self._apply = ApplyOptions(
            holder=options.holder,
            lock_timeout_s=0.0,
            max_impact=options.max_impact,
            parallelism=options.parallelism,
        )
        self._state = State(clock.now(), clock.now())

    # -- turns ------------------------------------------------------------------------------

    def turn(self) -> float | None:
        """Do what is due. How long nothing will be, in seconds, unless there is mail; None is
        for ever."""
        self._read_mail()
        if self._is_over():
            return None
        if self._state.phase is Phase.IDLE:
            self._lock.let_go()
            return None
        if self._clock.now() >= self._state.due_at:
            self._pass()
        if self._is_over():
            return None
        return max(0.0, self._state.due_at - self._clock.now())

    @property
    def is_done(self) -> bool:
        """Nothing is left of the topology, as was wanted."""
        return self._state.phase is Phase.DONE

    def _is_over(self) -> bool:
        return self.is_done or self._is_stopping()

    def close(self) -> None:
        self._lock.let_go()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _read_mail(self) -> None:
        was_suspended = self._state.goal.suspended
        self._state = heard(self._state, self.mail.take(), self._clock.now())
        if self._state.goal.suspended and not was_suspended:
            self._notice(
                "suspended: nothing is changed until the file says otherwise", is_idle=True
            )

    def _notice(self, what: str, *, is_idle: bool = False) -> None:
        self._tell(Noticed(what, is_idle))

    def _tell(self, news: News) -> None:
        self._tell_all(self.topology, news)

    # -- a pass -----------------------------------------------------------------------------

    def _pass(self) -> None:
        causes, now = self._state.causes, self._clock.now()
        self._state = begun(self._state, now)
        current = CurrentPass(new_pass_id(), self._state, causes, now, self._options.dry_run)
        result = self._result(current)
        now = self._clock.now()
        self._state = after(self._state, result, now, self._options.resync_s)
        if result.ending is Ending.AWAY or self.is_done:
            self._lock.let_go()
        if result.ending is not Ending.BLOCKED:
            self._tell(current.ended(result, self._state, now))

    def _result(self, current: CurrentPass) -> PassResult:
        """What the pass came to, whatever was raised in it."""
        try:
            return self._walked(current)
        except LockedError as error:
            ending, failure = Ending.LOCKED, error.diagnostic
        except EngineError as error:
            failure = error.diagnostic
            ending = ending_of_failures((failure,))
        except Exception as error:  # a bug: it costs a pass, and is told
            ending, failure = Ending.FAILED, Diagnostic("internal", f"{error!r}")
        return current.result(ending, self._luck(), (failure,), None)

    def _walked(self, current: CurrentPass) -> PassResult:
        came_to = self._converge(current)
        now, is_stopping = self._clock.now(), self._is_stopping()
        ending = current.ending_of(came_to, now, is_stopping=is_stopping)
        failures = came_to.failures if ending in FAILURES else ()  # else it was broken off
        result = current.result(ending, self._luck(), failures, came_to)
        if ending in {Ending.FAILED, Ending.REFUSED}:
            return replace(result, way_back=self._way_back())
        return result

    def _luck(self) -> float:
        return self._options.jitter(0.0, 1.0)

    def _converge(self, current: CurrentPass) -> ApplyResult:
        desired = current.state.in_force
        if self._engine is None:
            self._engine = self._engines.open(self.topology)
        patience = Patience(self._options.timeout_s, self._must_end)
        if not self._options.dry_run:
            self._lock.take(desired, self._engine, self._apply, patience)
        return converge(
            desired,
            self._engine,
            self._apply,
            patience,
            lambda plan: current.may_run(plan, self._clock.now(), self._tell),
            self._tell,
            pass_id=current.id,
        )

    def _must_end(self) -> bool:
        """Whether the pass that runs is of no use any more. It ends as when asked to stop: what is
        done stays, and whoever comes next goes on from there."""
        return self._is_stopping() or self.mail.wants_other(self._state.goal.desired)

    def _way_back(self) -> Desired | None:
        """What the topology was when it was last whole, if nothing but a repair is needed for it
        to be that again; None when there is no way back that undoes nothing."""
        good, wanted = self._state.way_back, self._state.goal.desired
        if self._engine is None or good is None or wanted is None:
            return None
        observed = self._engine.observe(good.scope())
        kept = kept_of(good, wanted, observed)
        return kept if only_brings_back(plan_changes(kept, observed)) else None
