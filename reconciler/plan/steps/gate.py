"""The gate of a plan: images, and a configuration that HAProxy accepts. Nothing is touched before
it has been passed."""

from __future__ import annotations

from reconciler.desired.containers.haproxy import files_of_the_host
from reconciler.desired.desired import PROXY_SLOT
from reconciler.plan.actions import CheckConfig, PullImage, Target
from reconciler.plan.decide.jobs import to_be_made
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.situation import Situation
from reconciler.plan.steps.task import Task, Tasks, target_of


def check_first(situation: Situation) -> Tasks:
    """The tasks that all others wait for."""
    pulls = {
        image: Task(PullImage(image, _platform_of(situation, image)), (), reason)
        for image, reason in _images_to_pull(situation).items()
    }
    return (*pulls.values(), *_check(situation, pulls))


def _check(situation: Situation, pulls: dict[str, Task]) -> Tasks:
    """HAProxy's own look at what it is going to load, if there is anything."""
    need = situation.need
    loads_it = bool(need.renewed) if need.mode is ProxyMode.RUNTIME else need.must_write
    loads_it = loads_it or situation.repair is not None
    if need.config is None or not loads_it:
        return ()
    image, running = _image_and_running(situation)
    mounts = files_of_the_host(situation.desired.containers[PROXY_SLOT].spec)
    after = (pulls[image],) if image in pulls else ()
    why = "nothing is touched unless HAProxy accepts the configuration"
    return (Task(CheckConfig(image, need.config, running, mounts), after, why),)


def _image_and_running(situation: Situation) -> tuple[str, Target | None]:
    """The image of the HAProxy that will load it, and the container to ask, if it runs."""
    kept = situation.assignment.kept.get(PROXY_SLOT)
    if kept is None:
        return situation.desired.containers[PROXY_SLOT].spec.image, None
    is_asked = situation.need.mode in {ProxyMode.RUNTIME, ProxyMode.RELOAD}
    # By its id: nothing may name the image of a container any more.
    return kept.have.image_id, target_of(kept.have) if is_asked else None


def _platform_of(situation: Situation, image: str) -> str:
    """The variant of an image to pull: an engine keeps one under its name."""
    specs = (joining.want.spec for joining in situation.assignment.joining.values())
    return next((spec.platform for spec in specs if spec.image == image and spec.platform), "")


def _images_to_pull(situation: Situation) -> dict[str, str]:
    """Each image and why."""
    pulls: dict[str, str] = {}
    for want in to_be_made(situation.assignment, situation.jobs):
        image, policy = want.spec.image, want.pull
        if policy == "always":
            pulls[image] = "`pull: always`"
        elif policy == "missing" and image not in situation.observed.images:
            pulls.setdefault(image, "the image is not here")
    return pulls
