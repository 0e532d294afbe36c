"""Containers that several backends have, each at a port of its own."""

from __future__ import annotations

import itertools

import pytest

from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions
from tests.integration.support.visitors import Visitors

_NUMBERS = itertools.count()
TCP_PORT = 9000
"""At which the echo server gives bytes back."""


def _echoed(port: int) -> web.Response:
    """As if it had a status: whether a short TCP connection gives back what it is sent."""
    sent = f"{next(_NUMBERS)}\n".encode()
    return web.Response(200 if web.exchange(port, sent) == sent else 502, {}, "")


@both_versions
def test_both_ports_of_a_container_change_together(stack: Stack) -> None:
    port = free_port()
    stack.spec["backends"]["live"] = {
        "containers_of": "web",
        "port": TCP_PORT,
        "mode": "tcp",
        "balance": "leastconn",
    }
    stack.spec["frontends"]["live"] = {"bind": f"127.0.0.1:{port}", "default_backend": "live"}
    stack.apply()
    assert web.exchange(port, b"hello") == b"hello"
    document = stack.run("status", "--output", "json").document
    rows = {row["server"]: row for row in document["topologies"][0]["rows"]}
    assert {"web-1", "web-2", "live-1", "live-2"} < set(rows)
    assert rows["live-1"]["container"] == rows["web-1"]["container"]
    assert rows["live-1"]["address"] == rows["web-1"]["address"]

    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    for change, replicas in (
        ({"env": {"RELEASE": "2"}}, 2),
        ({"replicas": 3}, 3),
        ({"replicas": 1}, 1),
    ):
        stack.backend.update(change)
        with Traffic(stack.port) as traffic, Visitors(lambda: _echoed(port), 1, 0.005) as echoes:
            stack.apply()
            traffic.go_on()
        traffic.assert_lossless()
        assert (echoes.failures, echoes.served > 10) == ([], True)
        assert len(stack.ids()) == replicas + 1
        assert stack.plan_document()["empty"]
    assert not {i for slot, i in stack.ids().items() if before.get(slot) == i} - {stack.haproxy}
    assert stack.world.workers(stack.haproxy) == workers, "there was a reload"

    del stack.spec["backends"]["live"]
    stack.spec["backends"]["raw"] = echo_backend(port=TCP_PORT, mode="tcp")
    stack.spec["frontends"]["live"]["default_backend"] = "raw"
    stack.backend["env"] = {"RELEASE": "3"}
    with Traffic(stack.port) as traffic, Visitors(lambda: _echoed(port), 1, 0.005) as echoes:
        stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert (echoes.failures, echoes.served > 10) == ([], True)
    stack.assert_converged()


@pytest.mark.parametrize("where", ["default", "rule", "frontend"])
def test_traffic_moves_to_a_new_backend_when_that_can_take_it(stack: Stack, where: str) -> None:
    """Its program needs a while before it listens, and Docker knows nothing of that."""
    stack.apply()
    stack.spec["backends"]["new"] = echo_backend(env={"START_DELAY": "1.5"})
    www = stack.spec["frontends"]["www"]
    match where:
        case "default":
            www["default_backend"] = "new"
        case "rule":
            www["rules"] = [{"path_prefix": "/", "backend": "new"}]
        case _:  # of another name, at the same port
            stack.spec["frontends"] = {"renamed": {**www, "default_backend": "new"}}
    with Traffic(stack.port) as traffic:
        stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert set(traffic.served) > {stack.ids()["new-1"][:12]}
    assert stack.plan_document()["empty"]
