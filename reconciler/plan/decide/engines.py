"""What only newer engines have. Older ones drop it without a word, so it is refused before anything
is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from reconciler.desired.spec import ContainerSpec
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.decide.jobs import JobPlan, to_be_made
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed


class _Since(Struct, frozen=True):
    """Something that engines have since a version, by Docker's name and that of its API."""

    key: str
    docker: str
    api: tuple[int, int]
    is_in: Callable[[ContainerSpec], bool]


_SINCE = (
    _Since("annotations", "24", (1, 43), lambda spec: bool(spec.annotations)),
    _Since(
        "start_interval",
        "25",
        (1, 44),
        lambda spec: spec.healthcheck is not None and spec.healthcheck.start_interval_s is not None,
    ),
    _Since(
        "mac_address", "25", (1, 44), lambda spec: any(place.mac for place in spec.networks[1:])
    ),
    _Since("subpath", "26", (1, 45), lambda spec: any(mount.subpath for mount in spec.mounts)),
)


def too_new(assignment: Assignment, jobs: JobPlan, observed: Observed) -> Iterator[Diagnostic]:
    """A problem for each thing to be made that the engine has not. What is there, it has made."""
    if observed.api is None:
        return
    made = to_be_made(assignment, jobs)
    for since in _SINCE:
        backends = dict.fromkeys(want.slot.backend for want in made if since.is_in(want.spec))
        if backends and observed.api < since.api:
            major, minor = observed.api
            yield Diagnostic(
                "engine-too-old",
                f"`{since.key}` of {', '.join(f'`{name}`' for name in backends)} needs Docker "
                f"{since.docker}, and this engine speaks API {major}.{minor}",
                f"take `{since.key}` out, or upgrade Docker",
            )
