"""What people read, as text. Write the expected files anew with

    .venv/bin/python -m tests.golden.test_views

and read the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import PROXY_SLOT, Desired, DesiredContainer, Slot
from reconciler.desired.impact import Impact
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.spec import describe
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.haproxy.control.replies import ServerState, WorkerInfo
from reconciler.haproxy.paths import IDLE_HOST
from reconciler.plan.actions import PullImage, StopContainer, Target
from reconciler.plan.max_impact import enforce_max_impact
from reconciler.plan.observed import Observed, ObservedContainer, ObservedNetworkLink, ObservedProxy
from reconciler.plan.plan import Change, FieldChange, Plan, Step
from reconciler.plan.planner import plan_changes
from reconciler.topology.load import load_topology
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
from reconciler.view.plan import render_plan, render_steps
from reconciler.view.status import render_status
from tests.golden.rendering import load

VIEWS = Path(__file__).parent / "views"
NOW = 1_000_000.0


def diagnostics() -> str:
    loaded = load_topology((VIEWS / "broken.yaml").read_bytes(), "broken.yaml", {})
    lines = render_diagnostics(loaded.diagnostics, {loaded.file: loaded.source.text}, Paint())
    return "\n".join(lines) + "\n"


def quickstart() -> Desired:
    path = next(p for p in (Path(__file__).parent / "configs").glob("quickstart.yaml"))
    topology = load(path).topology
    assert topology is not None
    return compile_topology(topology, "/srv")


def running(number: int, wanted: DesiredContainer, **changes: object) -> ObservedContainer:
    facts: dict[str, object] = {
        "id": f"{number:064x}",
        "name": wanted.name,
        "slot": wanted.slot,
        "revision": wanted.revision,
        "given_name": wanted.name,
        "described": describe(wanted.spec, {}),
        "image_id": "sha256:1",
        "state": "running",
        "started_at": NOW - 200,
        "networks": {
            "quickstart-mynetwork": ObservedNetworkLink("n", f"10.0.0.{number}", frozenset())
        },
    }
    return ObservedContainer(**(facts | changes))  # type: ignore[arg-type]  # by name, as above


def server(
    number: int,
    status: str,
    check: str,
    sessions: int = 0,
    weight: int = 1,
    changed_s: int = 190,
    **more: Any,
) -> ServerState:
    """Its name is HAProxy's own affair: the host tells whose it is."""
    host = quickstart().containers[Slot(SERVER_ROLE, "webservers", number)].name
    return ServerState(
        "webservers",
        f"webservers-{7 - number}",
        status,
        f"10.0.0.{number}:8080",
        weight,
        sessions,
        check,
        changed_s,
        host,
        **more,
    )


ALL_UP = tuple(server(n, "UP", "L7OK/200 in 1 ms", n) for n in (1, 2, 3))
SPARE = replace(ALL_UP[0], name="webservers-7", status="MAINT", host=IDLE_HOST, is_disabled=True)
BY_HAND = (
    server(1, "UP", "L4OK in 0 ms", 14, weight=3),
    server(2, "DRAIN", "L4OK in 0 ms", 2, changed_s=65, is_drained=True),
    server(3, "DOWN", "L4CON in 1 ms (Connection refused)", changed_s=5),
)


def observed(
    desired: Desired, servers: tuple[ServerState, ...] = ALL_UP, **changes: object
) -> Observed:
    wanted = [c for slot, c in desired.containers.items() if slot != PROXY_SLOT]
    proxy = running(9, desired.containers[PROXY_SLOT], started_at=NOW - 4 * 86400)
    config = desired.config()
    assert config is not None
    facts: dict[str, object] = {
        "containers": (proxy, *(running(n, c) for n, c in enumerate(wanted, start=1))),
        "proxies": {
            proxy.id: ObservedProxy(
                config.text,
                WorkerInfo("3.0.11", 345_600, 8, "quickstart", config.structure, config.digest),
                (*servers, SPARE),
            )
        },
    }
    return Observed(**(facts | changes))  # type: ignore[arg-type]  # by name, as above


def status() -> str:
    desired = quickstart()
    there = observed(desired)
    by_hand = observed(desired, BY_HAND)
    gone = observed(desired, BY_HAND, containers=there.containers[:2])
    first = there.containers[1]
    drifted = Plan(
        "quickstart",
        (
            Change(
                "update",
                "container",
                there.containers[2].name,
                "in place",
                Impact.NONE,
                fields=(FieldChange("restart", "no", "always"),),
            ),
            Change(
                "update",
                "container",
                there.containers[3].name,
                "limits",
                Impact.NONE,
                fields=(FieldChange("memory", "128m", "256m"),),
            ),
        ),
        problems=(Diagnostic("name-taken", "something is in the way"),),
        config=desired.config(),
    )
    settled = Plan("quickstart", config=desired.config())
    stopped = observed(
        desired,
        containers=(
            running(1, desired.containers[first.slot], state="exited", exit_code=137),
            running(2, desired.containers[there.containers[2].slot], health="starting"),
        ),
        proxies={},
        gaps=("volumes could not be read: permission denied",),
    )
    scenes = {
        "converged": render_status(desired, there, settled, NOW, Paint()),
        "changed by hand": render_status(desired, by_hand, settled, NOW, Paint()),
        "drifted": render_status(desired, by_hand, drifted, NOW, Paint()),
        "gone": render_status(desired, gone, drifted, NOW, Paint()),
        "broken": render_status(desired, stopped, drifted, NOW, Paint()),
        "nothing": render_status(desired, Observed(), drifted, NOW, Paint()),
    }
    return "\n\n".join("\n".join([f"=== {name}", *lines]) for name, lines in scenes.items()) + "\n"


def plan() -> str:
    desired = quickstart()
    there = observed(desired)
    first = there.containers[1]
    image = FieldChange("image", "echo:1", "echo:2")
    mixed = Plan(
        "quickstart",
        (
            Change(
                "replace",
                "container",
                "webservers-1",
                "its definition changed",
                Impact.REPLACE,
                "webservers",
                (image,),
            ),
            Change("update", "haproxy", "haproxy", "hitless reload: servers change", Impact.RELOAD),
            Change("create", "network", "quickstart-more", "new", Impact.NONE),
        ),
        (
            Step(1, PullImage("echo:2"), (), "it is not there"),
            Step(2, StopContainer(Target(first.name), 1), (1,), "it leaves", Impact.RUNTIME),
        ),
    )
    ours = "unix:///var/run/docker.sock"
    refused = enforce_max_impact(mixed, Impact.RELOAD)
    made = plan_changes(desired, Observed())
    scenes = {
        "first": [*render_plan(made, Observed(), ours, Paint()), *render_steps(made, Paint())],
        "mixed": [*render_plan(mixed, there, ours, Paint()), *render_steps(mixed, Paint())],
        "refused": render_plan(refused, there, ours, Paint()),
        "nothing": [
            *render_plan(Plan("quickstart"), there, ours, Paint()),
            *render_steps(Plan("quickstart"), Paint()),
        ],
    }
    return "\n\n".join("\n".join([f"=== {name}", *lines]) for name, lines in scenes.items()) + "\n"


EXPECTED = {"broken.txt": diagnostics, "plan.txt": plan, "status.txt": status}


@pytest.mark.parametrize("name", EXPECTED)
def test_views_are_what_they_were(name: str) -> None:
    expected = (VIEWS / name).read_text(encoding="utf-8")
    assert EXPECTED[name]() == expected, "renew: python -m tests.golden.test_views"


if __name__ == "__main__":
    for file, view in EXPECTED.items():
        (VIEWS / file).write_text(view(), encoding="utf-8")
