"""Changes under load: not one request may fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions

pytestmark = both_versions


@dataclass(frozen=True)
class Case:
    """A change of a file, the impact that the plan must tell, and the servers there are then."""

    name: str
    change: Callable[[Stack], object]
    impact: str
    servers: int = 3


SCALING = [
    Case("up", lambda s: s.backend.update(replicas=5), "runtime", 5),
    Case("down", lambda s: s.backend.update(replicas=1), "runtime", 1),
    Case("beyond the spares", lambda s: s.backend.update(replicas=9), "reload", 9),
]
CHANGES = [
    Case("weight", lambda s: s.backend.update(weight=20, maxconn=50), "runtime"),
    Case("check", lambda s: s.backend.update(check="/health"), "reload"),
    Case("env", lambda s: s.backend.update(env={"VERSION": "2"}), "replace"),
    Case(
        "surge",
        lambda s: s.backend.update(env={"V": "2"}, rollout={"max_surge": "100%"}),
        "replace",
    ),
    Case(
        "stop first",
        lambda s: s.backend.update(env={"V": "3"}, rollout={"order": "stop-first"}),
        "replace",
    ),
    Case("timeouts", lambda s: s.spec["haproxy"].update(timeouts={"client": "12s"}), "reload"),
    Case("limits", lambda s: s.backend.update(resources={"cpus": 1.5, "memory": "96m"}), "none"),
    Case("network", lambda s: s.backend.update(networks=["default", "extra"]), "runtime"),
]


@pytest.mark.long
@pytest.mark.parametrize("cases", [SCALING, CHANGES], ids=["scaling", "changes"])
def test_no_request_is_lost(stack: Stack, cases: list[Case]) -> None:
    stack.spec["networks"] = {"extra": None}
    stack.backend["replicas"] = 3
    stack.apply()
    for case in cases:
        case.change(stack)
        assert stack.plan_document()["impact"] == case.impact, case.name
        with Traffic(stack.port) as traffic:
            stack.apply()
            traffic.go_on()
        assert traffic.failures == [], case.name
        stack.assert_converged()
        assert len(stack.ids()) == case.servers + 1, case.name


@pytest.mark.parametrize("others", [1, 20], ids=["rules", "a map"])
def test_a_host_moves_off_a_backend_that_goes_to_zero(stack: Stack, others: int) -> None:
    """Old servers serve until nothing is sent to them, and new ones do before that."""
    site, *rest = ["127.0.0.1", *(f"h{number}.example" for number in range(others))]
    empty = echo_backend(replicas=0)
    stack.spec["backends"].update(old=echo_backend(replicas=2), new=empty)
    moved = [{"host": site, "backend": "new"}, {"host": rest, "backend": "old"}]
    rules = [{"host": [site, *rest], "backend": "old"}, {"host": "new.example", "backend": "new"}]
    stack.spec["frontends"]["www"]["rules"] = rules
    stack.apply()
    stack.spec["frontends"]["www"]["rules"] = moved
    stack.spec["backends"].update(old=empty, new=echo_backend())
    assert stack.plan_document()["impact"] == ("reload" if others == 1 else "runtime")
    with Traffic(stack.port) as traffic:
        stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert set(stack.ids()) == {"haproxy", "web-1", "web-2", "new-1"}
    assert stack.plan_document()["empty"]


def test_slow_answers_are_waited_for(stack: Stack) -> None:
    """Old servers leave only when the old worker has finished the requests it has."""
    stack.apply()
    stack.backend["env"] = {"VERSION": "2"}
    with Traffic(stack.port, "/slow?seconds=1.5", one_shot=6, keep_alive=6) as traffic:
        stack.apply()
        traffic.go_on(24)
    assert not traffic.failures


@pytest.mark.long
def test_answers_that_take_longer_than_the_drain(stack: Stack) -> None:
    """What may be asked twice is asked again, of a server that stays."""
    stack.backend["rollout"] = {"drain_timeout": "200ms"}
    stack.apply()
    stack.backend["env"] = {"VERSION": "2"}
    with Traffic(stack.port, "/slow?seconds=3", one_shot=6, keep_alive=6) as traffic:
        stack.apply()
        traffic.go_on(24)
    assert not traffic.failures
    stack.assert_converged()


@pytest.mark.long
def test_many_changes_in_a_row(stack: Stack) -> None:
    stack.apply()
    with Traffic(stack.port) as traffic:
        for number in range(2, 5):
            stack.backend.update(env={"VERSION": str(number)}, replicas=1 + number % 2)
            stack.spec["haproxy"]["timeouts"] = {"client": f"{10 + number}s"}
            stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert stack.get("/env/VERSION").body == "4"


CONFIG = "/usr/local/etc/haproxy/haproxy.cfg"
LOST = {
    "emptied": f": > {CONFIG}",
    "gone": f"rm {CONFIG}",
    "edited": f"echo '# by hand' >> {CONFIG}",
}


@pytest.mark.long
def test_a_lost_configuration_moves_nobody_to_who_does_not_serve_yet(stack: Stack) -> None:
    """What HAProxy runs is known although its file is not: nobody is sent to containers that are
    only about to listen."""
    stack.backend["env"] = {"START_DELAY": "1.5"}
    stack.apply()
    with Traffic(stack.port) as traffic:
        for version, command in enumerate(LOST.values()):
            stack.world.run_in(stack.haproxy, "sh", "-c", command, user="root")
            stack.backend["env"]["VERSION"] = str(version)
            stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    stack.assert_converged()
