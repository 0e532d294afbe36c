"""Before anything is touched: images, and a configuration that HAProxy accepts."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT
from reconciler.plan.actions import CheckConfig, PullImage
from reconciler.plan.decide.jobs import to_be_made
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.steps.draft import Draft, target_of


def gate_steps(draft: Draft) -> None:
    pulls = {
        image: draft.add(PullImage(image, _platform_of(draft, image)), (), reason)
        for image, reason in _images_to_pull(draft).items()
    }
    gate = list(pulls.values())
    is_runtime = draft.need.mode is ProxyMode.RUNTIME
    loads_it = bool(draft.need.renewed) if is_runtime else draft.need.must_write
    if loads_it and draft.need.config is not None:
        running, kept = None, draft.assignment.kept.get(PROXY_SLOT)
        image = draft.desired.containers[PROXY_SLOT].spec.image
        if kept is not None:  # by its id: nothing may name the image of a container any more
            image = kept.have.image_id
            is_asked = is_runtime or draft.need.mode is ProxyMode.RELOAD
            running = target_of(kept.have) if is_asked else None
        after = [pulls[image]] if image in pulls else []
        gate.append(
            draft.add(
                CheckConfig(image, draft.need.config, running),
                after,
                "nothing is touched unless HAProxy accepts the configuration",
            )
        )
    draft.gate = tuple(gate)


def _platform_of(draft: Draft, image: str) -> str:
    """An engine keeps one variant of an image under its name."""
    specs = (joining.want.spec for joining in draft.assignment.joining.values())
    return next((spec.platform for spec in specs if spec.image == image and spec.platform), "")


def _images_to_pull(draft: Draft) -> dict[str, str]:
    pulls: dict[str, str] = {}
    for want in to_be_made(draft.assignment, draft.jobs):
        image, policy = want.spec.image, want.pull
        if policy == "always":
            pulls[image] = "`pull: always`"
        elif policy == "missing" and image not in draft.observed.images:
            pulls.setdefault(image, "the image is not here")
    return pulls
