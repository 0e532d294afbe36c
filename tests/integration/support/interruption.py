"""Applies that end in the middle, as if killed."""

from __future__ import annotations

import subprocess
import sys

from tests.integration.support import tool
from tests.integration.support.crash import CRASHED
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true


def crash_after(stack: Stack, steps: int) -> bool:
    """Whether it crashed: an apply of fewer steps ends before."""
    stack.write()
    ended = subprocess.run(  # our own module
        [sys.executable, "-m", "tests.integration.support.crash", str(stack.file), str(steps)],
        env=tool.environment(stack.directory), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert ended.returncode in {0, CRASHED}, ended.stderr
    return ended.returncode == CRASHED


def await_unlocked(stack: Stack) -> None:
    """A lock goes with its holder."""
    await_true(lambda: not stack.world.containers(stack.name, role="lock"), "the lock is gone", 15)
