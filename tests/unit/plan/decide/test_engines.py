"""What an engine is too old for is told before anything is touched."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.plan.observed import Observed
from reconciler.plan.planner import plan_changes
from tests.unit.topology.loading import good, topology_with

NEWER = {
    "annotations: {a.b/c: d}": ("annotations", "24", (1, 43)),
    "healthcheck: {test: [CMD, x], start_interval: 1s}": ("start_interval", "25", (1, 44)),
    "networks: {default: , b: {mac_address: 02:00:00:00:00:01}}\nrollout: {order: stop-first}": (
        "mac_address",
        "25",
        (1, 44),
    ),
    "volumes: [{source: data, target: /d, volume: {subpath: a}}]": ("subpath", "26", (1, 45)),
}


@pytest.mark.parametrize(("yaml", "known"), NEWER.items(), ids=NEWER.keys())
def test_what_an_engine_is_too_old_for(yaml: str, known: tuple[str, str, tuple[int, int]]) -> None:
    key, docker, (major, minor) = known
    desired = compile_topology(
        good(topology_with(yaml, rest="networks: {b: {}}" if "b:" in yaml else "")), "/srv"
    )
    (problem,) = plan_changes(desired, Observed(api=(major, minor - 1))).problems
    assert problem.code == "engine-too-old"
    assert problem.message == (
        f"`{key}` of `web` needs Docker {docker}, and this engine speaks API {major}.{minor - 1}"
    )
    assert plan_changes(desired, Observed(api=(major, minor))).problems == ()
    assert plan_changes(desired, Observed()).problems == ()
