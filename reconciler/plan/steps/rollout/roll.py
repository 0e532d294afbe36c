"""One backend's roll-out: what all of its batches have in common."""

from __future__ import annotations

from msgspec import Struct

from reconciler.desired.rollout import Batch, Rollout
from reconciler.plan.actions import Target
from reconciler.plan.decide.rotation import Member, Rotation
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.prerequisites import Prerequisites


class Leaver(Struct, frozen=True):
    """A server that leaves, and its container if that is still there."""

    host: str
    container: ObservedContainer | None

    @property
    def is_alive(self) -> bool:
        """Whether it may have something to finish."""
        return self.container is None or self.container.state not in {"exited", "dead"}


class Roll(Struct, frozen=True):
    situation: Situation
    prerequisites: Prerequisites
    target: Target
    """The HAProxy that is told."""
    rotation: Rotation
    rollout: Rollout
    has_old_workers: bool
    """Whether HAProxy has workers of an earlier reload: they know nothing of what is told to the
    one that runs."""


RollBatch = Batch[Member, Leaver]
