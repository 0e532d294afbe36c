"""The short way when nothing changed since the plan was last seen to be empty.

Reading YAML, validating it and talking to Docker with all comfort takes most of the time of an
apply that has nothing to do. So an empty plan is remembered, under a digest of everything it came
from: the file, its variables, the tool, the engine. The next run believes it only if a quick look
shows that everything is still exactly so, and that no event in between concerned the topology. The
memory saves time and nothing else: it may be deleted at any moment, and holds no value of a
variable. See docs/adr/0003-shortcut.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping

from reconciler import __version__
from reconciler.cli.memory import read_memory, write_memory
from reconciler.engine.docker.snapshot import (
    ODD,
    SnapshotError,
    first_process,
    last_event,
    local_socket,
    take_snapshot,
)
from reconciler.files.reading import read_file
from reconciler.files.stamp import stamp
from reconciler.files.variant import AS_WRITTEN, PROFILES, Variant

_VARIABLE = re.compile(rb"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


class Shortcut:
    """One file's way past all the work. Unusable (None) for anything but one plain local file."""

    def __init__(self, file: str, data: bytes, socket: str) -> None:
        self._socket = socket
        self._name = f"{_key(file, data, socket)}.json"
        self._since = 0

    @classmethod
    def of(
        cls, files: tuple[str, ...], env_files: tuple[str, ...], variant: Variant = AS_WRITTEN
    ) -> Shortcut | None:
        name = files[0] if files else "topology.yaml"
        socket = local_socket()
        if len(files) > 1 or env_files or name == "-" or socket is None:
            return None
        if variant != AS_WRITTEN or os.environ.get(PROFILES):
            return None
        try:
            data = read_file(name)
            # More files than one would have to be looked at.
            return None if b"include" in data else cls(os.path.abspath(name), data, socket)
        except OSError:
            return None

    def up_to_date(self) -> str | None:
        """The line to print when nothing is to be done; None when the long way must tell."""
        try:
            memory = json.loads(read_memory(self._name))
            topology = memory["topology"]
            seen = take_snapshot(
                self._socket, topology, memory["proxy"], memory["pid"], memory["sockets"]
            )
            still = seen.fingerprint == memory["fingerprint"] and seen.servers_up == seen.servers
            still = still and seen.is_healthy
            still = still and all(stamp(place) == it for place, it in memory["files"].items())
            if still and seen.is_untouched(memory["since"]):
                return (
                    f"{topology}: up to date ({seen.containers} containers, "
                    f"{seen.servers_up} of {seen.servers} servers up)"
                )
        except (OSError, *ODD, SnapshotError):
            pass
        with contextlib.suppress(OSError, ValueError, SnapshotError):
            self._since = last_event(self._socket)
        return None

    def remember(self, topology: str, proxy: str, files: Mapping[str, list[int]]) -> None:
        """The long way, which began after `up_to_date`, found nothing to do. `files` are those that
        the topology refers to, with their stamps from before they were read."""
        try:
            pid, sockets = first_process(self._socket, proxy)
            seen = take_snapshot(self._socket, topology, proxy, pid, sockets)
            if not seen.has_worker or not seen.is_untouched(self._since):
                return
            memory = {
                "topology": topology,
                "proxy": proxy,
                "since": self._since,
                "pid": pid,
                "sockets": sockets,
                "fingerprint": seen.fingerprint,
                "files": dict(files),
            }
            write_memory(self._name, json.dumps(memory).encode())
        except (OSError, SnapshotError):
            return  # a read-only home costs time, and nothing else


def _key(file: str, data: bytes, socket: str) -> str:
    """A digest of all that a plan is made of, but for the engine's state."""
    names = sorted(set(_VARIABLE.findall(data)))
    values = [os.environ.get(name.decode()) for name in names]
    parts = [__version__, file, socket, hashlib.sha256(data).hexdigest(), values]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
