"""Which volumes go: the user's only when asked for, HAProxy's own along with HAProxy."""

from __future__ import annotations

from reconciler.plan.desired import Desired
from reconciler.plan.names import run_volume_name
from reconciler.plan.observed import Observed


def leaving_volumes(
    desired: Desired, observed: Observed, *, remove_volumes: bool
) -> tuple[str, ...]:
    """Docker names of volumes that are there, not wanted, and not to be kept."""
    own = run_volume_name(desired.topology)
    return tuple(
        name
        for name in observed.volumes
        if name not in {*desired.volumes, desired.run_volume} and (remove_volumes or name == own)
    )
