"""JSON for machines is as its schemas say; what only looks leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from reconciler.haproxy.control.rewrite import without_addresses
from reconciler.haproxy.paths import CONFIG_PATH
from tests.integration.support import tool
from tests.integration.support.recorder import recording
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true

SCHEMAS = Path(__file__).parents[2] / "schemas"


def _validate(document: Any, schema: str) -> None:
    text = (SCHEMAS / f"{schema}.v1.json").read_text(encoding="utf-8")
    jsonschema.validate(document, json.loads(text))


def _assert_events(ended: tool.Ended) -> list[Mapping[str, Any]]:
    """Whole lines of JSON, one topology's story with one pass after another."""
    assert ended.out.endswith("\n")
    events = ended.events
    for event in events:
        _validate(event, "event")
    assert events[-1]["event"] == "result"
    return list(events)


def test_documents_are_as_their_schemas_say(stack: Stack) -> None:
    stack.with_stats()
    _validate(stack.plan("-o", "json").document, "plan")
    _validate(stack.run("status", "-o", "json").document, "status")
    _assert_events(stack.apply("-o", "json"))
    _validate(stack.plan("-o", "json").document, "plan")
    _validate(stack.run("status", "-o", "json").document, "status")
    written = stack.world.run_in(stack.haproxy, "cat", CONFIG_PATH)
    assert stack.run("render").out == without_addresses(written)

    stack.backend["env"] = {"VERSION": "2"}
    stack.spec["haproxy"]["timeouts"] = {"client": "20s"}
    _validate(stack.plan("-o", "json").document, "plan")
    _assert_events(stack.apply("-o", "json"))

    stack.backend["env"] = {"EXIT_CODE": "3"}
    events = _assert_events(stack.apply("-o", "json", expect=1))
    assert events[-1]["converged"] is False
    assert events[-1]["failures"]
    failed = [event for event in events if event["event"] == "step_failed"]
    assert failed
    assert any("echo: exiting with 3" in line for event in failed for line in event["details"])
    assert any(event["event"] == "step_skipped" for event in events)

    stack.backend["replica"] = 3
    _validate(stack.run("validate", "-o", "json", expect=1).document, "diagnostics")
    _validate(stack.plan("-o", "json", expect=1).document, "diagnostics")
    del stack.backend["replica"]
    _assert_events(stack.destroy("-o", "json"))


def test_validate_leaves_no_trace(stack: Stack) -> None:
    with recording(_short(stack)) as spy:
        env = {"DOCKER_HOST": spy.docker_host}
        assert "accepted by HAProxy" in stack.run("validate", "--haproxy", env=env).out
    made = [r for r in spy.writes if r.endswith("/containers/create")]
    assert len(made) == 1
    assert not [r for r in spy.writes if "/networks/" in r or "/volumes/" in r]
    # Docker removes the container of the check, which has the topology's label, by itself
    await_true(lambda: not stack.world.leftovers(stack.name), "nothing is left")

    with recording(_short(stack)) as spy:
        stack.run("validate", env={"DOCKER_HOST": spy.docker_host})
    assert spy.requests == []


def test_plan_and_status_only_look(stack: Stack) -> None:
    with recording(_short(stack)) as spy:
        env = {"DOCKER_HOST": spy.docker_host}
        stack.run("plan", env=env)
        stack.apply()
        stack.backend["replicas"] = 3
        stack.run("plan", env=env)
        stack.run("status", env=env)
        stack.run("render", env=env)
    assert spy.requests
    assert spy.writes == []


def _short(stack: Stack) -> Path:
    """A directory whose name leaves room for a socket's: they are at most 107 bytes long."""
    import tempfile  # noqa: PLC0415

    return Path(tempfile.mkdtemp(dir=stack.directory.parents[3], prefix="s"))
