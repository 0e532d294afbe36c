"""A HAProxy that says nothing for a moment: nothing is concluded from that."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.rollout import Guard
from reconciler.engine.docker.haproxy import proxy, runtime, wait
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Patience
from reconciler.plan.actions import AwaitIdle, AwaitServers, GuardServers, Target

TARGET = Target("haproxy", "1")
SERVER = ("web", "shop-web-1")
OLD_WORKER = """#<PID>  <type>   <reloads>  <uptime>  <version>
1       master   1    0d00h01m00s  3.0
# workers
9       worker   0    0d00h00m01s  3.0
# old workers
8       worker   1    0d00h01m00s  3.0
# programs

"""
NO_OLD_WORKER = OLD_WORKER.replace("8       worker   1    0d00h01m00s  3.0\n", "")
COLUMNS = "# pxname,svname,scur,stot,hrsp_5xx,status,type,check_status,lastsess\n"
STATES = "# be_id be_name srv_id srv_name srv_addr srv_fqdn srv_admin_state\n"


def stat(status: str = "UP", sessions: int = 0, requests: int = 0, errors: int = 0) -> str:
    row = f"web,web-1,{sessions},{requests},{errors},{status},2,L7OK,0\n"
    return f"{COLUMNS}{row}\n1\n{STATES}3 web 1 web-1 10.0.0.2 shop-web-1 0\n\n"


class Said:
    """HAProxy's answers, one after another; the last is said for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.left = list(answers)
        monkeypatch.setattr(runtime, "ask", self._ask)
        monkeypatch.setattr(wait, "note_addresses", lambda *_: None)
        self.client: Any = None

    def _ask(self, *_: object) -> str:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def test_old_workers_are_not_gone_when_the_master_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = Said(monkeypatch, "", OLD_WORKER, "", OLD_WORKER[:90], NO_OLD_WORKER)
    wait.await_drained(said.client, "1", 5.0, Patience())
    assert said.left == [NO_OLD_WORKER]


def test_servers_are_not_idle_when_the_worker_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, idle = stat("DRAIN", sessions=1), stat("DOWN")
    said = Said(monkeypatch, "", busy, "", busy[:90], idle)
    wait.await_idle(said.client, AwaitIdle(TARGET, (SERVER,), 5.0), Patience())
    assert said.left == [idle]


def test_servers_are_not_lost_when_the_worker_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(monkeypatch, stat(), "", stat())
    action = AwaitServers(TARGET, (SERVER,), steady_s=0.1)
    wait.await_servers(said.client, action, Patience(5.0))


def test_a_guard_watches_though_the_worker_was_silent_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = Said(monkeypatch, "", stat(), stat(requests=10, errors=10))
    action = GuardServers(TARGET, (SERVER,), Guard(window_s=1.0, max_errors=0.1, min_requests=5))
    with pytest.raises(EngineError, match="10 of 10 requests"):
        wait.guard_servers(said.client, action, Patience())


def test_settings_are_made_when_the_worker_speaks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(monkeypatch, "", stat())
    assert [state.host for state in proxy.read_states(said.client, "1")] == ["shop-web-1"]


def test_one_that_never_speaks_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "SILENCE_S", 0.0)
    said = Said(monkeypatch, "")
    with pytest.raises(EngineError, match="does not answer"):
        proxy.read_states(said.client, "1")
