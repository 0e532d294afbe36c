"""A Docker engine of a test's own, to be stopped, killed and started again.

It has a network namespace for itself, so that its bridges and firewall rules meet nobody else's;
published ports are reachable in there alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.integration.support.waiting import LONGEST_S, await_true

_CLONE_NEWNET = 0x40000000


_NETWORK = """
import fcntl, signal, socket, struct
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
signal.pause()
"""
"""Keeps a network namespace whose loopback interface is up."""


class PrivateEngine:
    def __init__(self, home: Path, *options: str) -> None:
        self.home, self._options = home, options
        self.url = f"unix://{home}/docker.sock"
        self._log = (home / "dockerd.log").open("wb")
        self._network = subprocess.Popen(["unshare", "--net", sys.executable, "-c", _NETWORK])
        await_true(self._has_network, "the private engine has a network of its own")
        self._process = self._start()

    def _has_network(self) -> bool:
        """Before `unshare` has done it, its network is the machine's, whose firewall an engine
        would write its own rules into."""
        inode = Path(f"/proc/{self._network.pid}/ns/net").stat().st_ino
        return inode != Path("/proc/self/ns/net").stat().st_ino

    def _start(self) -> subprocess.Popen[bytes]:
        """With the network that it had before."""
        process = subprocess.Popen(
            [
                "nsenter",
                f"--net=/proc/{self._network.pid}/ns/net",
                "dockerd",
                f"--host={self.url}",
                f"--data-root={self.home}/data",
                f"--exec-root={self.home}/exec",
                f"--pidfile={self.home}/docker.pid",
                *self._options,
            ],
            stdout=self._log,
            stderr=self._log,
        )
        self.await_answer()
        return process

    def await_answer(self) -> None:
        await_true(self._answers, "the private engine answers")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as peer:
            try:
                peer.connect(self.url.removeprefix("unix://"))
                peer.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in peer.recv(64)
            except OSError:
                return False

    def enter(self) -> None:
        """Take this thread into the network of the engine, where its published ports are."""
        network = os.open(f"/proc/{self._network.pid}/ns/net", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(network, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(network)

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Neither it nor its DNS answers, and its containers run on."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)
            self.await_answer()

    @contextlib.contextmanager
    def dead(self) -> Iterator[None]:
        """Killed, so that nobody listens where its DNS was; its containers run on until it is back,
        and with `--live-restore` also then."""
        self._end(signal.SIGKILL)
        try:
            yield
        finally:
            self._process = self._start()

    def restart(self, number: signal.Signals) -> None:
        """With SIGTERM as the service does; after SIGKILL containers run on until the start."""
        self._end(number)
        self._process = self._start()

    def _end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.wait(LONGEST_S)
        for left in ("docker.pid", "exec/containerd/containerd.pid"):
            # Its containerd ends with it; where nobody reaps it, it would look alive for ever.
            (self.home / left).unlink(missing_ok=True)

    def close(self) -> None:
        if self._process.poll() is None:
            self._end(signal.SIGTERM)
        self._network.kill()
        self._network.wait()
        self._log.close()
        # An engine that was killed leaves its directory mounted upon itself.
        subprocess.run(
            ["umount", "--lazy", self.home / "data"], check=False, stderr=subprocess.DEVNULL
        )
        shutil.rmtree(self.home, ignore_errors=True)


@contextlib.contextmanager
def private_engine(*images: str, options: Sequence[str] = ()) -> Iterator[PrivateEngine]:
    """An engine that has these images of the usual one."""
    home = Path(tempfile.mkdtemp(prefix="engine-"))  # short: a socket's path has 108 bytes
    engine = PrivateEngine(home, *options)
    try:
        archive = str(home / "images.tar")
        subprocess.run(["docker", "save", "--output", archive, *images], check=True)
        load = ["docker", "--host", engine.url, "load", "--quiet", "--input", archive]
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL)
        yield engine
    finally:
        engine.close()
