"""What a change is, and the order in which changes are made."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Change(Generic[S]):
    """One apply. `act` changes the files, or what runs; `code` is the exit code to expect.

    `replaces`: containers leave, and long connections on them end after their drain_timeout.
    `kills`: requests that a container was working on are lost with it, however HAProxy tries.
    """

    name: str
    act: Callable[[S], object]
    code: int = 0
    replaces: bool = False
    kills: bool = False


@dataclass(frozen=True, slots=True)
class Group(Generic[S]):
    """Changes that follow each other, and lead back to where they began.

    `needs` are the keys that the tool must know for them; `network` is where they are possible,
    everywhere when not given.
    """

    changes: tuple[Change[S], ...]
    needs: tuple[str, ...] = ()
    network: str = ""


def shuffled(found: Sequence[Group[S]], dice: random.Random) -> Iterator[Group[S]]:
    """Every group in some order, and all of them again in another."""
    while True:
        yield from dice.sample(found, len(found))
