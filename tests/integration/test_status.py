"""`status`: servers as HAProxy sees them, and what was done to them by hand."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from reconciler.engine.docker.haproxy.runtime import ask
from reconciler.haproxy.paths import RUNTIME_SOCKET
from reconciler.view.schemas import build_schema
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions


def _rows(stack: Stack) -> dict[str, dict[str, Any]]:
    document = stack.run("status", "--output", "json").document
    Draft202012Validator(build_schema("status")).validate(document)
    return {row["server"]: row for row in document["topologies"][0]["rows"]}


@both_versions
def test_what_was_done_by_hand(stack: Stack) -> None:
    stack.backend.update(replicas=3, weight=5, maxconn=20)
    stack.apply()
    rows = _rows(stack)
    assert {row["drift"] for row in rows.values()} == {""}
    assert {row["weight"] for name, row in rows.items() if name != "haproxy"} == {5}
    assert all(rows[name]["haproxy_changed_s"] >= 0 for name in ("web-1", "web-2", "web-3"))
    assert rows["haproxy"]["haproxy_changed_s"] is None

    commands = (
        "set server web/web-1 state drain",
        "set server web/web-2 weight 3",
        "disable health web/web-3",
    )
    assert not ask(stack.world.api, stack.haproxy, RUNTIME_SOCKET, ";".join(commands)).strip()
    rows = _rows(stack)
    assert [rows[f"web-{n}"]["drift"] for n in (1, 2, 3)] == [
        "drained by hand",
        "weight 3 by hand, 5 in the file",
        "checks switched off by hand",
    ]
    text = stack.run("status").out
    assert "drift: drained by hand" in text

    # What is to come from the file is not called somebody's doing.
    stack.backend["weight"] = 7
    text = stack.run("status").out
    assert "drained by hand" not in text
    assert "weight 3 by hand" not in text


def test_exit_codes_say_how_it_stands(stack: Stack) -> None:
    stack.run("status", "--exit-code", expect=1)
    stack.run("status", "--wait", "--timeout", "0.2s", expect=1)
    stack.apply()
    stack.run("status", "--wait")
    stack.run("status", "--exit-code")
    stack.backend["env"] = {"VERSION": "2"}
    stack.run("status", "--exit-code", expect=2)
    stack.run("status")
    stack.world.api.kill(stack.ids()["web-1"])
    ended = stack.run("status", "--exit-code", "--output", "json", expect=1)
    assert ended.document["topologies"][0]["standing"] == "not serving"


def test_a_crash_loop_does_not_serve(stack: Stack) -> None:
    stack.backend.update(replicas=1, restart="always", command=["sh", "-c", "exit 3"])
    stack.apply("--timeout", "3s", expect=1)
    ended = stack.run("status", "--exit-code", expect=1)
    assert "not serving: " in ended.out


def test_names_in_haproxy_are_told(stack: Stack) -> None:
    stack.apply()
    rows = _rows(stack)
    stats = ask(stack.world.api, stack.haproxy, RUNTIME_SOCKET, "show stat")
    for name in ("web-1", "web-2"):
        assert f"web,{rows[name]['haproxy_server']}," in stats
