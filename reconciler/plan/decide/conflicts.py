"""What stands in the way of a plan. Found before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.desired.containers.haproxy import PROXY_USER
from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Desired, DesiredContainer
from reconciler.desired.spec import PublishedPort
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.decide.engines import too_new
from reconciler.plan.decide.jobs import JobPlan, to_be_made
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.decide.volumes import volume_problems
from reconciler.plan.observed import Observed


def find_problems(
    desired: Desired, observed: Observed, assignment: Assignment, jobs: JobPlan
) -> tuple[Diagnostic, ...]:
    return (
        *_networks(desired, observed),
        *volume_problems(desired, observed),
        *_names(assignment, jobs, observed),
        *_ports(desired, assignment, observed),
        *_paths(assignment, jobs, observed),
        *_images(assignment, jobs, observed),
        *too_new(assignment, jobs, observed),
    )


def _networks(desired: Desired, observed: Observed) -> Iterator[Diagnostic]:
    for name, spec in desired.networks.items():
        there = observed.networks.get(name)
        if spec.external and there is None:
            yield Diagnostic(
                "no-such-network",
                f"network `{name}` is external and does not exist",
                f"create it with `docker network create {name}`, or drop `external: true`",
            )
        elif not spec.external and there is not None and there.revision is None:
            yield Diagnostic(
                "name-taken",
                f"network `{name}` exists and was not made by this tool",
                "remove it, or declare it with its name and `external: true`",
            )


def _names(assignment: Assignment, jobs: JobPlan, observed: Observed) -> Iterator[Diagnostic]:
    wanted = {joining.name for joining in assignment.joining.values()}
    wanted |= {due.name for due in jobs.all_due() if due.have is None}
    wanted |= {kept.have.given_name for kept in assignment.kept.values() if kept.diff.rename}
    for holder in observed.holders:
        if holder.kind == "name" and holder.what in wanted:
            yield Diagnostic(
                "name-taken",
                f"the name `{holder.what}` is held by {holder.who}",
                "remove or rename it; it is not this tool's, so it is left alone",
            )


def _of_proxy(desired: Desired) -> Iterator[PublishedPort]:
    """The ports of the host that HAProxy has, those too that its anchor keeps open for it."""
    yield from desired.host_ports
    for slot in (PROXY_SLOT, ANCHOR_SLOT):
        if slot in desired.containers:
            yield from desired.containers[slot].spec.host_ports


def _ports(desired: Desired, assignment: Assignment, observed: Observed) -> Iterator[Diagnostic]:
    starts = [joining.want for joining in assignment.joining.values()]
    starts += [
        kept.want
        for kept in assignment.kept.values()
        if kept.have.state not in {"running", "paused"}
    ]
    wanted = {str(port) for want in starts for port in want.spec.host_ports}
    if any(want.slot in {PROXY_SLOT, ANCHOR_SLOT} for want in starts):
        wanted |= {str(port) for port in _of_proxy(desired)}
    for holder in observed.holders:
        if holder.kind == "port" and holder.what in wanted:
            yield Diagnostic(
                "port-taken",
                f"port {holder.what} of the host is held by {holder.who}",
                "stop it, or bind to another port or address",
            )


def _paths(assignment: Assignment, jobs: JobPlan, observed: Observed) -> Iterator[Diagnostic]:
    """A directory for a socket is one that HAProxy mounts."""
    users: dict[str, DesiredContainer] = {}
    for want in to_be_made(assignment, jobs):
        for path in want.spec.host_paths:
            users.setdefault(path, want)
    for path in sorted(observed.missing_paths & set(users)):
        want = users[path]
        shown = want.sensitive.get("mounts", path)
        if want.slot == PROXY_SLOT:
            uid = PROXY_USER.partition(":")[0]
            does = "HAProxy is to open a socket in it"
            hint = f"make it, for the user that HAProxy is: `install -d -o {uid} {shown}`"
        else:
            does = f"`{want.name}` mounts it"
            hint = "make it, or add `bind: {create_host_path: true}` to the mount"
        yield Diagnostic("no-such-path", f"`{shown}` is not there on the host, and {does}", hint)


def _images(assignment: Assignment, jobs: JobPlan, observed: Observed) -> Iterator[Diagnostic]:
    never = {
        want.spec.image: want.sensitive.get("image", want.spec.image)
        for want in to_be_made(assignment, jobs)
        if want.pull == "never"
    }
    for image, shown in sorted(never.items()):
        if image not in observed.images:
            yield Diagnostic(
                "no-such-image",
                f"image `{shown}` is not here, and `pull: never` keeps it from being pulled",
                "build or load it, or use `pull: missing`",
            )
