"""An apply with nothing to do takes a short way; it never takes it past a change."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest

from reconciler.haproxy.paths import CONFIG_PATH
from tests.images import ECHO
from tests.integration.support.stack import Stack

Act = Callable[[Stack], object]


def _server(stack: Stack) -> str:
    return stack.ids()["web-1"]


def _copy_in(stack: Stack) -> None:
    """`docker cp` of an edited haproxy.cfg."""
    text = stack.world.run_in(stack.haproxy, "cat", CONFIG_PATH).encode() + b"# by hand\n"
    entry = tarfile.TarInfo(CONFIG_PATH.lstrip("/"))
    entry.size, entry.mode, entry.uid, entry.gid = len(text), 0o600, 99, 99
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(text))
    assert stack.world.api.put_archive(stack.haproxy, "/", buffer.getvalue())


def _stop_and_start(stack: Stack) -> None:
    """Ends as it began, but for HAProxy, which has to find the server again."""
    stack.world.api.restart(_server(stack), timeout=1)


def _other_file(stack: Stack) -> None:
    stack.backend["replicas"] = 3


def _other_variable(stack: Stack) -> None:
    stack.env["VERSION"] = "2"


def _extra_container(stack: Stack) -> None:
    labels = stack.by_slot()["web-1"]["Config"]["Labels"]
    made = stack.world.api.create_container_from_config({"Image": ECHO, "Labels": labels})
    stack.world.api.start(made["Id"])


CHANGES: dict[str, tuple[Act, bool]] = {
    "file": (_other_file, True),
    "variable": (_other_variable, True),
    "copied in": (_copy_in, True),
    "extra": (_extra_container, True),
    "restarted": (_stop_and_start, False),
    "limits": (
        lambda s: s.world.api.update_container(
            _server(s), mem_limit=64 << 20, memswap_limit=128 << 20
        ),
        True,
    ),
    "network removed and made": (
        lambda s: s.world.api.disconnect_container_from_network(_server(s), f"{s.name}-default"),
        True,
    ),
}


@pytest.mark.parametrize("part", range(2))
def test_every_change_is_seen(stack: Stack, part: int) -> None:
    stack.backend["env"] = {"VERSION": "${VERSION}"}
    stack.env["VERSION"] = "1"
    stack.apply()
    for name, (act, is_change) in list(CHANGES.items())[part::2]:
        for _ in range(2):
            assert "up to date" in stack.apply().out, name
        act(stack)
        said = stack.apply().out
        assert ("converged in" if is_change else "up to date") in said, name
        assert "2 of 2 servers up" in said or "3 of 3 servers up" in said, name
    stack.assert_converged()


def test_the_memory_may_be_damaged(stack: Stack) -> None:
    stack.apply()
    stack.apply()
    kept = list((stack.directory / "cache").rglob("*.json"))
    for file in kept:
        file.write_text("{", encoding="utf-8")
    assert "up to date" in stack.apply().out
    for file in kept:
        assert file.stat().st_mode & 0o077 == 0


def test_two_topologies_do_not_mix(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    other = make_stack()
    for each in (stack, other):
        each.apply()
        each.apply()
    stack.world.remove(_server(stack))
    assert "up to date" in other.apply().out
    assert "converged" in stack.apply().out
    stack.assert_converged()
