"""Steps for the case that others fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.engine.errors import CancelledError, EngineError
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Patience
from reconciler.events.events import Event, StepDone, StepFailed, StepSkipped, StepStarted
from reconciler.plan.actions import Action, PullImage
from reconciler.plan.plan import Plan, Step
from reconciler.run.execute import PARALLELISM, Execution, execute


def step(number: int, *needs: int, rescues: tuple[int, ...] = ()) -> Step:
    return Step(number, PullImage(str(number)), needs, "", rescues=rescues)


STEPS = (
    step(1),
    step(2, 1),
    step(3, 2),
    step(4, rescues=(2, 3)),
    step(5, 4, rescues=(2, 3)),
    step(6, 3),
    step(7, 1),
    step(8, rescues=(6,)),
)


class Run:
    def __init__(
        self,
        *fails: int,
        parallelism: int,
        cancel_at: int = 0,
        error: Callable[[], EngineError] | None = None,
    ) -> None:
        self.order: list[int] = []
        self.fails, self.cancel_at = {str(n) for n in fails}, str(cancel_at)
        self.error = error or (lambda: EngineError("internal", "injected"))
        self.is_cancelled = False
        self.events: list[Event] = []
        engine = MemoryEngine("shop", on_perform=self._perform)
        patience = Patience(is_cancelled=lambda: self.is_cancelled)
        self.outcome: Execution = execute(
            Plan("shop", steps=STEPS),
            engine,
            patience,
            self.events.append,
            "pass",
            parallelism=parallelism,
        )

    def _perform(self, action: Action) -> None:
        assert isinstance(action, PullImage)
        self.order.append(int(action.image))
        if action.image == self.cancel_at:
            self.is_cancelled = True
        if action.image in self.fails:
            raise self.error()

    def numbers(self, steps: list[Step]) -> list[int]:
        return sorted(step.id for step in steps)

    def told(self, kind: type) -> list[int]:
        return sorted(e.step.id for e in self.events if isinstance(e, kind))  # type: ignore[union-attr]  # kinds with a step


@pytest.fixture(params=[1, PARALLELISM])
def parallelism(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


# Which step fails: what was done, what was skipped.
CASES: dict[tuple[int, ...], tuple[list[int], list[int]]] = {
    (): ([1, 2, 3, 6, 7], []),
    (1,): ([], [2, 3, 6, 7]),  # nothing that is watched was begun
    (2,): ([1, 4, 5, 7], [3, 6]),
    (3,): ([1, 2, 4, 5, 7], [6]),
    (6,): ([1, 2, 3, 7, 8], []),
    (7,): ([1, 2, 3, 6], []),  # nobody watches it
    (2, 4): ([1, 7], [3, 5, 6]),  # a rescue that fails takes those that need it with it
    (3, 5): ([1, 2, 4, 7], [6]),
}


@pytest.mark.parametrize("fails", CASES)
def test_rescues(fails: tuple[int, ...], parallelism: int) -> None:
    done, skipped = CASES[fails]
    run = Run(*fails, parallelism=parallelism)
    assert run.numbers(run.outcome.done) == done == run.told(StepDone)
    assert run.numbers(run.outcome.skipped) == skipped == run.told(StepSkipped)
    assert run.numbers([s for s, _ in run.outcome.failed]) == list(fails) == run.told(StepFailed)
    assert run.outcome.succeeded == (not fails)
    assert run.told(StepStarted) == sorted([*done, *fails])


def test_a_rescue_comes_after_all_that_it_watches(parallelism: int) -> None:
    run = Run(3, parallelism=parallelism)
    assert run.order.index(4) > run.order.index(3) > run.order.index(2)
    assert run.order.index(5) > run.order.index(4)


@pytest.mark.parametrize("at", [2, 3])
def test_no_rescue_once_the_user_asked_to_stop(at: int, parallelism: int) -> None:
    """Also when that very step fails."""
    for fails in ((), (at,)):
        run = Run(*fails, cancel_at=at, parallelism=parallelism)
        assert not {4, 5, 8} & {s.id for s in (*run.outcome.done, *run.outcome.skipped)}
        assert not run.outcome.succeeded


def test_a_wait_that_was_given_up_is_no_failure_to_rescue_from(parallelism: int) -> None:
    run = Run(3, error=CancelledError, parallelism=parallelism)
    assert not {4, 5} & {s.id for s in (*run.outcome.done, *run.outcome.skipped)}
    assert [failure.code for _, failure in run.outcome.failed] == ["cancelled"]


def test_the_course_is_what_runs_when_nothing_fails(parallelism: int) -> None:
    run = Run(parallelism=parallelism)
    assert [s.id for s in Plan("shop", steps=STEPS).course] == run.numbers(run.outcome.done)
