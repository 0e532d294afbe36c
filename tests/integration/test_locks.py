"""One run at a time on a topology; and a lock that cannot outlive its holder."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Callable
from typing import Any

import docker
import pytest

from reconciler.desired import names
from reconciler.engine.docker.lock import held_lock
from reconciler.engine.errors import EngineError, LockedError
from tests.images import ECHO, HAPROXY
from tests.integration.support import tool
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import LONGEST_S, await_true


class _LongApply:
    """An apply in another process, which has the lock, and waits for a server to become healthy.

    It does when `release` is called.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        stack.backend["replicas"] = 1
        stack.apply()
        stack.backend["healthcheck"] = {
            "test": "test -e /tmp/go",
            "interval": "200ms",
            "retries": 1000,
        }
        stack.write()
        self.process = tool.start(["apply", "--yes", str(stack.file)], stack.directory)

    def __enter__(self) -> _LongApply:
        await_true(self._new_server, "the first run waits for its server")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:
            """Closes its output and waits for it."""

    def _new_server(self) -> str | None:
        for container in self._stack.containers():
            if (container["State"].get("Health") or {}).get("Status") == "starting":
                return str(container["Id"])
        return None

    def release(self) -> None:
        server = self._new_server()
        assert server is not None
        self._stack.world.run_in(server, "touch", "/tmp/go")

    def finish(self) -> None:
        self.release()
        output, _ = self.process.communicate(timeout=LONGEST_S)
        assert self.process.returncode == 0, output


def _waits(process: subprocess.Popen[str], holder: int) -> None:
    """Until a process says that it waits for another."""
    said = process.stdout
    assert said is not None
    line = await_true(lambda: _if_waiting(said.readline()), "the second waits")
    assert f"process {holder}; waiting up to 60 s" in line


def _if_waiting(line: str) -> str:
    assert line, "its output has ended"
    return line if "is being changed by" in line else ""


def test_the_second_waits(stack: Stack) -> None:
    with _LongApply(stack) as first:
        with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as second:
            _waits(second, first.process.pid)
            first.finish()
            output, _ = second.communicate(timeout=LONGEST_S)
        assert second.returncode == 0, output
    stack.assert_converged()


def test_the_second_does_not_wait(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    other = make_stack()
    with _LongApply(stack) as first:
        ended = stack.apply("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err
        assert f"topology `{stack.name}` is being changed by " in ended.err
        assert f"process {first.process.pid}" in ended.err
        ended = stack.apply("--lock-timeout", "300ms", "--output", "json", expect=1)
        assert ended.events[-1]["failures"][0]["code"] == "locked"
        ended = stack.destroy("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err

        stack.plan("--detailed-exitcode", expect=2)  # looking is always possible
        other.apply("--lock-timeout", "0s")  # another topology is another lock
        first.finish()
    stack.assert_converged()


def test_the_holder_is_killed(stack: Stack) -> None:
    with _LongApply(stack) as first:
        with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as second:
            _waits(second, first.process.pid)
            first.process.kill()
            first.release()
            output, _ = second.communicate(timeout=LONGEST_S)
        assert second.returncode == 0, output
    stack.assert_converged()
    await_true(lambda: not stack.world.containers(stack.name, role=names.LOCK_ROLE), "no lock")


def test_a_foreign_container_has_the_name_of_the_lock(stack: Stack) -> None:
    with stack.world.foreign_container(names.lock_name(stack.name)) as other:
        ended = stack.apply("--lock-timeout", "0s", expect=1)
        assert "error[locked]" in ended.err
        assert names.lock_name(stack.name) in ended.err
        assert stack.world.api.inspect_container(other)["State"]["Running"]


def test_a_lock_whose_holder_is_dead(stack: Stack) -> None:
    """Docker was restarted, say, and kept the container: nobody has to remove it by hand."""
    name = names.lock_name(stack.name)
    labels = {names.TOPOLOGY: stack.name, names.ROLE: names.LOCK_ROLE, names.HOLDER: "nobody"}
    with stack.world.foreign_container(name, Labels=labels, Cmd=["true"]) as lock:
        await_true(
            lambda: stack.world.api.inspect_container(lock)["State"]["Status"] == "exited",
            "it ends",
        )
        stack.apply("--lock-timeout", "0s")
        stack.assert_converged()


def test_a_slow_holder_is_not_robbed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock was made long ago, looks dead, and is started just before it is to be removed."""
    api = stack.world.api
    body = {
        "Image": HAPROXY,
        "Entrypoint": ["cat"],
        "OpenStdin": True,
        "Labels": {names.TOPOLOGY: stack.name, names.ROLE: names.LOCK_ROLE, names.HOLDER: "slow"},
    }
    made = api.create_container_from_config(body, name=names.lock_name(stack.name))["Id"]

    def start(client: docker.APIClient, container: dict[str, Any]) -> bool:
        client.start(container["Id"])
        return True

    monkeypatch.setattr("reconciler.engine.docker.lock._is_dead", start)
    with (
        pytest.raises(LockedError, match="slow"),
        held_lock(api, stack.name, "another", [HAPROXY], 0.0),
    ):
        pass
    assert api.inspect_container(made)["State"]["Running"]


def test_a_topology_of_workers_needs_no_image_of_haproxy(stack: Stack) -> None:
    """Nobody names it there, so nobody has pulled it."""
    stack.spec = {
        "name": stack.name,
        "backends": {"worker": {"image": ECHO}},
        "haproxy": {"image": "registry.invalid/haproxy:1"},
    }
    stack.apply()
    stack.destroy()


def test_a_lock_passes_by_an_image_without_a_shell(stack: Stack) -> None:
    client = stack.world.api
    name = f"reconciler-test/{stack.name}:empty"
    client.import_image(_empty_archive(), f"reconciler-test/{stack.name}", "empty")
    try:
        with held_lock(client, stack.name, "first", [name, HAPROXY], 0.0):
            found = client.inspect_container(names.lock_name(stack.name))
            assert found["Config"]["Image"] != name
            with pytest.raises(LockedError), held_lock(client, stack.name, "x", [HAPROXY], 0.0):
                pass
        with pytest.raises(EngineError) as caught, held_lock(client, stack.name, "x", [name], 0.0):
            pass
        assert caught.value.diagnostic.code == "no-lock-image"
    finally:
        client.remove_image(name, force=True)


def _empty_archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("nothing"), io.BytesIO())
    return made.getvalue()
