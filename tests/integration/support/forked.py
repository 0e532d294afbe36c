"""Processes that have imported the tool already: a start takes most of a short command's time.

One server for each test process, with one thread, forks them; else they are processes like others,
with their own environment, directory, standard streams and exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "reconciler.cli.main",
        *(
            f"reconciler.cli.commands.{name}"
            for name in ("apply", "destroy", "plan", "render", "status")
        ),
        "reconciler.engine.docker.engine",
        "reconciler.view.documents",
        "tests.integration.support.crash",
    ]
)


@dataclass(frozen=True, slots=True)
class Command:
    """`main` reads its arguments from `sys.argv`; it ends with SystemExit, or with code 0."""

    main: Callable[[], object]
    arguments: Sequence[str]
    directory: Path
    env: Mapping[str, str]
    given: str = ""
    """Its standard input, which is never a terminal."""


def run(command: Command, timeout_s: float) -> tuple[int, str, str]:
    """Exit code, output and errors. Raises TimeoutError when it does not end."""
    with tempfile.TemporaryDirectory() as place:
        given, out, err = (Path(place, name) for name in ("in", "out", "err"))
        given.write_text(command.given, encoding="utf-8")
        process = _context.Process(target=_child, args=(command, given, out, err))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{' '.join(command.arguments)}: no end within {timeout_s:g} s")
        return process.exitcode, out.read_text("utf-8"), err.read_text("utf-8")


def _child(command: Command, given: Path, out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(command.env)
    os.chdir(command.directory)
    for number, opened in enumerate((given.open("rb"), out.open("wb"), err.open("wb"))):
        os.dup2(opened.fileno(), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # multiprocessing has closed it
    sys.argv = ["", *command.arguments]
    command.main()
