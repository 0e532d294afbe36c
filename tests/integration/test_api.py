"""The public API on Docker, once: as docs/api.md has it, from a file to traffic and back."""

from __future__ import annotations

import queue
import threading

from reconciler import (
    DockerEngines,
    Impact,
    apply_topology,
    compile_topology,
    events,
    load_topology,
    plan_topology,
    watch_topologies,
)
from tests.integration.support import web
from tests.integration.support.stack import Stack


def test_from_a_file_to_traffic_and_back(stack: Stack) -> None:
    stack.write()
    engines, desired = DockerEngines(), compile_topology(load_topology(stack.file))
    assert plan_topology(desired, engines).impact is Impact.NONE
    seen: list[events.Event] = []
    result = apply_topology(desired, engines, on_event=seen.append)
    assert result.converged, result.failures
    assert web.get(stack.port).status == 200
    assert {type(event) for event in seen} >= {events.PlanStarted, events.StepDone}
    assert plan_topology(desired, engines).is_empty
    assert apply_topology(desired.emptied(), engines).converged
    assert stack.world.containers(stack.name) == []


def test_a_daemon_heals_and_ends(stack: Stack) -> None:
    stack.write()
    stop, told = threading.Event(), queue.Queue[events.PassEnded]()

    def note(topology: str, news: events.News) -> None:
        if isinstance(news, events.PassEnded) and news.outcome is events.Outcome.CONVERGED:
            assert topology == stack.name
            told.put(news)

    daemon = threading.Thread(
        target=watch_topologies, args=(stack.file, DockerEngines(), stop), kwargs={"on_event": note}
    )
    daemon.start()
    try:
        assert told.get(timeout=120).servers_up == 2
        stack.world.api.kill(stack.world.containers(stack.name, role="server")[0]["Id"])
        assert told.get(timeout=120).has_healed
    finally:
        stop.set()
        daemon.join(60)
    assert not daemon.is_alive()
