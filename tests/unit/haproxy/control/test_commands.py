"""Settings of servers as commands of the runtime API, and what HAProxy says to them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.haproxy.control.commands import (
    LONGEST,
    NoSpareServerError,
    ServerSetting,
    commands_for,
    find_refusal,
    lines_of,
)
from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.paths import IDLE_HOST


def server(
    name: str, host: str = IDLE_HOST, backend: str = "web", maxconn: int | None = None
) -> ServerState:
    return ServerState(backend, name, "UP", "", 1, 0, "", 0, host, maxconn=maxconn)


STATES = (
    server("web-1", "a"),
    server("web-2", "b", maxconn=20),
    server("web-3"),
    server("web-4"),
    server("api-1", "a", "api"),
    server("api-2", backend="api"),
)


def put(host: str, aim: str, *amounts: int | None, backend: str = "web") -> ServerSetting:
    return ServerSetting(backend, host, aim, *amounts)  # type: ignore[arg-type]  # a word of Aim


CASES = {
    "nothing": ([], []),
    "ready": ([put("a", "ready")], ["set server web/web-1 state ready"]),
    "check is without traffic": ([put("a", "check")], ["set server web/web-1 state drain"]),
    "drain": ([put("b", "drain")], ["set server web/web-2 state drain"]),
    "drain a host that is not there": ([put("c", "drain")], []),
    "gone becomes a spare one": (
        [put("a", "gone")],
        ["set server web/web-1 state maint", "set server web/web-1 fqdn haproxy"],
    ),
    "the same host in another backend": (
        [put("a", "ready", backend="api")],
        ["set server api/api-1 state ready"],
    ),
    "another weight, before the state": (
        [put("a", "ready", 5)],
        ["set server web/web-1 weight 5", "set server web/web-1 state ready"],
    ),
    "the weight it has": ([put("a", "ready", 1)], ["set server web/web-1 state ready"]),
    "no traffic by weight": ([put("a", "adjust", 0)], ["set server web/web-1 weight 0"]),
    "a limit": ([put("a", "adjust", None, 9)], ["set maxconn server web/web-1 9"]),
    "the limit it has": ([put("b", "adjust", None, 20)], []),
    "no limit any more": ([put("b", "adjust", None, 0)], ["set maxconn server web/web-2 0"]),
    "no limit, as before": ([put("a", "adjust", None, 0)], []),
    "a limit that is left as it is": ([put("b", "adjust", 1, None)], []),
    "a static algorithm has no weight to set": (
        [put("a", "ready", None, 7)],
        ["set maxconn server web/web-1 7", "set server web/web-1 state ready"],
    ),
    "a new host gets a spare one": (
        [put("c", "check", 3, 7)],
        [
            "set server web/web-4 fqdn c",
            "set server web/web-4 weight 3",
            "set maxconn server web/web-4 7",
            "set server web/web-4 state drain",
        ],
    ),
    "each its own": (
        [put("c", "ready"), put("d", "ready"), put("c", "ready", backend="api")],
        [
            "set server web/web-4 fqdn c",
            "set server web/web-4 state ready",
            "set server web/web-3 fqdn d",
            "set server web/web-3 state ready",
            "set server api/api-2 fqdn c",
            "set server api/api-2 state ready",
        ],
    ),
    "out of rotation already": ([put("c", "gone"), put("c", "adjust", 5, 5)], []),
    "out of a backend that is not there": ([put("a", "gone", backend="no")], []),
}


@pytest.mark.parametrize(("settings", "commands"), CASES.values(), ids=CASES)
def test_commands(settings: list[ServerSetting], commands: list[str]) -> None:
    assert list(commands_for(settings, STATES)) == commands


def test_an_agent_has_no_say_while_its_server_is_out_of_rotation() -> None:
    there = [replace(server("web-1", "a"), has_agent=True)]
    said = {aim: list(commands_for([put("a", aim)], there)) for aim in ("check", "drain", "ready")}
    out = ["disable agent web/web-1", "set server web/web-1 state drain"]
    assert said == {
        "check": out,
        "drain": out,
        "ready": ["set server web/web-1 state ready", "enable agent web/web-1"],
    }


NO_SPARE = {
    "two for one": ([put(host, "ready", backend="api") for host in "cd"], "api"),
    "three for two": ([put(host, "check") for host in "cde"], "web"),
    "no such backend": ([put("a", "ready"), put("a", "ready", backend="no")], "no"),
}


@pytest.mark.parametrize(("settings", "backend"), NO_SPARE.values(), ids=NO_SPARE)
def test_too_few_spare_servers(settings: list[ServerSetting], backend: str) -> None:
    """It is found before the first command is given."""
    with pytest.raises(NoSpareServerError, match=f"backend {backend} ") as caught:
        commands_for(settings, STATES)
    assert caught.value.backend == backend


def test_what_one_setting_gives_back_is_no_spare_server_for_the_next() -> None:
    """It is still in maintenance by the first one's commands when the second one would use it."""
    full = (server("web-1", "a"),)
    with pytest.raises(NoSpareServerError):
        commands_for([put("a", "gone"), put("b", "ready")], full)


@given(st.lists(st.integers(1, LONGEST - 1).map(lambda size: "x" * size), max_size=20))
def test_lines_hold_all_commands_in_order(commands: list[str]) -> None:
    lines = list(lines_of(commands))
    assert [command for line in lines for command in line.split(";")] == commands
    assert all(len(line) <= LONGEST for line in lines)
    for line, after in itertools.pairwise(lines):
        assert len(line) + len(after.split(";")[0]) >= LONGEST  # no line is shorter than need be


def test_a_command_that_is_longer_than_a_line_stands_alone() -> None:
    assert list(lines_of(["a", "x" * 2 * LONGEST, "b"])) == ["a", "x" * 2 * LONGEST, "b"]


# Of HAProxy 2.6 and 3.0, which say the same.
JOINED = "\n\nweb/web-5 changed its FQDN from haproxy to shop-web-5 by 'stats socket command'\n\n\n"
REPLIES = {
    "": "",
    "\n\n\n": "",
    JOINED: "",
    "no need to change the FDQN by 'stats socket command'\n\n": "",
    "No such server.\n\n": "No such server.",
    "No such backend.\n\n": "No such backend.",
    f"{JOINED}No such server.\n": "No such server.",
    "\nAbsolute weight can only be between 0 and 256 inclusive.\n": (
        "Absolute weight can only be between 0 and 256 inclusive."
    ),
    "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n": (
        "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'."
    ),
    "maxconn string empty or preceded by garbage\n": "maxconn string empty or preceded by garbage",
    "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n": (
        "'set server <srv> state' expects 'ready', 'drain' and 'maint'."
    ),
    "Unknown command, but maybe one of the following ones is a better match:\n  set timeout\n": (
        "Unknown command, but maybe one of the following ones is a better match:"
    ),
    "Permission denied\n": "Permission denied",
}


@pytest.mark.parametrize(("reply", "refusal"), REPLIES.items())
def test_refusals(reply: str, refusal: str) -> None:
    assert find_refusal(reply) == refusal
