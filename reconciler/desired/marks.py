"""Marks: what is known of a field of a container's spec, in the field's own metadata. What a change
of it means, which key of the file it is made of and how, and where Docker's body has it.

A field without its mark fails when it is imported. A mark decides nothing: who acts by one names
the mark, and never the field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field
from functools import reduce
from typing import Any, Literal

from reconciler.desired.impact import Impact

_MARK = "reconciler"
LIKE_SERVERS = MISSING
"""Jobs have what the backend's containers have."""


@dataclass(frozen=True, slots=True)
class InDocker:
    """The place of a field in the body that Docker makes a container from."""

    section: Literal["Config", "HostConfig"]
    key: str


def config(key: str) -> InDocker:
    return InDocker("Config", key)


def host(key: str) -> InDocker:
    return InDocker("HostConfig", key)


def as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known of one field."""

    impact: Impact
    keys: tuple[str, ...]
    """Keys of the file, from the backend down, with dots between; the field's name when none."""
    made: Callable[[Any], Any] | None
    """How it is made of what its key says; None when that takes more than the key."""
    docker: InDocker | None
    """Docker's key; None where Docker is told by more than one of its own."""
    is_named: bool
    """Pairs that are told of one by one, by name, and whose order means nothing to Docker."""
    in_jobs: Any
    """What jobs have in its place."""


def known(
    default: Any = MISSING,
    *keys: str,
    impact: Impact = Impact.REPLACE,
    made: Callable[[Any], Any] | None = None,
    docker: InDocker | None = None,
    is_named: bool = False,
    in_jobs: Any = LIKE_SERVERS,
) -> Any:
    """A field of a spec, and what is known of it."""
    mark = Known(impact, keys, made, docker, is_named, in_jobs)
    return field(default=default, metadata={_MARK: mark})


def option(
    default: Any,
    docker: InDocker | None,
    key: str = "",
    made: Callable[[Any], Any] | None = as_it_is,
) -> Any:
    """A field that Docker takes when a container is made, and never again."""
    return known(default, *filter(None, [key]), made=made, docker=docker)


def mark_of(own: Field[Any]) -> Known:
    """What is known of a field. Raises KeyError for one that nothing is known of."""
    found = own.metadata[_MARK]
    assert isinstance(found, Known)
    return found


def keys_of(own: Field[Any]) -> tuple[tuple[str, ...], ...]:
    """The paths of the keys that a field is made of."""
    return tuple(tuple(key.split(".")) for key in mark_of(own).keys or (own.name,))


def value_of(own: Field[Any], wish: Any) -> Any:
    """A field as its key says it, below the owner; its default where that says nothing."""
    made, value = mark_of(own).made, reduce(getattr, keys_of(own)[0], wish)
    assert made is not None
    return own.default if value is None else made(value)
