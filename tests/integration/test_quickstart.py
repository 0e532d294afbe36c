"""The first file that anyone tries: from nothing to traffic, and back to nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import ECHO, HAPROXY, release_of
from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.recorder import Recording, recording
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions

QUICKSTART = Path(__file__).parents[2] / "topologies" / "quickstart.yaml"


@pytest.fixture
def quickstart(stack: Stack, haproxy_image: str) -> Stack:
    """The file as it is, but for its name and its ports."""
    stats = free_port()
    text = QUICKSTART.read_text(encoding="utf-8")
    for before, after in (
        ("name: quickstart", f"name: {stack.name}"),
        ("bind: 80", f"bind: {stack.port}"),
        ("port: 8404", f"port: {stats}"),
    ):
        assert before in text
        text = text.replace(before, after)
    stack.text = text
    stack.spec = {"stats": {"port": stats}, "backends": {}}
    stack.env = {"ECHO_IMAGE": ECHO, "HAPROXY_IMAGE": haproxy_image}
    return stack


@pytest.fixture
def spy() -> Iterator[Recording]:
    with tempfile.TemporaryDirectory() as directory, recording(Path(directory)) as record:
        yield record


@both_versions
def test_from_nothing_to_traffic_and_back(quickstart: Stack, spy: Recording) -> None:
    stats = quickstart.spec["stats"]["port"]
    assert quickstart.plan("--detailed-exitcode", expect=2).out.count("+ ") >= 3
    assert quickstart.world.leftovers(quickstart.name) == []

    ended = quickstart.apply()
    assert "3 of 3 servers up" in ended.out.splitlines()[-1]

    answers = [quickstart.get().server for _ in range(9)]
    assert len(set(answers)) == 3
    assert answers[:3] * 3 == answers  # in turn
    page = web.get(stats, "/;csv")
    rows = [line.split(",") for line in page.body.splitlines()]
    status = rows[0].index("status")
    states = [r[status] for r in rows if r[0] == "webservers" and r[1] != "BACKEND"]
    assert [state for state in states if not state.startswith("MAINT")] == ["UP"] * 3
    assert "Statistics Report" in web.get(stats).body
    metrics = web.get(stats, "/metrics").body
    assert 'haproxy_server_status{proxy="webservers",server="webservers-1",state="UP"} 1' in metrics

    assert "up to date (4 containers, 3 of 3 servers up)" in quickstart.plan().out
    assert quickstart.plan("--detailed-exitcode").code == 0
    ids = quickstart.ids()
    again = quickstart.apply(env={"DOCKER_HOST": spy.docker_host})
    assert again.out.splitlines() == [
        f"{quickstart.name}: up to date (4 containers, 3 of 3 servers up)"
    ]
    assert len(spy.requests) > 5
    assert spy.writes == []
    assert quickstart.ids() == ids

    quickstart.destroy()
    quickstart.await_gone()
    assert not web.is_open(quickstart.port)
    assert "up to date" in quickstart.destroy().out


def test_status_tells_what_runs(quickstart: Stack) -> None:
    assert "nothing is running" in quickstart.run("status").out
    quickstart.apply()
    ids = quickstart.ids()

    lines = quickstart.run("status").out.splitlines()
    assert "converged" in lines[0]
    assert f"HAProxy {release_of(HAPROXY)}" in lines[0]
    assert sum(" UP " in line and " L4OK " in line for line in lines) == 3
    document = quickstart.run("status", "--output", "json").document["topologies"][0]
    assert document["converged"] is True
    assert document["haproxy_version"].startswith(release_of(HAPROXY))
    servers = {row["server"]: row for row in document["rows"] if row["backend"]}
    assert set(servers) == {"webservers-1", "webservers-2", "webservers-3"}
    assert all(row["haproxy_state"] == "UP" for row in servers.values())

    quickstart.world.api.kill(ids["webservers-2"])
    assert "drift: " in quickstart.run("status").out
    document = quickstart.run("status", "--output", "json").document["topologies"][0]
    assert document["converged"] is False
    drifted = [row["server"] for row in document["rows"] if row["drift"]]
    assert drifted == ["webservers-2"]


def test_exit_codes_of_plan(quickstart: Stack) -> None:
    assert quickstart.plan().code == 0
    quickstart.plan("--detailed-exitcode", expect=2)
    assert quickstart.text is not None
    quickstart.text = quickstart.text.replace("replicas: 3", "replica: 3")
    ended = quickstart.plan("--detailed-exitcode", expect=1)
    assert "did you mean `replicas`?" in ended.err
    assert ":17:" in ended.err


def test_without_a_terminal_nothing_is_done_unasked(quickstart: Stack) -> None:
    ended = quickstart.run("apply", expect=1)
    assert "--yes" in ended.err
    assert quickstart.world.leftovers(quickstart.name) == []


def test_json_says_the_same(quickstart: Stack) -> None:
    plan = quickstart.plan_document()
    assert not plan["empty"]
    events = quickstart.apply("--output", "json").events
    assert events[0]["event"] == "plan"
    assert events[-1]["event"] == "result"
    assert events[-1]["converged"] is True
    done = {event["step"] for event in events if event["event"] == "step_done"}
    assert done == {step["id"] for step in plan["steps"]}
    assert quickstart.plan_document()["empty"]
    assert json.loads(quickstart.apply("--output", "json").out.splitlines()[-1])["converged"]
