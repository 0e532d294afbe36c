"""Servers that are no containers, beside containers: real requests, and no reload for amounts."""

from __future__ import annotations

from functools import partial
from typing import Any

from reconciler.engine.docker.haproxy.runtime import ask
from reconciler.haproxy.paths import RUNTIME_SOCKET
from tests.integration.support.outside import Talker, address_of_bridge, outside_server, talker
from tests.integration.support.ports import free_port
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


def test_servers_are_asked_in_their_own_words(stack: Stack) -> None:
    """One that says something else is down, and gets traffic again when it says the right thing."""
    mail = (b"220 hello\r\n", {b"EHLO lb.example\r\n": b"250 ok\r\n", b"QUIT\r\n": b"221 bye\r\n"})
    login = {b"AUTH it's\r\n": b"+OK\r\n", b"PING\r\n": b"+PONG\r\n"}
    with (
        talker(b"", {b"*1\r\n$4\r\nPING\r\n": b"+PONG\r\n"}) as redis,
        talker(*mail) as smtp,
        talker(b"", login) as spoken,
    ):
        gateway = address_of_bridge(stack.world)
        steps = [
            {"send": "AUTH it's\r\n"},
            {"expect": "+OK"},
            {"send": "PING\r\n"},
            {"expect": "+PONG"},
        ]
        checks: dict[str, tuple[Talker, dict[str, Any]]] = {
            "redis": (redis, {"type": "redis"}),
            "mail": (smtp, {"type": "smtp", "host": "lb.example"}),
            "spoken": (spoken, {"steps": steps}),
        }
        for name, (there, check) in checks.items():
            stack.spec["backends"][name] = {
                "mode": "tcp",
                "servers": [{"name": name, "address": gateway, "port": there.port}],
                "check": {**check, "interval": "200ms", "timeout": "1s", "rise": 1, "fall": 1},
            }
            stack.spec["frontends"][f"{name}-in"] = {
                "bind": f"127.0.0.1:{free_port()}",
                "default_backend": name,
            }
        stack.apply()

        def is_up(name: str) -> bool:
            return str(_rows(stack)[name]["haproxy_state"]) == "UP"

        for name in checks:
            await_true(partial(is_up, name), f"{name} is up")
        spoken.answers[b"PING\r\n"] = b"-ERR\r\n"
        await_true(lambda: not is_up("spoken"), "what is said counts")
        assert is_up("redis")
        assert is_up("mail")
        spoken.answers[b"PING\r\n"] = b"+PONG\r\n"
        await_true(lambda: is_up("spoken"), "it is asked again")
