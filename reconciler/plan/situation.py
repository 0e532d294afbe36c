"""What a plan is made from: what is wanted, what is there, and what was decided about each part.

It is made once, and every part of the plan is a function of it. Nothing here is about order: what
comes before what is said by the planner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.desired.desired import Desired, Slot
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.haproxy.config import Config
from reconciler.haproxy.model import Proxy
from reconciler.plan.decide.addresses import assign_addresses
from reconciler.plan.decide.conflicts import find_problems
from reconciler.plan.decide.fallback import without_attempts
from reconciler.plan.decide.holders import holders_elsewhere
from reconciler.plan.decide.jobs import JobPlan, plan_jobs
from reconciler.plan.decide.namespace import networks_of_proxy, running_proxy
from reconciler.plan.decide.networks import NetworkPlan, plan_networks
from reconciler.plan.decide.proxy import ProxyNeed, proxy_need
from reconciler.plan.decide.repair import Repair, plan_repair
from reconciler.plan.decide.rotation import (
    Rotation,
    plan_rotations,
    running_config,
    without_unreachable,
)
from reconciler.plan.decide.slots import Assignment, assign_slots
from reconciler.plan.decide.volumes import leaving_volumes
from reconciler.plan.decide.workers import WorkerRoll, plan_workers
from reconciler.plan.observed import Observed, ObservedContainer


class Situation(Struct, frozen=True):
    desired: Desired
    observed: Observed
    assignment: Assignment
    """Which containers stay, are made, and leave."""
    networks: NetworkPlan
    leaving_volumes: tuple[str, ...]
    """Docker names of the volumes to remove."""
    holders: Mapping[str, Sequence[ObservedContainer]]
    """Containers that leave, and hold a port or address that another backend gets; by that one."""
    jobs: JobPlan
    proxy: Proxy | None
    """As it is wanted, with the addresses that its servers will have."""
    repair: Config | None
    """What HAProxy runs, where its file does not say so: to be loaded again before all else."""
    running: Config | None
    """The written haproxy.cfg, if it is ours and HAProxy runs it, servers aside."""
    rotations: Mapping[str, Rotation]
    """Servers that change without a reload, by the backend that describes their containers."""
    workers: Mapping[str, WorkerRoll]
    """Roll-outs of containers that HAProxy knows nothing of, by backend."""
    rolled: frozenset[Slot]
    """The slots whose containers a roll-out brings up."""
    need: ProxyNeed
    """What has to become of HAProxy itself."""
    problems: tuple[Diagnostic, ...]
    """Why nothing of all this can be done."""

    def networks_of(self, proxy: ObservedContainer) -> set[str]:
        """The networks on which a HAProxy reaches servers, once what stays has joined its own."""
        return networks_of_proxy(proxy, self.desired, self.observed, self.assignment)


def assess(desired: Desired, observed: Observed, *, remove_volumes: bool) -> Situation:
    """The situation, from what is wanted and what is there. `remove_volumes` lets volumes go that
    are no longer wanted; else they always stay."""
    observed = (without_attempts(desired, observed) if desired.is_kept else observed).ordered()
    networks = plan_networks(desired, observed)
    slots = assign_slots(desired, observed)
    assignment, address_problems = assign_addresses(desired, observed, networks, slots)
    jobs = plan_jobs(desired, observed)
    proxy, config = desired.proxy_with(assignment.hosts), desired.config(assignment.hosts)
    repair, unknown = plan_repair(observed, assignment, proxy, config)
    if repair is not None:
        observed = _repaired(observed, repair)
    rotations = _rotations(desired, observed, assignment, networks, proxy, config)
    workers = plan_workers(desired, observed, assignment)
    sources = {backend.source for backend in proxy.backends} if proxy else ()
    need = proxy_need(assignment, observed, config, rotations, sources)
    problems = find_problems(desired, observed, assignment, jobs)
    return Situation(
        desired=desired,
        observed=observed,
        assignment=assignment,
        networks=networks,
        leaving_volumes=leaving_volumes(desired, observed, remove_volumes=remove_volumes),
        holders=holders_elsewhere(assignment),
        jobs=jobs,
        proxy=proxy,
        repair=repair.config if repair else None,
        running=running_config(observed.proxies.get(need.have.id) if need.have else None),
        rotations=rotations,
        workers=workers,
        rolled=frozenset(
            (
                *(slot for roll in workers.values() for slot in roll.joins),
                *(member.slot for rotation in rotations.values() for member in rotation.joins),
            )
        ),
        need=need,
        problems=(*problems, *address_problems, *unknown),
    )


def _repaired(observed: Observed, repair: Repair) -> Observed:
    """What is there once a HAProxy has loaded again what it runs."""
    seen = replace(observed.proxies[repair.proxy], config=repair.config.text)
    return replace(observed, proxies={**observed.proxies, repair.proxy: seen})


def _rotations(
    desired: Desired,
    observed: Observed,
    assignment: Assignment,
    networks: NetworkPlan,
    proxy: Proxy | None,
    config: Config | None,
) -> dict[str, Rotation]:
    """The servers that can be changed in the HAProxy that is there, as it is, by backend. None can
    be while networks are made anew, or when not all is known."""
    have = running_proxy(observed, assignment)
    if have is None or observed.gaps or networks.replace:
        return {}
    leaving = {host: c.slot for c in assignment.leaving for host in c.hosts}
    known = observed.proxies.get(have.id)
    rotations = plan_rotations(desired, proxy, config, known, leaving, assignment.health)
    joined = networks_of_proxy(have, desired, observed, assignment)
    return without_unreachable(rotations, desired, joined)
