"""Where the time of a run goes: an engine's steps, waits and requests, each with its thread.

In Chrome's trace event format, which Perfetto and chrome://tracing draw. It measures and decides
nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from reconciler.desired.desired import Scope
from reconciler.engine.protocol import Engine, Lock, Patience, Report
from reconciler.plan import actions as a
from reconciler.plan.observed import Observed

Kind = Literal["look", "step", "wait", "request"]
_WAITS = (
    a.AwaitDrained,
    a.AwaitExit,
    a.AwaitIdle,
    a.AwaitProxy,
    a.AwaitReady,
    a.AwaitServers,
    a.AwaitSteady,
    a.GuardServers,
)
"""What takes as long as others need, and costs nothing."""


class Trace:
    """Spans of one process. May be used from several threads."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def span(self, name: str, kind: Kind) -> Iterator[None]:
        """Notes how long what it encloses takes, however it ends."""
        began_ns = time.perf_counter_ns()
        try:
            yield
        finally:
            took_ns = time.perf_counter_ns() - began_ns
            place = {"pid": 1, "tid": threading.get_native_id()}
            times = {"ts": began_ns / 1000, "dur": took_ns / 1000}
            self._events.append({"name": name, "cat": kind, "ph": "X", **times, **place})
            self._events.append(
                {
                    "name": "thread_name",
                    "ph": "M",
                    "args": {"name": threading.current_thread().name},
                    **place,
                }
            )

    def document(self) -> dict[str, Any]:
        """All of it; times are in microseconds from some moment on."""
        return {"displayTimeUnit": "ms", "traceEvents": list(self._events)}


class TracedEngine:
    """An engine of which each call is a span. `label` says what an action is called."""

    def __init__(self, engine: Engine, trace: Trace, label: Callable[[a.Action], str]) -> None:
        self._engine, self._trace, self._label = engine, trace, label

    @property
    def description(self) -> str:
        return self._engine.description

    def topologies(self) -> Sequence[str]:
        return self._engine.topologies()

    def observe(self, scope: Scope) -> Observed:
        with self._trace.span("look at what is there", "look"):
            return self._engine.observe(scope)

    def perform(self, action: a.Action, patience: Patience, report: Report) -> None:
        kind: Kind = "wait" if isinstance(action, _WAITS) else "step"
        with self._trace.span(self._label(action), kind):
            self._engine.perform(action, patience, report)

    @contextlib.contextmanager
    def lock(
        self, topology: str, holder: str, images: Sequence[str], timeout_s: float
    ) -> Iterator[Lock]:
        with contextlib.ExitStack() as stack:
            with self._trace.span("take the lock", "step"):
                taken = stack.enter_context(self._engine.lock(topology, holder, images, timeout_s))
            yield taken
            held = stack.pop_all()
        with self._trace.span("let go of the lock", "step"):
            held.close()

    def close(self) -> None:
        self._engine.close()


def request_name(method: str, path: str) -> str:
    """`GET /containers/…/json`: alike for all containers and images, whose names are their step's
    to tell."""
    kind, *rest = [part for part in path.split("/") if part and not part.startswith("v1.")] or [""]
    verb = rest[-1:] if rest[1:] or rest in (["create"], ["json"]) else []
    named = ["…"] if rest and rest != verb else []
    return f"{method} /{'/'.join([kind, *named, *verb])}"
