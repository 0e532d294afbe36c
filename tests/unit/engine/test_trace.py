"""What a trace tells: each look, step, wait and request, as long as it took, in its thread."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.desired import Scope
from reconciler.desired.spec import NetworkSpec
from reconciler.engine.errors import EngineError
from reconciler.engine.memory import MemoryEngine, World
from reconciler.engine.protocol import Patience
from reconciler.engine.trace import Trace, TracedEngine, request_name
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import AwaitReady, CreateNetwork, Target


def spans(trace: Trace) -> list[dict[str, Any]]:
    return [event for event in trace.document()["traceEvents"] if event["ph"] == "X"]


def test_each_call_is_a_span() -> None:
    trace = Trace()
    engine = TracedEngine(MemoryEngine("shop", World()), trace, label_of)
    engine.observe(Scope("shop"))
    engine.perform(CreateNetwork(NetworkSpec("shop-back"), "v1:0"), Patience(1), lambda _: None)
    with pytest.raises(EngineError):
        engine.perform(AwaitReady(Target("gone")), Patience(0.01), lambda _: None)
    found = spans(trace)
    assert [(event["cat"], event["name"]) for event in found] == [
        ("look", "look at what is there"),
        ("step", "create network shop-back"),
        ("wait", label_of(AwaitReady(Target("gone")))),
    ]
    assert all(event["dur"] >= 0 for event in found)
    starts = [event["ts"] for event in found]
    assert starts == sorted(starts)


def test_what_is_inside_is_drawn_inside() -> None:
    trace = Trace()
    with trace.span("outer", "step"), trace.span("inner", "request"):
        pass
    inner, outer = spans(trace)
    assert outer["tid"] == inner["tid"]
    assert outer["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"]
    threads = [e for e in trace.document()["traceEvents"] if e["ph"] == "M"]
    assert {e["args"]["name"] for e in threads} == {"MainThread"}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/v1.41/containers/json", "GET /containers/json"),
        ("POST", "/v1.41/containers/create", "POST /containers/create"),
        ("GET", "/v1.51/containers/0123abcd/json", "GET /containers/…/json"),
        ("GET", "/v1.41/images/registry:5000/shop/secret:1/json", "GET /images/…/json"),
        ("DELETE", "/v1.41/containers/0123abcd", "DELETE /containers/…"),
        ("GET", "/v1.41/networks", "GET /networks"),
        ("GET", "/version", "GET /version"),
        ("GET", "/", "GET /"),
    ],
)
def test_a_request_names_nobody(method: str, path: str, name: str) -> None:
    assert request_name(method, path) == name
