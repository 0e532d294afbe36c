"""What was done by hand in HAProxy, in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.model import Backend, Check
from reconciler.haproxy.model.check import Request
from reconciler.haproxy.model.settings import Agent, Settings
from reconciler.plan.decide.drift import server_drift

CHECK = Check(Request("/", "web", "GET", "200"), 2.0, None, 2, 3, ())
WANT = Backend("web", "http", "roundrobin", CHECK, 5, 7, (), (), "web")
UP = ServerState("web", "web-1", "UP", "10.0.0.1:80", 5, 0, "L7OK/200 in 1 ms", 9, maxconn=7)
DRAINED = replace(UP, status="DRAIN", is_drained=True)

CASES = {
    "as in the file": (UP, ""),
    "down": (replace(UP, status="DOWN"), ""),
    "about to be down": (replace(UP, status="NOLB"), ""),
    "drained": (DRAINED, "drained by hand"),
    "drained and down": (replace(DRAINED, status="DOWN"), "drained by hand"),
    "maintenance": (replace(UP, status="MAINT", is_disabled=True), "in maintenance by hand"),
    "maintenance and drained": (replace(DRAINED, is_disabled=True), "in maintenance by hand"),
    "its name does not resolve": (replace(UP, status="MAINT"), ""),
    "no checks": (replace(UP, status="no check"), "checks switched off by hand"),
    "weight": (replace(UP, weight=3), "weight 3 by hand, 5 in the file"),
    "weight of nothing": (replace(UP, weight=0), "weight 0 by hand, 5 in the file"),
    "maxconn": (replace(UP, maxconn=3), "maxconn 3 by hand, 7 in the file"),
    "maxconn taken away": (replace(UP, maxconn=None), "maxconn unlimited by hand, 7 in the file"),
    "several": (
        replace(DRAINED, weight=3, maxconn=3),
        "drained by hand; weight 3 by hand, 5 in the file; maxconn 3 by hand, 7 in the file",
    ),
}


@pytest.mark.parametrize(("seen", "told"), CASES.values(), ids=CASES)
def test_drift(seen: ServerState, told: str) -> None:
    assert server_drift(WANT, seen) == told


def test_what_the_file_does_not_set() -> None:
    want = replace(WANT, check=None, maxconn=None)
    seen = replace(UP, status="no check", maxconn=None)
    assert server_drift(want, seen) == ""
    assert server_drift(want, replace(seen, maxconn=3)) == "maxconn 3 by hand, none in the file"


def test_an_agent_sets_weights_itself() -> None:
    want = replace(WANT, settings=Settings(agent=Agent(9777, 2.0)))
    assert server_drift(want, replace(UP, weight=2)) == ""
    assert not want.has_live_weight


@pytest.mark.parametrize(
    ("status", "told"), {"CHECKED": "", "L7OK": "drained by hand", "": "drained by hand"}.items()
)
def test_what_an_agent_drained_is_none(status: str, told: str) -> None:
    """One that says `up`, or is not asked, has not drained it."""
    seen = replace(DRAINED, has_agent=True, agent_status=status)
    assert server_drift(WANT, seen) == told
    assert seen.takes_traffic == (not told)
