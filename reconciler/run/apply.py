"""Walk the road once: observe, plan, execute, and observe again to see that nothing is left."""

from __future__ import annotations

import contextlib
import functools
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.errors import EngineError, LockedError, restarted, unhealthy
from reconciler.engine.protocol import Engine, Lock, Patience
from reconciler.events.events import PlanStarted, Waiting
from reconciler.plan.actions import (
    AwaitServers,
    AwaitSteady,
    PullImage,
    ReloadProxy,
    RemoveContainer,
    Target,
)
from reconciler.plan.decide.addresses import assign_addresses
from reconciler.plan.decide.health import judge_health
from reconciler.plan.decide.networks import plan_networks
from reconciler.plan.decide.slots import assign_slots
from reconciler.plan.decide.steadiness import SETTLED_S, restarted_since, unsettled
from reconciler.plan.max_impact import enforce_max_impact
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from reconciler.plan.review import Review, enforce_review
from reconciler.run.execute import PARALLELISM, Emit, Execution, execute

MAX_PASSES = 3
"""A pass that found the world changed under it is followed by another, but not forever."""

GOING_S = 2.0
"""A daemon that has ended is gone, lock and all, within this."""


class ApplyOptions(Struct, frozen=True):
    remove_volumes: bool = False
    wait: bool = True
    lock_timeout_s: float = 60.0
    holder: str = "another run"
    max_impact: Impact = Impact.INTERRUPT
    """A plan that would do more is not begun: neither the first, nor one that follows it."""
    parallelism: int = PARALLELISM
    """How many steps of a plan run at once."""
    review: Review | None = None
    """The one plan that may run was reviewed, as this tells."""


class ApplyResult(Struct, frozen=True):
    """`failures` is empty exactly when the topology is as the file says."""

    plan: Plan
    observed: Observed
    failures: tuple[Diagnostic, ...]
    elapsed_s: float
    reloads: int = 0
    closed_s: float = 0.0
    """How long listening ports were closed, all in all."""
    left: int = 0
    """Steps of the plan that were not begun."""
    unsteady: frozenset[str] = frozenset()
    """The names of containers that are unhealthy, or that Docker had to start anew, where that is
    all that is wrong."""
    rolled_back: int = 0
    """New containers that were removed again, since one of their batch failed."""
    declined: bool = False
    cancelled: bool = False

    @property
    def converged(self) -> bool:
        return not (self.failures or self.declined or self.cancelled)


Confirm = Callable[[Plan], bool]
"""Shown each plan before it runs, once more when it changed meanwhile. False: do nothing."""


def make_plan(desired: Desired, engine: Engine, options: ApplyOptions) -> tuple[Plan, Observed]:
    observed = engine.observe(desired.scope())
    plan = plan_changes(desired, observed, remove_volumes=options.remove_volumes, wait=options.wait)
    if options.review is not None:
        plan = enforce_review(plan, observed, options.review)
    return enforce_max_impact(plan, options.max_impact), observed


def apply(
    desired: Desired,
    engine: Engine,
    options: ApplyOptions,
    patience: Patience,
    confirm: Confirm,
    emit: Emit,
) -> ApplyResult:
    """Make the topology what `desired` says. Raises EngineError when the engine cannot be used.

    With nothing to do it makes no write request at all.
    """
    started = time.monotonic()
    plan, observed = make_plan(desired, engine, options)
    if plan.problems or not confirm(plan):
        return ApplyResult(
            plan, observed, plan.problems, _since(started), declined=not plan.problems
        )
    if plan.is_empty:
        failures = _unreadable(observed)
        if not failures and options.wait and (waits := _waits_for(desired, observed)):
            failures = _await(waits, engine, patience)
            observed = engine.observe(desired.scope())
        failures = failures or _restarts(_unsteady(desired, observed, observed))
        failures = failures or tuple(_sickness(desired, observed).values())
        return ApplyResult(plan, observed, failures, _since(started))
    with held(desired, observed, engine, options, patience, emit):
        result = converge(desired, engine, options, patience, confirm, emit, plan)
    return replace(result, elapsed_s=_since(started))


def converge(
    desired: Desired,
    engine: Engine,
    options: ApplyOptions,
    patience: Patience,
    confirm: Confirm,
    emit: Emit,
    shown: Plan | None = None,
    pass_id: str = "",
) -> ApplyResult:
    """Plan, execute and look again, until nothing is left to do. For whoever holds the lock.

    A plan that is not the one `shown` is confirmed first. With nothing to do it waits for nothing.
    """
    started = time.monotonic()
    pass_id = pass_id or new_pass_id()
    outcome = Execution()
    reloads, closed_s = 0, 0.0
    before: Observed | None = None
    for _ in range(MAX_PASSES):
        plan, observed = make_plan(desired, engine, options)
        before = before or observed
        if plan.problems or plan.is_empty:
            break
        if (shown is None or plan.changes != shown.changes) and not confirm(plan):
            return ApplyResult(
                plan, observed, (), _since(started), reloads, closed_s, declined=True
            )
        shown = plan
        emit(PlanStarted(pass_id, plan))
        outcome = execute(plan, engine, patience, emit, pass_id, parallelism=options.parallelism)
        reloads += sum(isinstance(step.action, ReloadProxy) for step in outcome.done)
        closed_s += sum(outcome.closed_s.values())
        if not outcome.succeeded:
            observed = engine.observe(desired.scope())
            break
    else:
        plan, observed = make_plan(desired, engine, options)
    failures = tuple(failure for _, failure in outcome.failed) + plan.problems
    unsteady: frozenset[str] = frozenset()
    if outcome.succeeded and not failures:
        failures = _unreadable(observed) or (() if plan.is_empty else (_not_settled(plan),))
        if not failures:
            unsteady = _unsteady(desired, before or observed, observed)
            sick = _sickness(desired, observed)
            failures = (*_restarts(unsteady), *sick.values())
            unsteady |= sick.keys()
    return ApplyResult(
        shown or plan,
        observed,
        failures,
        _since(started),
        reloads,
        closed_s,
        left=len(outcome.skipped),
        unsteady=unsteady,
        rolled_back=sum(
            bool(step.rescues) and isinstance(step.action, RemoveContainer) for step in outcome.done
        ),
        cancelled=patience.is_cancelled() and not outcome.succeeded,
    )


def new_pass_id() -> str:
    return uuid.uuid4().hex[:8]


def _unreadable(observed: Observed) -> tuple[Diagnostic, ...]:
    """An error for each gap: what could not be read may be anything, and is not converged."""
    hint = "what is not in the file stays until all can be read; look at the container's log"
    return tuple(Diagnostic("unreadable", gap, hint) for gap in observed.gaps)


def _not_settled(plan: Plan) -> Diagnostic:
    first = plan.changes[0] if plan.changes else None
    what = f"{first.name}: {first.reason}" if first else f"{len(plan.steps)} steps"
    return Diagnostic(
        "not-converged",
        f"after all steps something is different again ({what})",
        "something else changes these containers; `reconciler plan` shows what is left",
    )


def _since(started: float) -> float:
    return time.monotonic() - started


def _ignore(_: object) -> None:
    """Nobody looks at the progress of what is not a step of the plan."""


def _unsteady(desired: Desired, before: Observed, now: Observed) -> frozenset[str]:
    """The names of containers that crash: they run at both looks, and ended between them or just
    before."""
    found = (*restarted_since(before, now), *unsettled(desired, now))
    return frozenset(container.name for container in found)


def _restarts(names: Collection[str]) -> tuple[Diagnostic, ...]:
    return tuple(restarted(name).diagnostic for name in sorted(names))


def _sickness(desired: Desired, observed: Observed) -> dict[str, Diagnostic]:
    """What is wrong with containers that are unhealthy, by their names."""
    health = judge_health(desired, observed)
    return {
        c.name: unhealthy(c.name, gets_traffic=c.id not in health.out).diagnostic
        for c in health.sick
    }


def _waits_for(desired: Desired, observed: Observed) -> tuple[AwaitServers | AwaitSteady, ...]:
    """What an apply with nothing to do still waits for: that HAProxy reports every checked server
    as up, and that restarted containers stay up."""
    waits: tuple[AwaitServers | AwaitSteady, ...] = ()
    young = tuple(unsettled(desired, observed))
    if young:
        left_s = SETTLED_S - min(c.up_s or 0.0 for c in young)
        waits = (AwaitSteady(tuple(Target(c.name, c.id) for c in young), left_s),)
    checked = checked_servers(desired, observed)
    proxy = next((c for c in observed.containers if c.slot == PROXY_SLOT), None)
    if proxy is None or not checked:
        return waits
    seen = observed.proxies.get(proxy.id)
    up = {(s.backend, s.host) for s in seen.servers if s.is_up} if seen else set()
    if up.issuperset(checked):
        return waits
    return (AwaitServers(Target(proxy.name, proxy.id), checked), *waits)


def _await(
    waits: Sequence[AwaitServers | AwaitSteady], engine: Engine, patience: Patience
) -> tuple[Diagnostic, ...]:
    try:
        for wait in waits:
            engine.perform(wait, patience, _ignore)
    except EngineError as error:
        return (error.diagnostic,)
    return ()


def checked_servers(desired: Desired, observed: Observed) -> tuple[tuple[str, str], ...]:
    """(backend, host) of all servers that HAProxy checks, but for those that are out of rotation
    for their health."""
    networks, slots = plan_networks(desired, observed), assign_slots(desired, observed)
    assignment, _ = assign_addresses(desired, observed, networks, slots)
    proxy = desired.proxy_with(assignment.hosts)
    backends = proxy.backends if proxy else ()
    out = slots.health.hosts_out
    return tuple(
        (b.name, s.address)
        for b in backends
        if b.check is not None
        for s in b.servers
        if s.address not in out
    )


def _lock_images(desired: Desired, observed: Observed) -> list[str]:
    """Those of containers that are there cost nothing, HAProxy's first; then the wanted ones."""
    there = sorted(observed.containers, key=lambda c: c.slot != PROXY_SLOT)
    return list(dict.fromkeys([*(c.image_id for c in there), *desired.lock_images]))


def _pull_lock_image(
    desired: Desired, observed: Observed, engine: Engine, patience: Patience
) -> None:
    """The lock is a container too: the first apply of all needs an image before its plan."""
    is_here = observed.containers or observed.images.keys() & {*desired.lock_images}
    if desired.lock_images and not is_here:
        engine.perform(PullImage(desired.lock_images[0]), patience, _ignore)


@contextlib.contextmanager
def held(
    desired: Desired,
    observed: Observed,
    engine: Engine,
    options: ApplyOptions,
    patience: Patience,
    emit: Emit,
) -> Iterator[Lock]:
    """Hold the topology's lock; say so when another run must be waited for.

    A daemon holds its topologies for as long as it lives: it is waited for only as long as one
    that has just ended needs to be gone.
    """
    _pull_lock_image(desired, observed, engine, patience)
    images = _lock_images(desired, observed)
    take = functools.partial(engine.lock, desired.topology, options.holder, images)
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context(take(0.0))
        except LockedError as error:
            if options.lock_timeout_s <= 0:
                raise
            timeout_s = options.lock_timeout_s
            if error.is_watch:
                timeout_s = min(timeout_s, GOING_S)
            else:
                emit(Waiting("", f"{error}; waiting up to {timeout_s:g} s"))
            lock = stack.enter_context(take(timeout_s))
        yield lock
