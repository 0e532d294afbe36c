"""Which jobs are due, and which containers of jobs are of no use any more.

A job runs once for each revision. Its container stays when it has succeeded, as a record of that
and for its log; and the containers that were made after it carry its revision in a label, so that
it is known to be done also when somebody has tidied up. One that failed stays for a look, until it
is tried again. One that a run left behind is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.desired.desired import Desired, DesiredContainer, DesiredJob
from reconciler.desired.impact import Impact
from reconciler.desired.names import SERVER_ROLE, free_name
from reconciler.plan.decide.diff import is_same
from reconciler.plan.decide.slots import HOLDS_PORTS, Assignment
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Change, Verb


class DueJob(Struct, frozen=True):
    want: DesiredJob
    name: str
    """The name of its container."""
    reason: str
    have: ObservedContainer | None = None
    """One that an earlier run began."""
    in_the_way: tuple[ObservedContainer, ...] = ()
    """Containers of this job, or of what it was before, that go before it begins: those that failed
    and those that still run."""
    behind: tuple[ObservedContainer, ...] = ()
    """What it was before; it goes when this one has succeeded."""


class JobPlan(Struct, frozen=True):
    due: Mapping[str, tuple[DueJob, ...]] = field(default_factory=dict)
    """The jobs of each backend, in their order."""
    leaving: tuple[ObservedContainer, ...] = ()
    """Containers of jobs that the file has no more, or that are done by another."""

    def all_due(self) -> Iterator[DueJob]:
        for jobs in self.due.values():
            yield from jobs


def to_be_made(assignment: Assignment, jobs: JobPlan) -> list[DesiredContainer]:
    """All containers that are not there yet, those of jobs included."""
    made = [joining.want for joining in assignment.joining.values()]
    return [*made, *(due.want.container for due in jobs.all_due() if due.have is None)]


def plan_jobs(desired: Desired, observed: Observed) -> JobPlan:
    due: dict[str, tuple[DueJob, ...]] = {}
    left = list(observed.jobs)
    for name, jobs in desired.jobs.items():
        there = [c for c in left if c.slot.backend == name]
        left = [c for c in left if c.slot.backend != name]
        found, unused = _of_backend(jobs, there, observed)
        left += unused
        if found:
            due[name] = tuple(found)
    return JobPlan(due, () if observed.gaps else tuple(left))


def _of_backend(
    jobs: tuple[DesiredJob, ...], there: list[ObservedContainer], observed: Observed
) -> tuple[list[DueJob], list[ObservedContainer]]:
    """The jobs of one backend that are due, and containers of jobs that are of no use. A job is
    known by what it is, not by its place in the list."""
    open_: list[tuple[DesiredJob, list[ObservedContainer]]] = []
    for job in jobs:
        done = next((c for c in there if _is_done(c, job, observed)), None)
        if done is not None:
            there.remove(done)
        elif not _is_done_by_servers(job, observed):
            open_.append((job, []))
    for job, own in open_:
        own += [c for c in there if _is_of(c, job, observed)]
        there = [c for c in there if c not in own]
    if not open_:
        return [], there
    found = [_due(job, own, there, observed) for job, own in open_]
    if not observed.gaps:  # nothing is removed while something could not be read
        running = tuple(c for c in there if c.state in HOLDS_PORTS)
        found[0] = replace(found[0], in_the_way=(*running, *found[0].in_the_way))
        found[-1] = replace(found[-1], behind=tuple(c for c in there if c not in running))
    return found, []


def _is_of(container: ObservedContainer, job: DesiredJob, observed: Observed) -> bool:
    """Whether it is just this job: made from the same, and from what its image is now."""
    image = observed.images.get(job.container.spec.image, container.image_id)
    return is_same(job.container, container) and container.image_id == image


def _is_done(container: ObservedContainer, job: DesiredJob, observed: Observed) -> bool:
    has_ended_well = container.state == "exited" and container.exit_code == 0
    return has_ended_well and _is_of(container, job, observed)


def _is_done_by_servers(job: DesiredJob, observed: Observed) -> bool:
    """Whether a container of the backend was made after it, from what the image is now."""
    slot, image = job.container.slot, observed.images.get(job.server_image)
    return any(
        job.container.revision in c.jobs and c.image_id == (image or c.image_id)
        for c in observed.containers
        if c.slot.role == SERVER_ROLE and c.slot.backend == slot.backend
    )


_GOES_ON = frozenset({"created", "running", "paused"})
_WORDS = {"created": "to be started", "running": "running", "paused": "paused"}


def _due(
    job: DesiredJob,
    own: list[ObservedContainer],
    others: list[ObservedContainer],
    observed: Observed,
) -> DueJob:
    """`own` are containers of just this job; `others` of what the backend's jobs were before."""
    going = next((c for c in own if c.state in _GOES_ON), None)
    failed = tuple(c for c in own if c is not going)
    if going is not None:
        reason = f"goes on: an earlier run left it {_WORDS[going.state]}"
        return DueJob(job, going.given_name, reason, going, () if observed.gaps else failed)
    gone = set() if observed.gaps else {c.id for c in failed}  # before it begins
    holders = {name: holder for name, holder in observed.names.items() if holder not in gone}
    name = free_name(job.container.name, holders)
    if failed:
        reason = f"again: it failed (exit {failed[0].exit_code})"
    else:
        reason = "it or the image changed" if others else "new"
    return DueJob(job, name, reason, None, () if observed.gaps else failed)


def job_changes(jobs: JobPlan, desired: Desired) -> Iterator[Change]:
    for due in jobs.all_due():
        verb: Verb = "create" if due.have is None else "update"
        backend = due.want.container.slot.backend
        yield Change(verb, "job", due.name, due.reason, Impact.NONE, backend)
    for container in jobs.leaving:
        reason = "not in the file" if desired.containers else "the topology goes"
        if container.slot.backend in desired.jobs:
            reason = "another has done its work"
        yield Change("remove", "job", container.name, reason, Impact.NONE, container.slot.backend)
