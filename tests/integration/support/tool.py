"""The `reconciler` command as its users run it: a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.cli.main import main
from tests.integration.support import forked

LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "reconciler", *arguments]


def environment(directory: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the tool keeps for itself stays in the test's own directory."""
    own = {"XDG_CACHE_HOME": str(directory / "cache"), "XDG_DATA_HOME": str(directory / "data")}
    return {**os.environ, "NO_COLOR": "1", **own, **(extra or {})}


def run(
    arguments: Sequence[str],
    directory: Path,
    *,
    env: Mapping[str, str] | None = None,
    given: str = "",
    prepare: Callable[[], object] | None = None,
) -> Ended:
    """`given` is its standard input, which is never a terminal. `prepare` runs before the command
    is loaded: it may give up rights, which a process keeps until it loads another program."""
    own = environment(directory, env)
    if prepare is None:
        ended = Ended(
            *forked.run(forked.Command(main, arguments, directory, own, given), LONGEST_S)
        )
    else:
        done = subprocess.run(  # the command under test
            command(*arguments),
            cwd=directory,
            env=own,
            input=given,
            preexec_fn=prepare,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        ended = Ended(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in ended.err, ended.err
    return ended


def start(
    arguments: Sequence[str], directory: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """In the background; whoever starts it ends it."""
    return subprocess.Popen(  # the command under test
        command(*arguments),
        cwd=directory,
        env=environment(directory, {"PYTHONUNBUFFERED": "1", **(env or {})}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
