"""Jobs: once for each revision, never two at a time, and nothing changes before they succeed."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.desired import Desired
from reconciler.desired.names import JOB_ROLE, SERVER_ROLE
from reconciler.engine.memory import MemoryEngine, World
from reconciler.engine.protocol import Patience, Report
from reconciler.plan.actions import Action, CreateContainer, StartContainer
from tests.property.topologies import NAME, wish_of
from tests.property.worlds import Crash, apply_wish, apply_with, new_world, plan_of

_jobs = st.lists(
    st.sampled_from(["a", "b"]).map(lambda name: {"name": name, "command": name})
    | st.just({"name": "own", "image": "tool:1"}),
    max_size=2,
    unique_by=lambda job: job["name"],
)


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    """One backend with traffic and one without; jobs before both."""
    backends = {
        name: {
            "image": draw(st.sampled_from(["app:1", "app:2"])),
            "port": 8080,
            "replicas": draw(st.integers(1, 2)),
            "rollout": draw(st.sampled_from(_ROLLOUTS)),
            **({"before": jobs} if (jobs := draw(_jobs)) else {}),
        }
        for name in ("web", "work")
    }
    return wish_of(
        {
            "name": NAME,
            "backends": backends,
            "frontends": {"www": {"bind": 80, "default_backend": "web"}},
            "haproxy": {"image": "haproxy:1"},
        }
    )


_ROLLOUTS: tuple[dict[str, object], ...] = ({}, {"order": "stop-first"}, {"max_surge": 2})


class Watched(MemoryEngine):
    """Counts how often each job begins, and sees that nothing is changed ahead of one."""

    def __init__(self, world: World, cut: int = -1) -> None:
        super().__init__(NAME, world)
        self.cut, self.begun = cut, Counter[tuple[str, str]]()

    def perform(self, action: Action, patience: Patience, report: Report) -> None:
        if self.cut == 0:
            raise Crash
        self.cut -= 1
        match action:
            case StartContainer(target):
                container = self.world.get(target.reference)
                if container.slot.role == JOB_ROLE:
                    self.begun[container.slot.backend, container.revision] += 1
            case CreateContainer(wanted) if wanted.slot.role == SERVER_ROLE:
                assert set(wanted.jobs) <= self.done() | self.known(wanted.slot.backend)
        super().perform(action, patience, report)

    def done(self) -> set[str]:
        return {
            c.revision
            for c in self.world.containers.values()
            if c.slot.role == JOB_ROLE and c.state == "exited" and not c.exit_code
        }

    def known(self, backend: str) -> set[str]:
        """What the labels of containers say."""
        return {
            job
            for c in self.world.containers.values()
            if c.slot.backend == backend
            for job in c.jobs
        }


def revisions(wish: Desired) -> set[tuple[str, str]]:
    """Each with its backend: the same for two backends is two jobs."""
    return {(name, job.container.revision) for name, jobs in wish.jobs.items() for job in jobs}


@given(wishes(), wishes(), st.integers(0, 40))
def test_each_job_runs_once_for_each_revision(old: Desired, new: Desired, cut: int) -> None:
    """Also when a run is killed at any moment, and the next one goes on."""
    world = new_world()
    apply_wish(world, old)
    before = revisions(old)
    first = Watched(world, cut)
    apply_with(world, first, new)
    second = Watched(world)
    assert apply_with(world, second, new)
    begun = first.begun + second.begun
    assert set(begun) == revisions(new) - before
    assert set(begun.values()) <= {1}
    assert plan_of(world, new).is_empty
    records = [c for c in world.containers.values() if c.slot.role == JOB_ROLE]
    assert {(c.slot.backend, c.revision) for c in records} == revisions(new)


@given(wishes(), wishes(), st.sampled_from([1, None]))
def test_a_job_that_fails_changes_nothing(old: Desired, new: Desired, code: int | None) -> None:
    world = new_world()
    apply_wish(world, old)
    there = servers(world)
    due = {
        name
        for name, jobs in new.jobs.items()
        if not {j.container.revision for j in jobs}
        <= {j.container.revision for j in old.jobs.get(name, ())}
    }
    for name in {job.container.spec.image for jobs in new.jobs.values() for job in jobs}:
        world.pull(name)
        world.images[name].job_exit_code = code
    for _ in range(2):
        assert apply_with(world, Watched(world), new) == (not due)
        for backend in due:
            now, old_ones = servers(world).get(backend, set()), there.get(backend, set())
            assert now <= old_ones
            assert len(now) >= min(len(old_ones), new.rollouts[backend].replicas)
    failed = Counter(
        c.slot for c in world.containers.values() if c.slot.role == JOB_ROLE and c.exit_code
    )
    assert set(failed.values()) <= {1}
    for image in world.images.values():
        image.job_exit_code = 0
    assert apply_with(world, Watched(world), new)
    assert plan_of(world, new).is_empty


def servers(world: World) -> dict[str, set[str]]:
    """By backend, the containers that run."""
    found: dict[str, set[str]] = {}
    for c in world.containers.values():
        if c.slot.role == SERVER_ROLE and c.state == "running":
            found.setdefault(c.slot.backend, set()).add(c.name)
    return found
