"""Reaching into a container from outside, tried on this very process."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.engine.docker.haproxy.procfs import Inside, NotHereError

CGROUP = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()[0]
HERE = Inside(os.getpid(), CGROUP)


@contextmanager
def listening(path: Path, reply: str) -> Iterator[list[str]]:
    """A server that answers once, at the end of its input, as HAProxy's master does."""
    heard: list[str] = []
    directory = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{directory}/{path.name}")
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile() as lines:
                heard.append(lines.read())
                with contextlib.suppress(BrokenPipeError):  # who asked has heard enough
                    connection.sendall(reply.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield heard
        finally:
            thread.join(5)
            os.close(directory)


def test_a_socket_is_asked_and_its_whole_answer_read(tmp_path: Path) -> None:
    reply = "Version: 3\n" * 100_000
    with listening(tmp_path / "api.sock", reply) as heard:
        assert HERE.ask(str(tmp_path / "api.sock"), "show info;show stat") == reply
    assert heard == ["show info;show stat\n"]


def test_an_answer_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.engine.docker.haproxy.procfs.MOST_BYTES", 1 << 20)
    with listening(tmp_path / "api.sock", "x" * (8 << 20)):
        assert len(HERE.ask(str(tmp_path / "api.sock"), "show info")) < 4 << 20


def test_a_path_may_be_longer_than_an_address(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    with listening(deep / "api.sock", "yes"):
        assert HERE.ask(str(deep / "api.sock"), "show info") == "yes"


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "left.sock"))
    for name in ("left.sock", "none.sock", "none/none.sock"):
        assert HERE.ask(str(tmp_path / name), "show info") == ""


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "haproxy.cfg").write_bytes("# ä\r\n\xff".encode("latin-1"))
    assert HERE.read(str(tmp_path / "haproxy.cfg")) == "# \ufffd\r\n\ufffd"
    with pytest.raises(FileNotFoundError):
        HERE.read(str(tmp_path / "none"))


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("of this machine", encoding="utf-8")
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "real" / "link").symlink_to("file")
    for path in ("way/file", "real/link"):
        with pytest.raises(OSError, match=r"symbolic|Not a directory"):
            HERE.read(str(tmp_path / path))
    with listening(tmp_path / "real" / "api.sock", "yes"):
        (tmp_path / "real" / "link.sock").symlink_to("api.sock")
        for path in ("way/api.sock", "real/link.sock"):
            with pytest.raises(OSError, match=r"no socket|Not a directory"):
                HERE.ask(str(tmp_path / path), "show info")
        assert HERE.ask(str(tmp_path / "real" / "api.sock"), "") == "yes"


def test_what_is_no_file_or_socket_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe"):
        HERE.read(str(tmp_path / "pipe"))
    with pytest.raises(OSError, match="is no socket"):
        HERE.ask(str(tmp_path / "pipe"), "show info")


@pytest.mark.parametrize(
    "other", [Inside(os.getpid(), "f" * 64), Inside(os.getppid(), "f" * 64)], ids=["self", "parent"]
)
def test_another_process_is_not_taken_for_the_container(other: Inside, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotHereError):
        other.read(str(tmp_path / "file"))
    with pytest.raises(NotHereError):
        other.ask("/none.sock", "show info")


def test_a_process_that_has_ended() -> None:
    gone = Inside(4_194_305, CGROUP)  # above the highest number there can be
    with pytest.raises(OSError, match="No such file"):
        gone.ask("/none.sock", "show info")
