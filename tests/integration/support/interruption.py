"""Applies that end in the middle, as if killed."""

from __future__ import annotations

from tests.integration.support import crash, forked, tool
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true


def crash_after(stack: Stack, steps: int) -> bool:
    """Whether it crashed: an apply of fewer steps ends before."""
    stack.write()
    command = forked.Command(
        crash.main,
        (str(stack.file), str(steps)),
        stack.directory,
        tool.environment(stack.directory),
    )
    code, _, errors = forked.run(command, tool.LONGEST_S)
    assert code in {0, crash.CRASHED}, errors
    return code == crash.CRASHED


def await_unlocked(stack: Stack) -> None:
    """A lock goes with its holder."""
    await_true(lambda: not stack.world.containers(stack.name, role="lock"), "the lock is gone")
