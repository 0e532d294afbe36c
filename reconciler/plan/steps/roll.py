"""One backend's roll-out while its steps are made: who is in rotation at this point of it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.desired.rollout import Batch, Rollout
from reconciler.plan.actions import Target
from reconciler.plan.decide.rotation import Member, Rotation
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.draft import Draft


@dataclass(frozen=True, slots=True)
class Leaver:
    """A server that leaves, and its container if that is still there."""

    host: str
    container: ObservedContainer | None

    @property
    def is_alive(self) -> bool:
        """Whether it may have something to finish."""
        return self.container is None or self.container.state not in {"exited", "dead"}


@dataclass(slots=True)
class Roll:
    """One backend's roll-out, and who is in rotation at this point of it."""

    draft: Draft
    target: Target
    rotation: Rotation
    rollout: Rollout
    hosts: dict[str, list[str]]
    """By backend: a server may be kept from the traffic of one, and be in rotation in another."""
    done: list[int]
    """The steps that the next batch waits for."""


RollBatch = Batch[Member, Leaver]
