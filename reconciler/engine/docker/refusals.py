"""What Docker refuses for a reason that whoever wrote the file can do something about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from reconciler.engine.errors import EngineError, address_taken, port_taken


def _no_such_path(said: Iterable[str]) -> EngineError:
    return EngineError(
        "no-such-path",
        "a path of the host that a container mounts is not there",
        "make it; a directory for a socket with `install -d -o 99`, for the user that HAProxy is",
        said,
    )


def _address_refused(said: Iterable[str]) -> EngineError:
    return EngineError(
        "address-refused",
        "Docker cannot give a container the address that the file has for it",
        "`docker network inspect` shows the network's subnet: choose an address of it, or make the "
        "network with `--subnet`",
        said,
    )


_KNOWN: dict[str, Callable[[Iterable[str]], EngineError]] = {
    "port is already allocated": port_taken,
    "address already in use": port_taken,
    "bind source path does not exist": _no_such_path,
    "Address already in use": address_taken,
    "only when connecting to networks with user configured subnets": _address_refused,
    "no configured subnet or ip range contain the IP address": _address_refused,
    "does not belong to any of this network's subnets": _address_refused,
    "no configured subnet contains IP address": _address_refused,
}
"""Parts of what Docker says, 20.10 and newer ones, and the error that each is."""


def refusal(said: str) -> EngineError | None:
    """The error for a known refusal in what Docker said; None for one that it alone can explain."""
    known = next((told for part, told in _KNOWN.items() if part in said), None)
    return known and known([said])


_DISCARDED = re.compile(r"(Limitation|PIDs limit|Shares) discarded")
"""Limits that are compared later; swap is none of them, and is left out quietly."""


def discarded_limits(answer: dict[str, Any]) -> list[str]:
    """Warnings, to a request that succeeded, about limits that Docker has left out. It would report
    the container without them for ever, and no update of it would help."""
    return [said for said in answer.get("Warnings") or () if _DISCARDED.search(said)]
