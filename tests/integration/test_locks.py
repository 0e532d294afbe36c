"""One run at a time on a topology; and a lock that cannot outlive its holder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.plan import names
from tests.integration.support import tool
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true


def _held(stack: Stack) -> bool:
    return any(
        c["State"]["Running"] for c in stack.world.containers(stack.name, role=names.LOCK_ROLE)
    )


@contextmanager
def _long_apply(stack: Stack) -> Iterator[subprocess.Popen[str]]:
    """An apply in another process that has the lock, and waits for servers that start slowly."""
    stack.backend["replicas"] = 1
    stack.apply()
    stack.backend["env"] = {"START_DELAY": "2.5"}
    stack.write()
    with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as process:
        await_true(lambda: _held(stack), "the first run holds the lock", 20)
        yield process
        process.kill()


def test_the_second_waits(stack: Stack) -> None:
    with _long_apply(stack) as first:
        ended = stack.apply()
        assert f"topology `{stack.name}` is being changed by " in ended.out
        assert f"process {first.pid}" in ended.out
        assert "waiting up to 60 s" in ended.out
        output, _ = first.communicate(timeout=30)
        assert first.returncode == 0, output
    stack.assert_converged()


def test_the_second_does_not_wait(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    other = make_stack()
    with _long_apply(stack) as first:
        ended = stack.apply("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err
        assert f"process {first.pid}" in ended.err
        ended = stack.apply("--lock-timeout", "300ms", "--output", "json", expect=1)
        assert ended.events[-1]["failures"][0]["code"] == "locked"
        ended = stack.destroy("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err

        stack.plan("--detailed-exitcode", expect=2)  # looking is always possible
        other.apply("--lock-timeout", "0s")  # another topology is another lock
        output, _ = first.communicate(timeout=30)
        assert first.returncode == 0, output
    stack.assert_converged()


def test_the_holder_is_killed(stack: Stack) -> None:
    with _long_apply(stack) as first:
        second = tool.start(["apply", "--yes", str(stack.file)], stack.directory)
        with second:
            assert second.stdout is not None
            said = second.stdout
            await_true(lambda: "is being changed by" in said.readline(), "it waits")
            first.kill()
            output, _ = second.communicate(timeout=60)
        assert second.returncode == 0, output
    stack.assert_converged()
    await_true(lambda: not stack.world.containers(stack.name, role=names.LOCK_ROLE), "no lock")


def test_a_foreign_container_has_the_name_of_the_lock(stack: Stack) -> None:
    with stack.world.foreign_container(names.lock_name(stack.name)) as other:
        ended = stack.apply("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err
        assert names.lock_name(stack.name) in ended.err
        assert stack.world.api.inspect_container(other)["State"]["Running"]
