"""Jobs that must succeed before a backend's containers: made like these, but for what they do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from reconciler.plan.desired import DesiredContainer, DesiredJob, Slot
from reconciler.plan.names import JOB_ROLE, job_container_name
from reconciler.plan.sensitive import sensitive_fields
from reconciler.plan.spec import REVISION_VERSION, ContainerSpec, Healthcheck, revision_of
from reconciler.topology.diagnostic import Path
from reconciler.topology.model import Backend, Job, Topology


def compile_jobs(
    topology: Topology, name: str, server: ContainerSpec, sensitive: Mapping[Path, str]
) -> tuple[DesiredJob, ...]:
    """In their order. `server` is what the backend's containers are made from."""
    backend = topology.backends[name]
    return tuple(
        _job(topology, name, index, server, sensitive) for index in range(len(backend.before))
    )


def _job(
    topology: Topology, name: str, index: int, server: ContainerSpec, sensitive: Mapping[Path, str]
) -> DesiredJob:
    backend = topology.backends[name]
    job = backend.before[index]
    spec = _spec(job, server)
    revision = _revision(spec, server)
    title = job.name_at(index)
    return DesiredJob(
        container=DesiredContainer(
            slot=Slot(JOB_ROLE, name, index + 1),
            name=job_container_name(topology.name, name, title, revision),
            spec=spec,
            revision=revision,
            pull=backend.pull,
            sensitive=_sensitive(name, index, backend, sensitive),
        ),
        title=title,
        timeout_s=job.timeout,
        server_image=server.image,
    )


def _spec(job: Job, server: ContainerSpec) -> ContainerSpec:
    """It is found by no name and on no port, is not checked, and never started again."""
    is_same = job.image is None
    return replace(
        server,
        image=job.image or server.image,
        command=job.command,
        entrypoint=job.entrypoint or (server.entrypoint if is_same else None),
        env=tuple({**dict(server.env), **job.env}.items()),
        ports=(),
        healthcheck=Healthcheck(test=("NONE",)),
        restart="no",
        networks=tuple(
            replace(place, aliases=(), is_fixed=False, address="") for place in server.networks
        ),
    )


def _revision(spec: ContainerSpec, server: ContainerSpec) -> str:
    """Also of the image that comes after it: a migration with a tool of its own runs for each."""
    own = revision_of(spec)
    if spec.image == server.image:
        return own
    return f"{REVISION_VERSION}:{hashlib.sha256(f'{own} {server.image}'.encode()).hexdigest()[:16]}"


def _sensitive(
    name: str, index: int, backend: Backend, sensitive: Mapping[Path, str]
) -> dict[str, str]:
    """What it has of the backend, and its own; a single job stands in no list."""
    above: Path = ("backends", name)
    inherited = {
        field: written
        for field, written in sensitive_fields(above, sensitive).items()
        if field not in {"command", "entrypoint", "image"}
    }
    found = dict(inherited)
    if backend.before[index].image is None and (*above, "image") in sensitive:
        found["image"] = sensitive[*above, "image"]
    if backend.before[index].entrypoint is None:
        found |= sensitive_fields_of(above, "entrypoint", sensitive)
    for owner in ((*above, "before"), (*above, "before", index)):
        found |= sensitive_fields(owner, sensitive)
        if owner in sensitive:  # the short form is its command
            found["command"] = sensitive[owner]
    return found


def sensitive_fields_of(owner: Path, key: str, sensitive: Mapping[Path, str]) -> dict[str, str]:
    """One field, when it or a part of it is sensitive."""
    found = sensitive_fields(owner, sensitive)
    return {key: found[key]} if key in found else {}
