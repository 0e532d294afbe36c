"""Progress of a plan: live on a terminal, one line a step in a log, or JSON lines."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from reconciler.events.events import (
    Event,
    StepDone,
    StepFailed,
    StepProgressed,
    StepSkipped,
    StepStarted,
    Waiting,
)
from reconciler.plan.actions import AwaitReady
from reconciler.view.documents import event_document
from reconciler.view.numbers import seconds, size
from reconciler.view.paint import Paint
from reconciler.view.printable import json_text, printable

if TYPE_CHECKING:
    from rich.progress import TaskID

Write = Callable[[str], None]


class ProgressView(Protocol):
    def __call__(self, event: Event) -> None:
        """Show an event. May be called from several threads."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class LineProgress:
    """One line for each step that is done, with the time it took."""

    def __init__(self, write: Write, paint: Paint) -> None:
        self._write = write
        self._paint = paint

    def __call__(self, event: Event) -> None:
        for line in _lines(event, self._paint):
            self._write(line)

    def close(self) -> None:
        """Nothing is held."""


def _lines(event: Event, paint: Paint) -> list[str]:
    match event:
        case StepDone(_, step, elapsed_s, closed_s):
            # Waits that were over at once are no news.
            if isinstance(step.action, AwaitReady) and elapsed_s < 0.5:
                return []
            took = seconds(elapsed_s)
            if closed_s is not None:
                took += f", ports were closed for {seconds(closed_s)}"
            return [f"  {paint('good', 'done')}  {step.label}  {took}"]
        case StepFailed(_, step):
            return [f"  {paint('error', 'failed')}  {step.label}"]
        case Waiting(_, what):
            return [f"  {what}"]
        case _:
            return []


class LiveProgress:
    """Steps in progress at the bottom, with bars for pulls; finished ones scroll up."""

    def __init__(self, paint: Paint) -> None:
        from rich.console import Console  # noqa: PLC0415  # loaded only when someone looks
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

        self._paint = paint
        self._lock = threading.Lock()
        self._tasks: dict[int, TaskID] = {}
        console = Console(file=sys.stderr, highlight=False, no_color=not paint.enabled)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[amount]}", markup=False),
            console=console,
            transient=True,
        )
        self._progress.start()

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case StepStarted(_, step):
                    self._tasks[step.id] = self._progress.add_task(
                        printable(step.label), total=None, amount=""
                    )
                case StepProgressed(_, step, done, total):
                    amount = f"{size(done)} of {size(total)}" if total else size(done)
                    self._progress.update(
                        self._tasks[step.id], completed=done, total=total, amount=amount
                    )
                case StepDone(_, step) | StepFailed(_, step) | StepSkipped(_, step):
                    task = self._tasks.pop(step.id, None)
                    if task is not None:
                        self._progress.remove_task(task)
            from rich.text import Text  # noqa: PLC0415  # loaded only when someone looks

            for line in _lines(event, self._paint):
                self._progress.console.print(Text.from_ansi(printable(line)))

    def close(self) -> None:
        self._progress.stop()


class JsonProgress:
    """One JSON document a line, for pipelines."""

    def __init__(self, write: Write, topology: str, secrets: Sequence[str]) -> None:
        self._write = write
        self._topology = topology
        self._secrets = secrets
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        document = event_document(event, self._topology, self._secrets)
        with self._lock:
            self._write(json_text(document))

    def close(self) -> None:
        """Nothing is held."""
