"""What stands in the way of a plan, where no engine in memory can have it."""

from __future__ import annotations

from reconciler.desired.compile import compile_topology
from reconciler.plan.observed import Observed
from reconciler.plan.planner import plan_changes
from tests.unit.topology.loading import good, topology_with

MISSING = frozenset({"/run/shop", "/srv/conf", "/srv/made", "/elsewhere"})
WEB = (
    "volumes: ['/srv/conf:/etc/app', "
    "{type: bind, source: /srv/made, target: /b, bind: {create_host_path: true}}]"
)


def problems(bind: str) -> list[str]:
    topology = good(topology_with(WEB, frontend=f"bind: {bind}"))
    desired = compile_topology(topology, "/srv")
    plan = plan_changes(desired, Observed(missing_paths=MISSING))
    return [f"{p.code} {p.message}; {p.hint}" for p in plan.problems if p.code == "no-such-path"]


def test_paths_of_the_host_that_are_not_there() -> None:
    socket, mount = problems("unix@/run/shop/www.sock")
    assert socket == (
        "no-such-path `/run/shop` is not there on the host, and HAProxy is to open a socket in it; "
        "make it, for the user that HAProxy is: `install -d -o 99 /run/shop`"
    )
    assert mount.startswith("no-such-path `/srv/conf` is not there on the host, and `shop-web-1-")
    assert mount.endswith("make it, or add `bind: {create_host_path: true}` to the mount")


def test_what_nobody_mounts_is_in_nobodys_way() -> None:
    assert len(problems("80")) == 1
