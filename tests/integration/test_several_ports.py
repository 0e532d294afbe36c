"""Containers that several backends have, each at a port of its own."""

from __future__ import annotations

import threading

import pytest

from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions

TCP_PORT = 9000
"""At which the echo server gives bytes back."""


class Echoes:
    """Short TCP connections, one after another, while the context lasts."""

    def __init__(self, port: int) -> None:
        self.port, self.count = port, 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Echoes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        for number in range(20_000):
            if self._stop.wait(0.005):
                break
            sent = f"{number}\n".encode()
            try:
                answer = web.exchange(self.port, sent)
            except OSError as error:
                answer = repr(error).encode()
            self.count += 1
            if answer != sent:
                self.failures.append(f"{number}: {answer!r}")


@both_versions
def test_both_ports_of_a_container_change_together(stack: Stack) -> None:
    port = free_port()
    stack.spec["backends"]["live"] = {
        "containers_of": "web", "port": TCP_PORT, "mode": "tcp", "balance": "leastconn",
    }  # fmt: skip
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
        with Traffic(stack.port) as traffic, Echoes(port) as echoes:
            stack.apply()
            traffic.go_on()
        traffic.assert_lossless()
        assert (echoes.failures, echoes.count > 10) == ([], True)
        assert len(stack.ids()) == replicas + 1
        assert stack.plan_document()["empty"]
    assert not {i for slot, i in stack.ids().items() if before.get(slot) == i} - {stack.haproxy}
    assert stack.world.workers(stack.haproxy) == workers, "there was a reload"

    del stack.spec["backends"]["live"]
    stack.spec["backends"]["raw"] = echo_backend(port=TCP_PORT, mode="tcp")
    stack.spec["frontends"]["live"]["default_backend"] = "raw"
    stack.backend["env"] = {"RELEASE": "3"}
    with Traffic(stack.port) as traffic, Echoes(port) as echoes:
        stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert (echoes.failures, echoes.count > 10) == ([], True)
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
