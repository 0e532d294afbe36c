"""What people read, as text. Write the expected files anew with

    .venv/bin/python -m tests.golden.test_views

and read the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.haproxy.model import IDLE_HOST
from reconciler.haproxy.runtime import ServerState, WorkerInfo
from reconciler.plan.compile import compile_topology
from reconciler.plan.desired import PROXY_SLOT, Desired, DesiredContainer
from reconciler.plan.impact import Impact
from reconciler.plan.observed import Observed, ObservedContainer, ObservedNetworkLink, ObservedProxy
from reconciler.plan.plan import Change, FieldChange, Plan, Problem
from reconciler.plan.spec import describe
from reconciler.topology.load import load_topology
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
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
        "networks": {"quickstart-mynetwork": ObservedNetworkLink("n", f"10.0.0.{number}",
                                                                  frozenset())},
    }  # fmt: skip
    return ObservedContainer(**(facts | changes))  # type: ignore[arg-type]  # by name, as above


def server(
    number: int, host: str, status: str, check: str, sessions: int = 0, **more: bool
) -> ServerState:
    """Its name is HAProxy's own affair: the host tells whose it is."""
    return ServerState(
        "webservers", f"webservers-{7 - number}", status, f"10.0.0.{number}:8080",
        1, sessions, check, 5, host, **more,
    )  # fmt: skip


def observed(desired: Desired, **changes: object) -> Observed:
    wanted = [c for slot, c in desired.containers.items() if slot != PROXY_SLOT]
    proxy = running(9, desired.containers[PROXY_SLOT], started_at=NOW - 4 * 86400)
    config = desired.config()
    assert config is not None
    hosts = [container.name for container in wanted]
    facts: dict[str, object] = {
        "containers": (proxy, *(running(n, c) for n, c in enumerate(wanted, start=1))),
        "proxies": {
            proxy.id: ObservedProxy(
                config.text,
                WorkerInfo("3.0.11", 345_600, 8, "quickstart", config.structure, config.digest),
                (
                    server(1, hosts[0], "UP", "L4OK in 0 ms", 14),
                    server(2, hosts[1], "DRAIN", "L4OK in 0 ms", 2, is_drained=True),
                    server(3, hosts[2], "DOWN", "L4CON in 1 ms (Connection refused)"),
                    server(4, IDLE_HOST, "MAINT", "", is_disabled=True),
                ),
            )
        },
    }
    return Observed(**(facts | changes))  # type: ignore[arg-type]  # by name, as above


def status() -> str:
    desired = quickstart()
    there = observed(desired)
    first = there.containers[1]
    drifted = Plan(
        "quickstart",
        (
            Change("update", "container", there.containers[2].name, "it was drained by hand",
                   Impact.RUNTIME),
            Change("update", "container", there.containers[3].name, "limits", Impact.NONE,
                   fields=(FieldChange("memory", "128m", "256m"),)),
        ),
        problems=(Problem("name-taken", "something is in the way"),),
    )  # fmt: skip
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
        "converged": render_status(desired, there, Plan("quickstart"), NOW, Paint()),
        "drifted": render_status(desired, there, drifted, NOW, Paint()),
        "broken": render_status(desired, stopped, drifted, NOW, Paint()),
        "nothing": render_status(desired, Observed(), drifted, NOW, Paint()),
    }
    return "\n\n".join("\n".join([f"=== {name}", *lines]) for name, lines in scenes.items()) + "\n"


EXPECTED = {"broken.txt": diagnostics, "status.txt": status}


@pytest.mark.parametrize("name", EXPECTED)
def test_views_are_what_they_were(name: str) -> None:
    expected = (VIEWS / name).read_text(encoding="utf-8")
    assert EXPECTED[name]() == expected, "renew: python -m tests.golden.test_views"


if __name__ == "__main__":
    for file, view in EXPECTED.items():
        (VIEWS / file).write_text(view(), encoding="utf-8")
