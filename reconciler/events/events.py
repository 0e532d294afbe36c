"""What happens while a plan runs, as values: for progress bars, logs and JSON lines."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.plan import Plan, Step


@dataclass(frozen=True, slots=True)
class PlanStarted:
    pass_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class StepStarted:
    pass_id: str
    step: Step


@dataclass(frozen=True, slots=True)
class StepProgressed:
    """Bytes; `total` is None when it is not known."""

    pass_id: str
    step: Step
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class StepDone:
    pass_id: str
    step: Step
    elapsed_s: float
    closed_s: float | None = None
    """How long it had listening ports closed; None for a step that closes none."""


@dataclass(frozen=True, slots=True)
class StepFailed:
    pass_id: str
    step: Step
    failure: Diagnostic
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """Not begun: a step it needs failed, or the user asked to stop."""

    pass_id: str
    step: Step


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something outside the plan takes time: the lock of another run."""

    pass_id: str
    what: str


Event = PlanStarted | StepStarted | StepProgressed | StepDone | StepFailed | StepSkipped | Waiting
