"""What Docker refuses for a reason that whoever wrote the file can do something about."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.engine.protocol import EngineError


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Known by any of some parts of what Docker says: of 20.10, and of newer ones."""

    parts: tuple[str, ...]
    code: str
    message: str
    hint: str


_KNOWN = (
    _Refusal(
        ("port is already allocated", "address already in use"),
        "port-taken",
        "a port of the host is already in use by another program",
        "stop it, or bind to another port or address",
    ),
    _Refusal(
        ("bind source path does not exist",),
        "no-such-path",
        "a path of the host that a container mounts is not there",
        "make it; a directory for a socket with `install -d -o 99`, for the user that HAProxy is",
    ),
    _Refusal(
        ("Address already in use",),
        "address-taken",
        "an address that a container shall have is another's",
        "remove who has it, or choose one in the upper half of the subnet, which Docker gives to "
        "nobody by itself",
    ),
    _Refusal(
        (
            "only when connecting to networks with user configured subnets",
            "no configured subnet or ip range contain the IP address",
            "does not belong to any of this network's subnets",
            "no configured subnet contains IP address",
        ),
        "address-refused",
        "Docker cannot give a container the address that the file has for it",
        "`docker network inspect` shows the network's subnet: choose an address of it, or make the "
        "network with `--subnet`",
    ),
)


def refusal(said: str) -> EngineError | None:
    """The error for a known refusal in what Docker said; None for one that it alone can explain."""
    for known in _KNOWN:
        if any(part in said for part in known.parts):
            return EngineError(known.code, known.message, known.hint, [said])
    return None
