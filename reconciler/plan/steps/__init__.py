"""The steps of a plan and what each one waits for: a module for each part of the way."""

from __future__ import annotations

from reconciler.plan.plan import Step
from reconciler.plan.steps.backends import backend_steps
from reconciler.plan.steps.draft import Draft
from reconciler.plan.steps.gate import gate_steps
from reconciler.plan.steps.places import network_steps, volume_steps
from reconciler.plan.steps.proxy import place_proxy, proxy_steps
from reconciler.plan.steps.removals import removal_steps, tidy_steps


def build_steps(draft: Draft, *, remove_volumes: bool, wait: bool) -> tuple[Step, ...]:
    """All steps, added to what they are decided from."""
    gate_steps(draft)
    network_steps(draft)
    volume_steps(draft)
    if not draft.observed.gaps:
        tidy_steps(draft)
    place_proxy(draft)
    backend_steps(draft)
    proxy_steps(draft, wait=wait)
    if not draft.observed.gaps:
        removal_steps(draft, remove_volumes=remove_volumes)
    return tuple(draft.steps)
