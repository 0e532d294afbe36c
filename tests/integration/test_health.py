"""A container that turns unhealthy, by Docker's health check, while its port answers."""

from __future__ import annotations

from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import watching

CHECK = {"test": "test ! -e /tmp/ill", "interval": "200ms", "retries": 1}


def _turn(stack: Stack, container: str, *, healthy: bool) -> None:
    command = ["rm" if healthy else "touch", "/tmp/ill"]  # in the container
    made = stack.world.api.exec_create(container, command, user="0")
    stack.world.api.exec_start(made["Id"])


def _health(stack: Stack, slot: str) -> str:
    return str(stack.by_slot()[slot]["State"]["Health"]["Status"])


def test_an_apply_keeps_it_from_traffic_and_says_so(stack: Stack) -> None:
    stack.backend.update(healthcheck=CHECK, on_unhealthy="drain")
    stack.apply()
    before = stack.ids()
    names = {slot: c["Name"].lstrip("/") for slot, c in stack.by_slot().items()}
    assert "up to date" in stack.plan().out
    _turn(stack, before["web-1"], healthy=False)
    await_true(lambda: _health(stack, "web-1") == "unhealthy", "it is unhealthy")
    with Traffic(stack.port) as traffic:
        failed = stack.apply(expect=1)
        traffic.go_on()
    traffic.assert_lossless()
    assert "1 of 2 servers up" in failed.out
    assert "is unhealthy; it gets no traffic" in failed.err
    assert "gets no traffic" in stack.plan().out
    assert f"not serving: {names['web-1']} is unhealthy" in stack.run("status").out
    _turn(stack, before["web-1"], healthy=True)
    await_true(lambda: _health(stack, "web-1") == "healthy", "it is healthy again")
    assert "2 of 2 servers up" in stack.apply().out
    assert stack.ids() == before


def test_a_daemon_replaces_it_without_losing_a_request(stack: Stack) -> None:
    stack.backend.update(healthcheck=CHECK, rollout={"ready_timeout": "3s"})
    stack.write()
    with watching(stack.file, directory=stack.directory) as daemon:
        daemon.await_outcome("converged")
        before = stack.ids()
        daemon.forget()
        with Traffic(stack.port) as traffic:
            _turn(stack, before["web-2"], healthy=False)
            daemon.await_begun("is unhealthy")
            daemon.await_outcome("converged")
            traffic.go_on()
        traffic.assert_lossless()
        now = stack.ids()
        assert now["web-1"] == before["web-1"]
        assert before["web-2"] not in stack.all_ids()
        assert daemon.end() == 0
