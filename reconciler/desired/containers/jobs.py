"""Jobs that must succeed before a backend's containers: made like these, but for what they do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec.structs import replace

from reconciler.desired.desired import DesiredContainer, DesiredJob, Slot
from reconciler.desired.names import JOB_ROLE, job_container_name
from reconciler.desired.sensitive import sensitive_fields
from reconciler.desired.spec import (
    REVISION_VERSION,
    Attachment,
    ContainerSpec,
    as_of_jobs,
    revision_of,
)
from reconciler.diagnostics.place import Path
from reconciler.topology.model import Job, Topology


def compile_jobs(
    topology: Topology, name: str, server: DesiredContainer, sensitive: Mapping[Path, str]
) -> tuple[DesiredJob, ...]:
    """The jobs of a backend in their order. `server` is any of the backend's containers."""
    backend = topology.backends[name]
    return tuple(
        _job(topology, name, index, server, sensitive) for index in range(len(backend.before))
    )


def _job(
    topology: Topology,
    name: str,
    index: int,
    server: DesiredContainer,
    sensitive: Mapping[Path, str],
) -> DesiredJob:
    backend = topology.backends[name]
    job = backend.before[index]
    spec = _spec(job, server.spec)
    revision = _revision(spec, server.spec)
    title = job.name_at(index)
    return DesiredJob(
        container=DesiredContainer(
            slot=Slot(JOB_ROLE, name, index + 1),
            name=job_container_name(topology.name, name, title, revision),
            spec=spec,
            revision=revision,
            pull=backend.pull,
            sensitive=_inherited(job, server) | _own(name, index, sensitive),
        ),
        title=title,
        timeout_s=job.timeout,
        server_image=server.spec.image,
    )


def _spec(job: Job, server: ContainerSpec) -> ContainerSpec:
    """The spec of a job's container: no aliases, no published ports, no health check, no
    restart."""
    is_same = job.image is None
    return replace(
        as_of_jobs(server),
        image=job.image or server.image,
        command=job.command,
        entrypoint=job.entrypoint or (server.entrypoint if is_same else None),
        env=tuple({**dict(server.env), **job.env}.items()),
        networks=tuple(Attachment(place.network) for place in server.networks),
    )


def _revision(spec: ContainerSpec, server: ContainerSpec) -> str:
    """A job's revision, which is also that of the image that comes after it: a migration with a
    tool of its own runs for each."""
    own = revision_of(spec)
    if spec.image == server.image:
        return own
    return f"{REVISION_VERSION}:{hashlib.sha256(f'{own} {server.image}'.encode()).hexdigest()[:16]}"


def _inherited(job: Job, server: DesiredContainer) -> dict[str, str]:
    """The sensitive fields that a job has from its backend, because it does not say them itself."""
    said = {f"env.{name}" for name in job.env} | {"command"}
    said |= {"image"} if job.image else set()
    said |= {"entrypoint"} if job.entrypoint or job.image else set()
    return {field: how for field, how in server.sensitive.items() if field not in said}


def _own(name: str, index: int, sensitive: Mapping[Path, str]) -> dict[str, str]:
    """The sensitive fields that a job says itself. A single job stands in no list; the short form
    is its command."""
    found: dict[str, str] = {}
    owners: tuple[Path, ...] = (("backends", name, "before"), ("backends", name, "before", index))
    for owner in owners:
        found |= sensitive_fields(owner, sensitive)
        if owner in sensitive:
            found["command"] = sensitive[owner]
    return found
