"""An apply whose process ends, without any clean-up, as soon as a number of steps is done that
change something: to end after a wait is to end after what was done before it.

Called with FILE and STEPS. Exits with 99 when it did so, with 0 or 1 when the apply ended before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from reconciler.desired.compile import compile_topology
from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.protocol import Patience
from reconciler.events.events import Event, StepDone
from reconciler.plan import actions as a
from reconciler.run.apply import ApplyOptions, apply
from reconciler.topology.load import load_topology

CRASHED = 99
LOOKS = (
    a.PullImage,
    a.CheckConfig,
    a.AwaitReady,
    a.AwaitProxy,
    a.AwaitServers,
    a.GuardServers,
    a.AwaitIdle,
    a.AwaitDrained,
)
"""Actions that change nothing; images are there already."""


def main() -> NoReturn:
    file, steps = sys.argv[1], int(sys.argv[2])
    loaded = load_topology(Path(file).read_bytes(), file, dict(os.environ))
    assert loaded.topology is not None
    desired = compile_topology(loaded.topology, str(Path(file).parent), loaded.sensitive)
    done = 0

    def emit(event: Event) -> None:
        nonlocal done
        done += isinstance(event, StepDone) and not isinstance(event.step.action, LOOKS)
        if done >= steps:
            os._exit(CRASHED)

    with DockerEngine(desired.topology) as engine:
        result = apply(
            desired,
            engine,
            ApplyOptions(holder="the one that dies"),
            Patience(30.0),
            lambda _: True,
            emit,
        )
    sys.exit(0 if result.converged else 1)
