"""A step of a roll-out fails: old servers keep serving, and what is new goes or stays, as told."""

from __future__ import annotations

from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.desired.desired import Desired
from reconciler.desired.names import SERVER_ROLE
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import MemoryEngine, World
from reconciler.engine.memory.observe import server_states
from reconciler.engine.protocol import Patience, Report
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import Action, CreateContainer, RemoveContainer, StopContainer
from reconciler.plan.plan import Plan, Step
from reconciler.run.execute import Execution
from tests.property.test_capacity import (
    Up,
    Watched,
    ceiling_of,
    floor_of,
    keeps_traffic,
    servers_up,
    workers_floor,
)
from tests.property.topologies import NAME, rolls, wish_of
from tests.property.worlds import apply_wish, carry_out, new_world, plan_of, serves_what_is_written


class OneFails(Watched):
    """Refuses one action, and no other: what is done about it works."""

    def __init__(self, world: World, floor: Up, ceiling: Up, workers: Up) -> None:
        super().__init__(world, floor, 0, EngineError, ceiling, workers)
        self.bad: Action | None = None

    def perform(self, action: Action, patience: Patience, report: Report) -> None:
        if action is self.bad:
            self.bad = None
            raise EngineError("internal", "injected")
        super().perform(action, patience, report)


def run_with_failure(
    world: World, wish: Desired, number: int, ceiling: Up | None = None
) -> tuple[Plan, Step, Execution]:
    """One pass in which one step of the plan's course fails."""
    plan = plan_of(world, wish)
    floor, workers = floor_of(servers_up(world), wish), workers_floor(world, plan, wish)
    engine = OneFails(world, floor, ceiling or {}, workers)
    failing = plan.course[number % len(plan.course)]
    engine.bad = failing.action
    return plan, failing, carry_out(plan, engine)


def names_of_servers(world: World) -> set[str]:
    return {
        c.given_name
        for c in world.containers.values()
        if c.owner == NAME and c.slot.role == SERVER_ROLE
    }


def in_rotation(world: World) -> set[str]:
    (proxy,) = [c for c in world.containers.values() if c.owner == NAME and c.servers]
    return {s.host for s in server_states(world, proxy) if s.takes_traffic and s.is_up}


def rescues_of(plan: Plan, failing: Step) -> list[Step]:
    return [step for step in plan.steps if failing.id in step.rescues]


@given(rolls(), st.integers(0, 200))
def test_the_old_servers_keep_serving(rollout: tuple[Desired, Desired], number: int) -> None:
    """At every moment, rescues included; `Watched` looks. Then what is left is as it should be."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    assume(keeps_traffic(plan_of(world, new)) and not plan_of(world, new).is_empty)
    before, serving = names_of_servers(world), in_rotation(world)
    ceiling = ceiling_of(world, plan_of(world, new), new)
    plan, failing, outcome = run_with_failure(world, new, number, ceiling)
    event(f"fails: {type(failing.action).__name__}")
    assert [step for step, _ in outcome.failed] == [failing]
    rescues = rescues_of(plan, failing)
    event("rescued" if rescues else "left as it is")
    assert [step.id for step in plan.steps if step in outcome.done and step.rescues] == [
        step.id for step in rescues
    ]
    made = names_of_servers(world) - before
    if rescues:  # who is here now is in rotation, or leaves; nobody is half-way
        assert {name for name in made if "-jobs-" not in name} <= in_rotation(world)
        assert in_rotation(world) >= (serving & names_of_servers(world)) - retired(outcome)


def retired(outcome: Execution) -> set[str]:
    """Hosts that a batch before the one that failed has taken out."""
    watched = {number for step in outcome.done for number in step.rescues}
    return {
        setting.host
        for step in outcome.done
        if not step.rescues and step.id < min(watched, default=0)
        for setting in getattr(step.action, "settings", ())
        if setting.aim == "gone"
    } - {
        setting.host
        for step in outcome.done
        if step.rescues
        for setting in getattr(step.action, "settings", ())
        if setting.aim == "ready"
    }


@given(rolls(), st.integers(0, 200))
def test_pause_keeps_new_containers(rollout: tuple[Desired, Desired], number: int) -> None:
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    plan = plan_of(world, new)
    paused = {name for name, how in new.rollouts.items() if not how.rolls_back}
    assume(paused and keeps_traffic(plan) and not plan.is_empty)
    _, _, outcome = run_with_failure(world, new, number)
    made = [step.action for step in outcome.done if isinstance(step.action, CreateContainer)]
    created = {action.name for action in made if action.container.slot.backend in paused}
    event("some are kept" if created else "none was made")
    assert created <= names_of_servers(world)


@given(rolls(), st.integers(0, 200), st.integers(0, 200), st.booleans())
def test_the_next_apply_converges(
    rollout: tuple[Desired, Desired], first: int, second: int, back: bool
) -> None:
    """Of the new file or of the old one, after one failure or two."""
    old, new = rollout
    world = new_world()
    apply_wish(world, old)
    for number in (first, second):
        plan = plan_of(world, new)
        assume(keeps_traffic(plan))
        if not plan.is_empty:
            run_with_failure(world, new, number)
    wish = old if back else new
    floor = floor_of(servers_up(world), wish)
    engine = Watched(world, floor if keeps_traffic(plan_of(world, wish)) else {}, 0, EngineError)
    outcome = carry_out(plan_of(world, wish), engine)
    assert outcome.succeeded, outcome.failed
    assert apply_wish(world, wish).converged
    assert plan_of(world, wish).is_empty
    assert serves_what_is_written(world)
    assert names_of_servers(world) == {
        c.given_name
        for c in MemoryEngine(NAME, world).observe(wish.scope()).containers
        if c.slot in wish.containers and c.slot.role == SERVER_ROLE
    }


# -- two that were found by the above --------------------------------------------------------


def of_one_backend(**web: object) -> Desired:
    return wish_of(
        {
            "name": NAME,
            "backends": {"web": {"port": 8080, "check": "tcp", **web}},
            "frontends": {"www": {"bind": 80, "default_backend": "web"}},
            "haproxy": {"image": "haproxy:1"},
        }
    )


def test_who_leaves_early_is_stopped_before_it_is_removed() -> None:
    """Also when nobody joins in its batch, for want of room."""
    world = new_world()
    apply_wish(world, of_one_backend(image="app:1", replicas=3))
    plan = plan_of(world, of_one_backend(image="app:2", replicas=1))
    steps = {step.id: step for step in plan.steps}
    stops = {s.action.target.name: s.id for s in plan.course if isinstance(s.action, StopContainer)}

    def before(step: Step) -> set[int]:
        return {*step.needs, *(n for need in step.needs for n in before(steps[need]))}

    removals = [s for s in plan.course if isinstance(s.action, RemoveContainer)]
    assert len(removals) == 3
    for step in removals:
        assert isinstance(step.action, RemoveContainer)
        assert stops[step.action.target.name] in before(step), label_of(step.action)


def test_two_that_cannot_run_at_once_do_not_after_a_failure_either() -> None:
    """The old one is out of rotation and runs on, since stopping it failed."""
    old = of_one_backend(image="app:1", replicas=1)
    new = of_one_backend(image="app:2", replicas=1, rollout={"order": "stop-first"})
    world = new_world()
    apply_wish(world, old)
    number = next(
        n for n, s in enumerate(plan_of(world, new).course) if isinstance(s.action, StopContainer)
    )
    run_with_failure(world, new, number)
    engine = Watched(world, {}, 0, EngineError, {"web": 1})
    outcome = carry_out(plan_of(world, new), engine)
    assert outcome.succeeded
