"""Claims on what one container can have at a time: a port of the host, or an address."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Backend


class Claim(Struct, frozen=True):
    """A claim of a backend's containers. `what` says it: `port 25 of the host`. `value` is the part
    that stands in the file."""

    code: str
    what: str
    path: Path
    value: str
    quoted: Path
    instead: str
    """What to do where there are too many containers."""
    most: int = 1
    """How many containers can have a part of it each."""


def held_by_one(name: str, backend: Backend, claim: Claim) -> Iterator[Diagnostic]:
    """Several containers cannot have it, nor can a new one start beside the old one that has it."""
    if backend.containers > claim.most:
        how_many = "one container" if claim.most == 1 else f"{claim.most} containers"
        yield Diagnostic(
            claim.code,
            f"{how_many} can have {claim.what}, and `{name}` has {backend.containers}",
            claim.instead,
            Place(claim.path),
            quoted=((claim.value, claim.quoted),),
        )
    elif backend.containers and not _stops_first(backend):
        yield Diagnostic(
            claim.code,
            f"a new container of `{name}` cannot start beside the old one, which has {claim.what}",
            "add `rollout: {order: stop-first}`: for a moment none runs when it is replaced",
            Place(claim.path),
            quoted=((claim.value, claim.quoted),),
        )


def _stops_first(backend: Backend) -> bool:
    wish = backend.rollout
    return wish.order == "stop-first" or wish.max_surge in {0, "0%"}
