"""What happens while a plan runs, as values: for progress bars, logs and JSON lines."""

from __future__ import annotations

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.plan import Plan, Step


class PlanStarted(Struct, frozen=True):
    pass_id: str
    plan: Plan


class StepStarted(Struct, frozen=True):
    pass_id: str
    step: Step


class StepProgressed(Struct, frozen=True):
    """Bytes; `total` is None when it is not known."""

    pass_id: str
    step: Step
    done: int
    total: int | None


class StepDone(Struct, frozen=True):
    pass_id: str
    step: Step
    elapsed_s: float
    closed_s: float | None = None
    """How long it had listening ports closed; None for a step that closes none."""


class StepFailed(Struct, frozen=True):
    pass_id: str
    step: Step
    failure: Diagnostic
    elapsed_s: float


class StepSkipped(Struct, frozen=True):
    """Not begun: a step it needs failed, or the user asked to stop."""

    pass_id: str
    step: Step


class Waiting(Struct, frozen=True):
    """Something outside the plan takes time: the lock of another run."""

    pass_id: str
    what: str


Event = PlanStarted | StepStarted | StepProgressed | StepDone | StepFailed | StepSkipped | Waiting
