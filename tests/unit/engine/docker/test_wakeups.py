"""Docker's events and HAProxy's state, as causes to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.desired import names
from reconciler.engine.docker.events import EventReader
from reconciler.engine.docker.haproxy.poll import Poll, _difference, read_facts
from reconciler.engine.docker.haproxy.procfs import Inside, NotHereError
from reconciler.engine.protocol import Wakeup

REPLIES = Path(__file__).parents[2] / "haproxy" / "control" / "replies" / "3.0"


def event(
    action: str, role: str = "server", kind: str = "container", **more: str
) -> dict[str, Any]:
    attributes = {names.TOPOLOGY: "shop", names.ROLE: role, "name": "shop-web-2", **more}
    return {"Type": kind, "Action": action, "Actor": {"ID": "c0ffee", "Attributes": attributes}}


def test_a_death() -> None:
    reader = EventReader()
    died = "container shop-web-2 died (exit 137)"
    assert reader.read(event("die", exitCode="137")) == Wakeup("shop", died)
    assert reader.read(event("oom")) is None
    told = reader.read(event("die", exitCode="137"))
    assert told == Wakeup("shop", "container shop-web-2 died (exit 137, out of memory)")
    assert reader.read(event("die", exitCode="137")) == Wakeup("shop", died)


def test_a_container_that_turns_unhealthy_and_healthy_again() -> None:
    """That a new one is healthy is what whoever made it waits for."""
    reader = EventReader()
    assert reader.read(event("health_status: healthy")) is None
    sick = Wakeup("shop", "container shop-web-2 is unhealthy")
    assert reader.read(event("health_status: unhealthy")) == sick
    well = Wakeup("shop", "container shop-web-2 is healthy again")
    assert reader.read(event("health_status: healthy")) == well
    assert reader.read(event("health_status: healthy")) is None
    reader.know("c0ffee", "shop", is_unhealthy=True)
    assert reader.read(event("health_status: healthy")) == well


def test_what_is_not_ours_or_no_change() -> None:
    reader = EventReader()
    assert reader.read(event("start", role="lock")) is None
    assert reader.read(event("start", role="check")) is None
    assert reader.read(event("exec_create: sh")) is None
    foreign = {"Type": "container", "Action": "die", "Actor": {"ID": "x", "Attributes": {}}}
    assert reader.read(foreign) is None
    assert reader.read({}) is None


def test_a_network_knows_containers_only() -> None:
    reader = EventReader()
    left = {
        "Type": "network",
        "Action": "disconnect",
        "Actor": {"Attributes": {"name": "net", "container": "c0ffee"}},
    }
    assert reader.read(left) is None
    reader.read(event("start"))
    assert reader.read(left) == Wakeup("shop", "a container left network net")
    reader.read(event("destroy"))
    assert reader.read(left) is None


def test_what_haproxy_says() -> None:
    said = "\n".join(
        (REPLIES / name).read_text() for name in ("info.txt", "stat.txt", "servers.txt")
    )
    facts = read_facts(said)
    assert len(facts) > 1
    assert read_facts(said) == facts
    key = next(key for key in facts if key)
    host = key.partition("/")[2]
    up, *rest = facts[key]
    flipped = {**facts, key: (not up, *rest)}
    assert _difference(facts, flipped) == f"HAProxy sees {host} {'down' if up else 'up'}"
    drained = {**facts, key: (*facts[key][:-1], "drained")}
    assert _difference(facts, drained) == f"{host} was changed in HAProxy"
    assert "other servers" in _difference(facts, {"": facts[""]})
    assert "another configuration" in _difference(facts, {**facts, "": ("x", "y")})


def test_a_look_at_haproxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one wakes too: nobody knows what was done before it."""
    files = ("info.txt", "stat.txt", "servers.txt")
    said = ["\n".join((REPLIES / name).read_text(encoding="utf-8") for name in files)]
    woken: list[Wakeup] = []
    trouble: list[OSError] = []

    def answer(*_: object) -> str:
        if trouble:
            raise trouble[0]
        return said[0]

    monkeypatch.setattr("reconciler.engine.docker.haproxy.procfs.Inside.ask", answer)
    poll = Poll(woken.append)
    poll.begin("shop", "c0ffee", Inside(1, "c0ffee"))
    for _ in range(3):
        poll.look()
    assert woken == [Wakeup("shop", "HAProxy was seen for the first time")]
    said[0] = said[0].replace("config=", "config=0", 1)
    poll.look()
    assert woken[1:] == [Wakeup("shop", "HAProxy loaded another configuration")]
    trouble.append(OSError(24, "Too many open files"))
    poll.look()  # that passes
    trouble.clear()
    said[0] = said[0].replace("config=", "config=0", 1)
    poll.look()
    assert len(woken) == 3
    trouble.append(NotHereError())
    poll.look()  # it has ended: no more is asked
    trouble.clear()
    said[0] = said[0].replace("config=", "config=0", 1)
    poll.look()
    assert len(woken) == 3
