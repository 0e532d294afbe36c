"""The way back from a HAProxy that does not serve: it holds when Docker fails on it, too."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest

from reconciler.engine.docker.haproxy import handover, proxy, replace
from reconciler.engine.errors import EngineError
from reconciler.plan.actions import ReplaceProxy, Target

OLD, NEW = Target("haproxy-1", "old"), Target("haproxy-2", "new")


class Client:
    """Two containers that are started and stopped; requests fail as often as told."""

    base_url = "tcp://elsewhere"

    def __init__(self, **failures: int) -> None:
        self.failures = failures
        self.has_ports = True
        self.running = {"old"}

    def _may_fail(self, request: str) -> None:
        if self.failures.get(request, 0):
            self.failures[request] -= 1
            raise docker.errors.APIError(f"{request}: the engine is away")

    def inspect_container(self, container: str) -> dict[str, Any]:
        is_running = container in self.running
        status = "running" if is_running else "exited"
        state = {"Status": status, "Running": is_running, "Paused": False}
        return {"State": state, "Config": {}}

    def start(self, container: str) -> None:
        self._may_fail(f"start_{container}")
        if self.has_ports and self.running - {container}:
            raise docker.errors.APIError("port is already allocated")
        self.running.add(container)

    def stop(self, container: str, timeout: int) -> None:
        assert timeout >= 0
        self._may_fail(f"stop_{container}")
        self.running.discard(container)

    def kill(self, container: str, _: str) -> None:
        self.running.discard(container)


@pytest.fixture(autouse=True)
def _nothing_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (replace, handover):
        monkeypatch.setattr(module, "is_confirmed", lambda *_: False)
    for module in (replace, proxy):
        monkeypatch.setattr(module, "why_not_running", lambda *_: ("", ["a line of its log"]))


def fail_to_replace(client: Any) -> EngineError:
    action = ReplaceProxy(OLD, NEW, "digest")
    with pytest.raises(EngineError) as raised:
        replace.replace_proxy(client, action)
    return raised.value


def test_the_old_one_serves_again() -> None:
    client = Client()
    assert "the old one serves again" in str(fail_to_replace(client))
    assert client.running == {"old"}


@pytest.mark.parametrize("request_", ["start_old", "stop_new"])
def test_the_way_back_is_tried_again(request_: str) -> None:
    client = Client(**{request_: 3})
    fail_to_replace(client)
    assert client.running == {"old"}


def test_nobody_says_that_the_old_one_serves_when_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replace, "BACK_S", 0.05, raising=False)
    client = Client(start_old=10_000)
    told = str(fail_to_replace(client))
    assert "serves again" not in told
    assert "does not start again" in told


def test_a_new_one_that_took_nothing_over_is_stopped_whatever_its_log_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise docker.errors.APIError("no log driver can read that")

    monkeypatch.setattr(proxy, "why_not_running", fail)
    client: Any = Client()
    client.has_ports = False
    with pytest.raises(EngineError, match="the old one goes on"):
        handover.hand_over(client, OLD, NEW, "digest")
    assert client.running == {"old"}
