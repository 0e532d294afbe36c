"""`--max-impact`: what would do more to traffic is not begun, whenever that turns out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Lock, Patience
from reconciler.plan.max_impact import enforce_max_impact
from reconciler.plan.plan import Change, Plan, Step
from reconciler.plan.planner import plan_changes
from reconciler.run.apply import ApplyOptions, ApplyResult, apply
from reconciler.topology.load import load_topology

Spec = dict[str, Any]


def spec() -> Spec:
    return {
        "name": "shop",
        "backends": {"web": {"image": "echo", "port": 80, "replicas": 2}},
        "frontends": {"www": {"bind": 80, "default_backend": "web"}},
        "haproxy": {"image": "haproxy"},
    }


def wish(text: Spec) -> Desired:
    loaded = load_topology(json.dumps(text).encode(), "shop.yaml", {})
    assert loaded.topology is not None, loaded.diagnostics
    return compile_topology(loaded.topology, "/nowhere")


def run(engine: MemoryEngine, text: Spec, limit: Impact) -> ApplyResult:
    options = ApplyOptions(max_impact=limit)
    return apply(wish(text), engine, options, Patience(), lambda _: True, lambda _: None)


@pytest.fixture
def engine() -> MemoryEngine:
    """The topology runs, and nothing of how it came to be is remembered."""
    engine = MemoryEngine("shop")
    assert run(engine, spec(), Impact.NONE).converged, "a first apply touches no traffic"
    engine.performed.clear()
    return engine


def _limits(text: Spec) -> None:
    text["backends"]["web"]["resources"] = {"memory": "64m"}


def _network(text: Spec) -> None:
    text["networks"] = {"more": {}}
    text["backends"]["web"]["networks"] = ["default", "more"]


def _timeouts(text: Spec) -> None:
    text["haproxy"]["timeouts"] = {"client": "11s"}


def _image(text: Spec) -> None:
    text["backends"]["web"]["image"] = "echo:2"


def _port(text: Spec) -> None:
    text["frontends"]["www"]["bind"] = 81


CHANGES = {
    Impact.NONE: (_limits, ""),
    Impact.RUNTIME: (_network, "backend web (runtime)"),
    Impact.RELOAD: (_timeouts, "haproxy (reload)"),
    Impact.REPLACE: (_image, "backend web (replace)"),
    Impact.INTERRUPT: (_port, "haproxy (interrupt)"),
}


@pytest.mark.parametrize("limit", Impact, ids=str)
@pytest.mark.parametrize(
    ("impact", "change", "told"), [(i, *c) for i, c in CHANGES.items()], ids=map(str, CHANGES)
)
def test_each_change_and_each_limit(
    engine: MemoryEngine, impact: Impact, change: Callable[[Spec], None], told: str, limit: Impact
) -> None:
    text = spec()
    change(text)
    result = run(engine, text, limit)
    if impact <= limit:
        assert result.converged
        return
    assert not result.converged
    assert engine.performed == []
    (failure,) = result.failures
    assert failure.code == "impact-too-high"
    assert f"`--max-impact {limit}` allows: " in failure.message
    assert told in failure.message
    assert f"`--max-impact {impact}`" in failure.hint


class Waiting(MemoryEngine):
    """Somebody does something while this run waits for its lock."""

    def __init__(self, other: MemoryEngine, act: Callable[[], object]) -> None:
        super().__init__("shop", other.world)
        self.act = act

    @contextlib.contextmanager
    def lock(
        self, topology: str, holder: str, images: Sequence[str], timeout_s: float
    ) -> Iterator[Lock]:
        self.act()
        with super().lock(topology, holder, images, timeout_s) as lock:
            yield lock


def test_a_plan_that_became_another_one_while_the_lock_was_awaited(engine: MemoryEngine) -> None:
    text = spec()
    _timeouts(text)
    other = spec()
    _port(other)
    waiting = Waiting(engine, lambda: run(engine, other, Impact.INTERRUPT))
    result = run(waiting, text, Impact.RELOAD)
    assert [failure.code for failure in result.failures] == ["impact-too-high"]
    assert waiting.performed == []
    assert run(engine, text, Impact.INTERRUPT).converged


def test_only_what_exceeds_is_named_and_each_once() -> None:
    def change(name: str, impact: Impact) -> Change:
        return Change("replace", "container", name, "", impact, "web" if "web" in name else "")

    plan = Plan(
        "shop",
        (
            change("web-1", Impact.REPLACE),
            change("web-2", Impact.REPLACE),
            change("job", Impact.INTERRUPT),
            change("cache", Impact.RELOAD),
        ),
        problems=(Diagnostic("name-taken", "in the way"),),
    )
    known, found = enforce_max_impact(plan, Impact.RELOAD).problems
    assert known.code == "name-taken"
    assert found.message.endswith("allows: backend web (replace), container job (interrupt)")
    assert enforce_max_impact(plan, Impact.INTERRUPT) is plan


def test_a_step_that_does_more_than_any_change_says_is_named(engine: MemoryEngine) -> None:
    text = spec()
    _limits(text)
    wanted = wish(text)
    plan = plan_changes(wanted, engine.observe(wanted.scope()))
    step = plan.steps[-1]
    risky = Plan("shop", plan.changes, (Step(1, step.action, (), "", Impact.INTERRUPT),))
    (problem,) = enforce_max_impact(risky, Impact.REPLACE).problems
    assert "(interrupt)" in problem.message
