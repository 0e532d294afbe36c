"""HAProxy is asked directly where that may be, else through Docker: to the same effect."""

from __future__ import annotations

import ctypes
import json
import time

import pytest

from reconciler.engine.docker.haproxy.scripts import MARK
from reconciler.haproxy.paths import CONFIG_PATH
from tests.integration.support import tool
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions

_PR_CAPBSET_DROP, _CAP_SYS_PTRACE = 24, 19


def _without_ptrace() -> None:
    """For the process that comes: it may do all that root may, but look into others."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_CAPBSET_DROP, _CAP_SYS_PTRACE, 0, 0, 0) == 0


def _questions(stack: Stack, since: float) -> int:
    """How often something was asked through Docker since then."""
    events = stack.world.api.events(
        since=since,
        until=time.time(),
        decode=True,
        filters={"container": stack.haproxy, "event": "exec_create"},
    )
    return sum(MARK in event["Action"] for event in events)


def _run(stack: Stack, *arguments: str, direct: bool) -> str:
    stack.write()
    ended = tool.run(
        [*arguments, str(stack.file)], stack.directory, prepare=None if direct else _without_ptrace
    )
    assert ended.code == 0, ended.text
    return ended.out


@both_versions
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "exec"])
def test_every_question_goes_the_same_way(stack: Stack, direct: bool) -> None:
    _run(stack, "apply", "--yes", direct=direct)
    since = time.time()
    stack.spec["haproxy"]["timeouts"] = {"client": "11s"}
    said = _run(stack, "apply", "--yes", direct=direct)
    assert "2 of 2 servers up. 1 reload." in said
    for _ in range(2):
        assert "up to date" in _run(stack, "apply", "--yes", direct=direct)
    shown = json.loads(_run(stack, "status", "--output", "json", direct=direct))
    assert [row["haproxy_state"] for row in shown["topologies"][0]["rows"]][1:] == ["UP", "UP"]
    assert bool(_questions(stack, since)) != direct
    stack.assert_converged()


def test_a_link_in_the_container_is_not_followed_from_outside(stack: Stack) -> None:
    """It would lead to a file of this machine; inside it leads to where it should."""
    stack.apply()
    script = f"mv {CONFIG_PATH} /tmp/cfg && ln -s /tmp/cfg {CONFIG_PATH}"
    assert stack.world.run_in(stack.haproxy, "sh", "-c", script, user="0") == ""
    since = time.time()
    assert "up to date" in stack.plan().out
    assert _questions(stack, since) > 0
