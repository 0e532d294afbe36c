"""A plan: complete data. What is shown is what runs."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from reconciler.desired.impact import Impact
from reconciler.desired.rollout import Pace
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.haproxy.config import Config
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import Action

Verb = Literal["create", "update", "replace", "remove"]
Kind = Literal["network", "volume", "container", "job", "haproxy"]


class FieldChange(Struct, frozen=True):
    """One field; `before` or `after` is None when it was not, or will not be, set."""

    field: str
    before: str | None
    after: str | None


class Change(Struct, frozen=True):
    """One resource that will be different."""

    verb: Verb
    kind: Kind
    name: str
    reason: str
    impact: Impact
    backend: str = ""
    fields: tuple[FieldChange, ...] = ()
    pace: Pace | None = None
    """How many of its backend are replaced at a time; None for all at once."""

    @property
    def subject(self) -> str:
        """What it is about, as in the file: the containers of a backend are one."""
        if self.kind == "haproxy":
            return "haproxy"
        return f"backend {self.backend}" if self.backend else f"{self.kind} {self.name}"


class Step(Struct, frozen=True):
    """An action, and the ids of the steps that must have succeeded before it."""

    id: int
    action: Action
    needs: tuple[int, ...]
    because: str
    impact: Impact = Impact.NONE
    rescues: tuple[int, ...] = ()
    """If any: the step is for the case that one of these fails, and runs once all have ended."""

    @property
    def label(self) -> str:
        """What it does, for people: `start shop-web-1-c64e5ebe`."""
        return label_of(self.action)


class Plan(Struct, frozen=True):
    topology: str
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    """Why it cannot be carried out as things are. Nothing is touched then."""
    notes: tuple[str, ...] = ()
    config_before: str | None = None
    config: Config | None = None
    fingerprint: str = ""
    servers: tuple[tuple[str, str], ...] = field(default=())
    """What HAProxy must report as up when the plan is done: (backend, host), or the name of
    one that is no container."""

    @property
    def is_empty(self) -> bool:
        return not self.steps and not self.problems

    @property
    def impact(self) -> Impact:
        """The highest there is, of what people are shown and of what is done."""
        shown = (change.impact for change in self.changes)
        done = (step.impact for step in self.steps)
        return max((*shown, *done), default=Impact.NONE)

    @property
    def impact_subjects(self) -> tuple[str, ...]:
        """What has the highest impact, each once; empty when only a step tells of it."""
        impact = self.impact
        highest = [c.subject for c in self.changes if c.impact is impact]
        return tuple(dict.fromkeys(highest))

    @property
    def course(self) -> tuple[Step, ...]:
        """The steps that run when nothing fails."""
        return tuple(step for step in self.steps if not step.rescues)

    def count(self, verb: Verb) -> int:
        return sum(change.verb == verb for change in self.changes)
