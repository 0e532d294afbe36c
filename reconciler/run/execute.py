"""Carry out a plan: each step as soon as those it needs are done, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from msgspec import Struct, field

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.errors import CancelledError, EngineError
from reconciler.engine.protocol import Closed, Engine, Patience, Progress, Report, Warned
from reconciler.events.events import (
    Event,
    StepDone,
    StepFailed,
    StepProgressed,
    StepSkipped,
    StepStarted,
)
from reconciler.plan.actions import AwaitSteady
from reconciler.plan.plan import Plan, Step

PARALLELISM = 6
"""How many steps run at once. More gains nothing on the engine's side, and removals in larger
crowds get slower."""

WAITS = 32
"""Waits that only look now and then go on beside those."""

Emit = Callable[[Event], None]


class Execution(Struct):
    done: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, Diagnostic]] = field(default_factory=list)
    skipped: list[Step] = field(default_factory=list)
    closed_s: dict[int, float] = field(default_factory=dict)
    """How long each step, by its number, had listening ports closed."""

    @property
    def succeeded(self) -> bool:
        return not self.failed and not self.skipped


def _has_room(step: Step, running: Collection[Step], parallelism: int) -> bool:
    waits = sum(isinstance(other.action, AwaitSteady) for other in running)
    if isinstance(step.action, AwaitSteady):
        return waits < WAITS
    return len(running) - waits < parallelism


def _report_of(step: Step, outcome: Execution, emit: Emit, pass_id: str) -> Report:
    """What becomes of what a step tells. Warnings are for `validate`: a daemon would repeat them at
    each of its passes."""

    def report(told: Progress | Closed | Warned) -> None:
        if isinstance(told, Closed):
            outcome.closed_s[step.id] = told.for_s
        elif isinstance(told, Progress):
            emit(StepProgressed(pass_id, step, told.done, told.total))

    return report


def execute(
    plan: Plan,
    engine: Engine,
    patience: Patience,
    emit: Emit,
    pass_id: str,
    *,
    parallelism: int = PARALLELISM,
) -> Execution:
    """Run a plan to its end, or as far as failures and `patience.is_cancelled` let it.

    A step that fails takes its dependents with it; all others go on. Rescues run once those that
    they are for have ended, and only if one of these failed. Events are emitted from this
    thread but for progress, which comes from the step's own. At most `parallelism` steps run at
    once; with 1 they run one after another, as the plan lists them.
    """
    outcome = Execution()
    waiting = {step.id: step for step in plan.steps}
    done: set[int] = set()
    lost: set[int] = set()
    broken: set[int] = set()
    running: dict[Future[float], Step] = {}

    def run(step: Step) -> float:
        started = time.monotonic()
        engine.perform(step.action, patience, _report_of(step, outcome, emit, pass_id))
        return time.monotonic() - started

    def skip(step: Step) -> None:
        del waiting[step.id]
        lost.add(step.id)
        outcome.skipped.append(step)
        emit(StepSkipped(pass_id, step))

    with ThreadPoolExecutor(parallelism + WAITS, thread_name_prefix="step") as pool:
        while waiting or running:
            for step in list(waiting.values()):
                if step.rescues:
                    if not (done | lost).issuperset(step.rescues):
                        continue
                    if broken.isdisjoint(step.rescues) or patience.is_cancelled():
                        del waiting[step.id]
                        done.add(step.id)
                        continue
                if patience.is_cancelled() or lost.intersection(step.needs):
                    skip(step)
                elif done.issuperset(step.needs) and _has_room(step, running.values(), parallelism):
                    del waiting[step.id]
                    emit(StepStarted(pass_id, step))
                    running[pool.submit(run, step)] = step
            finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                step = running.pop(future)
                error = future.exception()
                if error is None:
                    done.add(step.id)
                    outcome.done.append(step)
                    emit(StepDone(pass_id, step, future.result(), outcome.closed_s.get(step.id)))
                elif isinstance(error, EngineError):
                    lost.add(step.id)
                    failure = error.diagnostic
                    if not isinstance(error, CancelledError):
                        broken.add(step.id)
                    outcome.failed.append((step, failure))
                    emit(StepFailed(pass_id, step, failure, 0.0))
                else:
                    raise error
    return outcome
