"""Who holds a topology's lock, for others to read."""

from __future__ import annotations

import os
import socket


def holder_name() -> str:
    """This process: `root@build-7, process 4711`."""
    user = os.environ.get("USER") or f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"
