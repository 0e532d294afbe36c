"""One pass of a keeper: what is known of it while it lasts."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.desired.desired import Desired
from reconciler.plan.plan import Plan


@dataclass(slots=True)
class Attempt:
    id: str
    causes: list[str]
    started: float
    desired: Desired
    is_retry: bool = False
    """Nothing is new: its time has come to try again what failed."""
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
