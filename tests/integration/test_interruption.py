"""A run that ends in the middle is picked up by the next one; nothing serves worse meanwhile."""

from __future__ import annotations

import random
import signal
import subprocess

import pytest

from tests.integration.support import tool
from tests.integration.support.interruption import await_unlocked, crash_after
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import LONGEST_S

MOST_STEPS = 30


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_a_first_apply_crashes_after_each_step(stack: Stack, part: int) -> None:
    stack.backend["replicas"] = 1
    stack.backend["volumes"] = ["data:/data"]
    for steps in range(1 + part, MOST_STEPS, 2):
        crashed = crash_after(stack, steps)
        await_unlocked(stack)
        stack.apply("--lock-timeout", "0s")
        stack.assert_whole()
        stack.world.sweep(stack.name)
        if not crashed:
            return
    raise AssertionError("it never came to its end")


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_a_replacement_crashes_after_each_step(stack: Stack, part: int) -> None:
    """At no point does a request fail, nor between the crash and the next apply."""
    stack.backend["replicas"] = 1
    stack.backend["env"] = {"VERSION": "0"}
    stack.apply()
    with Traffic(stack.port, one_shot=1, keep_alive=1) as traffic:
        for steps in range(1 + part, MOST_STEPS, 2):
            stack.backend["env"] = {"VERSION": f"{steps}-lost"}
            crashed = crash_after(stack, steps)
            traffic.go_on(10)
            await_unlocked(stack)
            if steps % 3 == 0:  # go on with the same file, or with another
                stack.backend["env"] = {"VERSION": f"{steps}"}
            stack.apply("--lock-timeout", "0s")
            stack.assert_whole()
            if not crashed:
                break
        else:
            raise AssertionError("it never came to its end")
        traffic.go_on(10)
    traffic.assert_lossless()
    stack.assert_converged()


@pytest.mark.long
def test_a_new_haproxy_crashes_after_each_step(stack: Stack) -> None:
    """HAProxy itself is replaced: whatever is left, the next apply has the ports open again."""
    stack.backend["replicas"] = 1
    stack.apply()
    for steps in range(1, MOST_STEPS):
        port = free_port()
        stack.spec["frontends"]["more"] = {"bind": f"127.0.0.1:{port}", "default_backend": "web"}
        crashed = crash_after(stack, steps)
        await_unlocked(stack)
        stack.apply("--lock-timeout", "0s")
        stack.assert_whole()
        if not crashed:
            return
    raise AssertionError("it never came to its end")


def test_killed_at_any_moment(stack: Stack) -> None:
    dice = random.Random(20)  # noqa: S311  # not for secrets
    stack.apply()
    for number in range(5):
        stack.backend.update(env={"VERSION": str(number)}, replicas=1 + number % 3)
        stack.write()
        with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as process:
            try:
                process.wait(timeout=dice.uniform(0.3, 2.5))
            except subprocess.TimeoutExpired:
                process.kill()
        assert stack.get().status == 200
    stack.apply()
    stack.assert_converged()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_asked_to_stop(stack: Stack, number: signal.Signals) -> None:
    """Running steps are finished, waits are given up, and the end says how far it came."""
    stack.apply()
    before = stack.ids()
    stack.backend["env"] = {"START_DELAY": "60"}
    stack.write()
    with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as process:
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "done  let HAProxy check" in line:  # now it waits for a server that is not up yet
                process.send_signal(number)
                break
        rest, _ = process.communicate(timeout=LONGEST_S)
    text = "".join(lines) + rest
    assert process.returncode == 130, text
    assert "finishing the running steps" in text
    assert "stopped as asked" in text
    assert "2 of 3 servers up" in text
    assert "Traceback" not in text
    assert stack.servers_that_answer() == {before["web-1"][:12], before["web-2"][:12]}

    stack.backend["env"] = {}
    stack.apply("--lock-timeout", "0s")
    stack.assert_converged()
    assert {s: i for s, i in stack.ids().items() if s == "haproxy"} == {
        "haproxy": before["haproxy"]
    }
