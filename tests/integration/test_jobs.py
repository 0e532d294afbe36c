"""Jobs before a roll-out: once for each revision, and nothing changes unless they succeed."""

from __future__ import annotations

from typing import Any

from reconciler.desired import names
from tests.integration.support.interruption import await_unlocked, crash_after
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true


def _job(script: str, **more: Any) -> dict[str, Any]:
    return {"name": "migrate", "entrypoint": ["sh", "-c"], "command": [script], **more}


def _jobs(stack: Stack) -> list[dict[str, Any]]:
    return stack.world.containers(stack.name, role=names.JOB_ROLE)


def _ran(stack: Stack) -> list[str]:
    """What all jobs have written into the volume that the containers share with them."""
    container = stack.ids()["web-1"]
    return stack.world.run_in(container, "cat", "/data/ran").split()


def test_a_job_before_a_roll_out(stack: Stack) -> None:
    web = stack.backend
    web.update(replicas=1, volumes=["data:/data"], env={"RELEASE": "1"})
    web["before"] = [_job("echo $$RELEASE >> /data/ran")]
    stack.apply()
    assert _ran(stack) == ["1"]
    assert "up to date" in stack.apply().out
    (record,) = _jobs(stack)
    assert record["State"]["ExitCode"] == 0

    stack.world.remove(record["Id"])  # as somebody who tidies up: it has been done all the same
    assert "up to date" in stack.apply().out

    serving = stack.ids()
    web["env"]["RELEASE"] = "2"
    web["before"] = [_job("echo no such table >&2; exit 3")]
    failed = stack.apply(expect=1)
    told = failed.out + failed.err
    assert "exited with code 3" in told
    assert "no such table" in told
    assert stack.ids() == serving
    assert [job["State"]["ExitCode"] for job in _jobs(stack)] == [3]
    stack.assert_serves()

    web["before"] = [_job("sleep 60", timeout="300ms")]
    late = stack.apply(expect=1)
    assert "did not end within 0.3 s, and was stopped" in late.out + late.err
    assert not any(job["State"]["Running"] for job in _jobs(stack))
    assert stack.ids() == serving

    web["before"] = [_job("echo $$RELEASE >> /data/ran")]
    stack.apply()
    assert _ran(stack) == ["1", "2"]
    assert [job["State"]["ExitCode"] for job in _jobs(stack)] == [0]
    stack.assert_converged()
    stack.destroy("--volumes")
    await_true(lambda: not stack.world.leftovers(stack.name), "all is removed")


def test_a_run_that_ends_while_the_job_runs(stack: Stack) -> None:
    """The next one waits for it, and does not run it twice."""
    stack.backend.update(replicas=1, volumes=["data:/data"])
    stack.apply()
    stack.backend["before"] = [_job("sleep 2; echo once >> /data/ran")]
    assert crash_after(stack, 2)  # it was created and started
    await_unlocked(stack)
    (job,) = _jobs(stack)
    stack.apply("--lock-timeout", "0s")
    assert [found["Id"] for found in _jobs(stack)] == [job["Id"]]
    assert _ran(stack) == ["once"]
    stack.assert_converged()
