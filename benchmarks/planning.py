"""Planning alone: from what is wanted and what was seen to the steps, no engine involved."""

from __future__ import annotations

import statistics

from benchmarks.goals import Row, limit
from benchmarks.pairs import Contender, report, take_turns
from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.spec import describe
from reconciler.plan.observed import Observed, ObservedContainer, ObservedNetworkLink
from reconciler.plan.planner import plan_changes
from reconciler.topology.model import Topology

REPLICAS = 1000
GOAL_MS = 100.0


def measure_planning(rounds: int) -> list[Row]:
    desired, changed = wish_of("a"), wish_of("b")
    observed = as_wanted(desired)
    contenders = [
        Contender("nothing to do", lambda: _plan(desired, observed)),
        Contender("replace all", lambda: _plan(changed, observed)),
        Contender("create all", lambda: _plan(desired, Observed())),
    ]
    times = take_turns(contenders, rounds or 7)
    report(f"plan {REPLICAS} replicas", times, "nothing to do", {})
    return [
        limit(f"plan {REPLICAS} replicas: {name}", statistics.median(seconds) * 1e3, GOAL_MS)
        for name, seconds in times.items()
    ]


def _plan(desired: Desired, observed: Observed) -> None:
    plan_changes(desired, observed)


def wish_of(value: str, replicas: int = REPLICAS) -> Desired:
    backend = {"image": "app:1", "replicas": replicas, "port": 8080, "env": {"A": value}}
    frontend = {"bind": 80, "default_backend": "web"}
    topology = Topology.model_validate(
        {"name": "bench", "backends": {"web": backend}, "frontends": {"www": frontend}}
    )
    return compile_topology(topology, "/")


def as_wanted(desired: Desired) -> Observed:
    containers = tuple(
        ObservedContainer(
            id=container.name,
            name=container.name,
            slot=slot,
            revision=container.revision,
            given_name=container.name,
            described=describe(container.spec, {}),
            image_id="sha256:1",
            state="running",
            restart=container.spec.restart,
            networks={
                a.network: ObservedNetworkLink("n", "10.0.0.1", frozenset(a.aliases))
                for a in container.spec.networks
            },
        )
        for slot, container in desired.containers.items()
    )
    return Observed(containers, images={"app:1": "sha256:1"})
