"""Whatever is done by hand is found and healed, and by no more than it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.haproxy.paths import CONFIG_PATH
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions
from tests.integration.support.waiting import await_true

Act = Callable[[Stack, str], object]


@dataclass(frozen=True)
class Drift:
    """`act` gets the id of the container of `slot`. `kept` says whether it is healed in place."""

    name: str
    act: Act
    slot: str = "web-1"
    kept: bool = True
    whole: bool = True
    """HAProxy's worker goes on as if nothing had happened."""


def _network(stack: Stack) -> str:
    return f"{stack.name}-default"


def _disconnect(stack: Stack, container: str) -> None:
    stack.world.api.disconnect_container_from_network(container, _network(stack))


def _rename(stack: Stack, container: str) -> None:
    stack.world.api.rename(container, f"{stack.name}-by-hand")


def _limit(stack: Stack, container: str) -> None:
    stack.world.api.update_container(container, mem_limit=96 << 20, memswap_limit=192 << 20)


def _edit(stack: Stack, container: str) -> None:
    stack.world.run_in(container, "sh", "-c", f"echo '# by hand' >> {CONFIG_PATH}")


def _break(stack: Stack, container: str) -> None:
    stack.world.run_in(container, "sh", "-c", f"echo nonsense >> {CONFIG_PATH}")


def _reload_other(stack: Stack, container: str) -> None:
    """Somebody tries something out: a configuration of theirs runs, and ours is written again."""
    run = stack.world.run_in
    before = stack.world.workers(container)
    run(container, "cp", CONFIG_PATH, "/tmp/ours")
    run(container, "sh", "-c", f"sed s/config=/config=0/ /tmp/ours > {CONFIG_PATH}")
    stack.world.api.kill(container, "SIGUSR2")
    await_true(
        lambda: (
            before.isdisjoint(stack.world.workers(container)) and stack.world.workers(container)
        ),
        "another worker runs",
    )
    run(container, "sh", "-c", f"cat /tmp/ours > {CONFIG_PATH}")


def _empty(stack: Stack, container: str) -> None:
    stack.world.run_in(container, "sh", "-c", f": > {CONFIG_PATH}")


SERVERS = [
    Drift("stopped", lambda s, c: s.world.api.stop(c, timeout=1)),
    Drift("killed", lambda s, c: s.world.api.kill(c)),
    Drift("paused", lambda s, c: s.world.api.pause(c)),
    Drift("removed", lambda s, c: s.world.remove(c), kept=False),
    Drift("renamed", _rename),
    Drift("disconnected", _disconnect),
    Drift(
        "connected elsewhere", lambda s, c: s.world.api.connect_container_to_network(c, "bridge")
    ),
    Drift("other memory", _limit),
    Drift(
        "other policy",
        lambda s, c: s.world.api.update_container(c, restart_policy={"Name": "always"}),
    ),
]
PROXIES = [
    Drift("stopped", lambda s, c: s.world.api.stop(c, timeout=1), "haproxy", whole=False),
    Drift("killed", lambda s, c: s.world.api.kill(c), "haproxy", whole=False),
    # What a frozen worker runs cannot be asked, so it is reloaded as soon as it wakes.
    Drift("paused", lambda s, c: s.world.api.pause(c), "haproxy", whole=False),
    Drift("removed", lambda s, c: s.world.remove(c), "haproxy", kept=False, whole=False),
    Drift("renamed", _rename, "haproxy"),
    Drift("edited", _edit, "haproxy", whole=False),
    Drift("broken file", _break, "haproxy", whole=False),
    Drift("empty file", _empty, "haproxy", whole=False),
    Drift("runs another configuration", _reload_other, "haproxy", whole=False),
    Drift("disconnected", _disconnect, "haproxy"),
]
TOLD = [
    "disable frontend www",
    "shutdown frontend www",
    "set maxconn frontend www 1",
    "set maxconn global 1",
    "set rate-limit connections global 1",
    "set rate-limit sessions global 1",
    "set rate-limit ssl-sessions global 1",
    "disable health web/web-1",
    "disable server web/web-1",
    "set server web/web-1 state drain",
    "set server web/web-1 weight 7",
    "set weight web/web-1 7",
    "set maxconn server web/web-1 7",
    "add server web/more 127.0.0.1:9; enable server web/more",
]
"""What HAProxy was told by hand, and a reload or the runtime API takes back."""


def _check(stack: Stack, drift: Drift) -> None:
    """Breaks one thing in a converged stack, and sees that it is told and healed."""
    # So that the short way, which remembers, has something to remember.
    assert "up to date" in stack.apply().out, drift.name
    before = stack.ids()
    workers = stack.world.workers(before["haproxy"])
    drift.act(stack, before[drift.slot])

    ended = stack.apply()
    assert "converged in" in ended.out, drift.name
    stack.assert_whole()
    after = stack.ids()
    changed = {slot for slot in after if after[slot] != before[slot]}
    assert changed == (set() if drift.kept else {drift.slot}), drift.name
    if drift.whole:
        assert stack.world.workers(after["haproxy"]) == workers, drift.name


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_servers(stack: Stack, part: int) -> None:
    stack.backend["resources"] = {"memory": "64m"}
    stack.apply()
    for drift in SERVERS[part::2]:
        _check(stack, drift)
    assert "up to date" in stack.plan("--detailed-exitcode").out


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
@both_versions
def test_haproxy(stack: Stack, part: int) -> None:
    stack.apply()
    for drift in PROXIES[part::2]:
        _check(stack, drift)
    assert "up to date" in stack.plan("--detailed-exitcode").out


@pytest.mark.long
def test_what_haproxy_was_told(stack: Stack) -> None:
    stack.apply()
    for command in TOLD:
        assert "up to date" in stack.apply().out, command
        stack.tell_haproxy(command)
        assert "up to date" not in stack.plan().out, command
        assert "converged in" in stack.apply().out, command
        stack.assert_serves()
    assert "up to date" in stack.plan("--detailed-exitcode").out


READS = re.compile(r"(show|get|help|prompt|quit|wait|dump|debug|echo|acme status|operator|user)\b")
PAGE = Path(__file__).parents[2] / "docs" / "runtime-api.md"


@both_versions
def test_every_command_of_haproxy_is_told_about(stack: Stack) -> None:
    """HAProxy's own list of commands, against the page that says what becomes of each."""
    stack.apply()
    listed = re.findall(r"^  (\w[^:\n]*?) *:", stack.ask_haproxy("help"), re.M)
    rows = re.findall(r"^\| `([^`]+)`", PAGE.read_text(encoding="utf-8"), re.M)
    commands = {" ".join(line.split()) for line in listed if not READS.match(line)}
    assert len(commands) > 40
    assert [c for c in commands if not any(c.startswith(row) for row in rows)] == []
    healed = re.findall(r"^\| `([^`]+)` \| healed", PAGE.read_text(encoding="utf-8"), re.M)
    assert [row for row in healed if not any(c.startswith(row) for c in TOLD)] == []


def test_all_containers_are_gone(stack: Stack) -> None:
    stack.apply()
    for container in stack.ids().values():
        stack.world.remove(container)
    stack.apply()
    stack.assert_converged()


def test_everything_is_gone_but_volumes(stack: Stack) -> None:
    stack.backend["volumes"] = ["data:/data"]
    stack.apply()
    for container in stack.ids().values():
        stack.world.remove(container)
    stack.world.api.remove_network(_network(stack))
    stack.apply()
    stack.assert_converged()


def test_a_server_that_comes_back_elsewhere_is_found(stack: Stack) -> None:
    """Docker may give another address to a container that starts again: no tool has to run then."""
    stack.backend["replicas"] = 2
    stack.apply()
    before = stack.ids()
    api = stack.world.api
    api.stop(before["web-1"], timeout=1)
    api.stop(before["web-2"], timeout=1)
    api.start(before["web-2"])
    api.start(before["web-1"])
    await_true(lambda: len({stack.get().server for _ in range(4)} - {""}) == 2, "both serve again")
    assert stack.ids() == before
    assert "up to date" in stack.apply().out
