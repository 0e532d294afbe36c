"""What was done by hand in HAProxy, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.haproxy.model import Backend, Check
from reconciler.haproxy.runtime import ServerState
from reconciler.plan.drift import FORCED_DRAIN, FORCED_MAINT, server_drift

CHECK = Check("/", "GET", "200", 2.0, None, 2, 3, ())
WANT = Backend("web", "http", "roundrobin", CHECK, 5, 7, (), ())
UP = ServerState("web", "web-1", "UP", "10.0.0.1:80", 5, 0, "L7OK/200 in 1 ms", 9)
RESOLUTION = 0x20


def state(status: str, weight: int = 5) -> ServerState:
    return replace(UP, status=status, weight=weight)


CASES = {
    "as in the file": (UP, 0, 7, ""),
    "not known": (UP, None, None, ""),
    "down": (state("DOWN"), 0, 7, ""),
    "about to be down": (state("NOLB"), 0, 7, ""),
    "drained": (state("DRAIN"), FORCED_DRAIN, 7, "drained by hand"),
    "drained, as far as is known": (state("DRAIN"), None, None, "drained by hand"),
    "drained and down": (state("DOWN"), FORCED_DRAIN, 7, "drained by hand"),
    "maintenance": (state("MAINT"), FORCED_MAINT, 7, "in maintenance by hand"),
    "maintenance and drained": (
        state("MAINT"), FORCED_MAINT | FORCED_DRAIN, 7, "in maintenance by hand"
    ),
    "its name does not resolve": (state("MAINT"), RESOLUTION, 7, ""),
    "maintenance for who knows what": (state("MAINT"), None, None, ""),
    "no checks": (state("no check"), 0, 7, "checks switched off by hand"),
    "weight": (state("UP", 3), 0, 7, "weight 3 by hand, 5 in the file"),
    "weight of nothing": (state("UP", 0), 0, 7, "weight 0 by hand, 5 in the file"),
    "maxconn": (UP, 0, 3, "maxconn 3 by hand, 7 in the file"),
    "maxconn taken away": (UP, 0, 0, "maxconn unlimited by hand, 7 in the file"),
    "several": (
        state("DRAIN", 3), FORCED_DRAIN, 3,
        "drained by hand; weight 3 by hand, 5 in the file; maxconn 3 by hand, 7 in the file",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "admin", "maxconn", "told"), CASES.values(), ids=CASES)
def test_drift(seen: ServerState, admin: int | None, maxconn: int | None, told: str) -> None:
    assert server_drift(WANT, seen, admin=admin, maxconn=maxconn) == told


def test_what_the_file_does_not_set() -> None:
    want = replace(WANT, check=None, maxconn=None)
    assert server_drift(want, state("no check"), admin=0, maxconn=0) == ""
    told = server_drift(want, state("no check"), admin=0, maxconn=3)
    assert told == "maxconn 3 by hand, none in the file"
