"""Servers that are no containers, beside containers: real requests, and no reload for amounts."""

from __future__ import annotations

from typing import Any

from reconciler.engine.docker.haproxy.runtime import ask
from reconciler.haproxy.paths import RUNTIME_SOCKET
from tests.integration.support.outside import outside_server
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions
from tests.integration.support.waiting import await_true


def _rows(stack: Stack) -> dict[str, dict[str, Any]]:
    document = stack.run("status", "--output", "json").document
    return {row["server"]: row for row in document["topologies"][0]["rows"]}


def _answers(stack: Stack) -> set[bool]:
    """Whether answers come from the server outside, of a bounded number of requests."""
    answers = [stack.get() for _ in range(12)]
    assert {answer.status for answer in answers} == {200}
    return {answer.body.startswith("outside") for answer in answers}


@both_versions
def test_a_server_beside_containers(stack: Stack) -> None:
    with outside_server(stack.world) as (address, port):
        old = {"name": "old", "address": address, "port": port, "weight": 2}
        stack.backend.update(replicas=1, servers=[old], check={"path": "/", "interval": "200ms"})
        stack.apply()
        await_true(lambda: _answers(stack) == {True, False}, "both answer")
        workers = stack.world.workers(stack.haproxy)
        row = _rows(stack)["old"]
        assert (row["container"], row["address"], row["weight"]) == (None, address, 2)

        told = "set server web/old state drain;set server web/old weight 9"
        assert not ask(stack.world.api, stack.haproxy, RUNTIME_SOCKET, told).strip()
        drift = "drained by hand; weight 9 by hand, 2 in the file"
        assert _rows(stack)["old"]["drift"] == drift
        assert _answers(stack) == {False}
        old["weight"] = 3
        assert "no reload" in stack.plan().out
        stack.apply()
        assert (_rows(stack)["old"]["weight"], _rows(stack)["old"]["drift"]) == (3, "")
        assert _answers(stack) == {True, False}
        stack.backend["env"] = {"RELEASE": "2"}  # containers roll on beside it
        stack.apply()
        assert _answers(stack) == {True, False}
        assert stack.world.workers(stack.haproxy) == workers

        old["backup"] = True
        stack.apply()
        assert _answers(stack) == {False}
        stack.world.api.pause(stack.ids()["web-1"])
        await_true(lambda: stack.get().body.startswith("outside"), "the backup takes over")
        stack.world.api.unpause(stack.ids()["web-1"])
        del stack.backend["servers"]
        stack.apply()
        assert "up to date" in stack.plan().out
