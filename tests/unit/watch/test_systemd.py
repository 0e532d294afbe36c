"""What systemd is told, by the parts and by the whole command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from reconciler.watch.systemd import Notifier
from tests.integration.support.waiting import LONGEST_S


def test_systemd_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        assert notifier.watchdog_s == 15
        notifier.say("READY=1")
        assert manager.recv(100) == b"READY=1"
    notifier.say("WATCHDOG=1")  # nobody listens any more


def test_an_abstract_socket() -> None:
    name = f"reconciler-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).say("STOPPING=1")
        assert manager.recv(100) == b"STOPPING=1"


def test_nobody_asked_to_be_told() -> None:
    notifier = Notifier({})
    notifier.say("READY=1")
    assert notifier.watchdog_s is None
    assert (
        Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).watchdog_s
        is None
    )


def test_the_command_tells_systemd_and_ends(tmp_path: Path) -> None:
    """The whole daemon, without an engine: it waits for one, and is ready all the same."""
    address = str(tmp_path / "notify")
    (tmp_path / "shop.yaml").write_text("name: shop\n", encoding="utf-8")
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "4000000",
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
    }
    environment.pop("WATCHDOG_PID", None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(30)
        with subprocess.Popen(  # our own command
            [sys.executable, "-m", "reconciler", "watch", str(tmp_path)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert manager.recv(100) == b"READY=1"
            assert manager.recv(100) == b"WATCHDOG=1"
            assert process.stdout is not None
            assert "error[engine-unreachable]" in process.stdout.readline()
            process.terminate()
            assert process.wait(LONGEST_S) == 0
            said = b""
            while said != b"STOPPING=1":
                said = manager.recv(100)
