"""What systemd is told by a service of `Type=notify`: ready, alive, stopping. See sd_notify(3)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Says nothing where nobody asked to be told."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        wanted_of = environ.get("WATCHDOG_PID") or str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_wanted = microseconds.isdigit() and wanted_of == str(os.getpid())
        self.watchdog_s = int(microseconds) / 2e6 if self._address and is_wanted else None
        """How often to say that all is well: twice in the time after which systemd gives up."""

    def say(self, state: str) -> None:
        """`READY=1`. A manager that does not listen is not waited for."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # an abstract socket has a zero byte there
            address = "\0" + address[1:]
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(state.encode(), address)
