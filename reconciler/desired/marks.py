"""Marks: what is known of a field of a container's spec, at the field itself. What a change of it
means, which key of the file it is made of and how, and where Docker's body has it.

A field without its mark fails when it is imported. A mark decides nothing: who acts by one names
the mark, and never the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, ClassVar, Literal

from msgspec import NODEFAULT, Struct, StructMeta
from msgspec.structs import replace

from reconciler.desired.alike import Alike, exactly
from reconciler.desired.impact import Impact

LIKE_SERVERS = NODEFAULT
"""Jobs have what the backend's containers have."""


class InDocker(Struct, frozen=True):
    """The place of a field in the body that Docker makes a container from."""

    section: Literal["Config", "HostConfig"]
    key: str


def config(key: str) -> InDocker:
    return InDocker("Config", key)


def host(key: str) -> InDocker:
    return InDocker("HostConfig", key)


def as_it_is(value: Any) -> Any:
    return value


class Known(Struct, frozen=True):
    """Everything that is known of one field."""

    name: str
    default: Any
    """NODEFAULT for one that must be given."""

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
    alike: Alike
    """How its text is compared with one that is written otherwise."""


def known(
    default: Any = NODEFAULT,
    *keys: str,
    impact: Impact = Impact.REPLACE,
    made: Callable[[Any], Any] | None = None,
    docker: InDocker | None = None,
    is_named: bool = False,
    in_jobs: Any = LIKE_SERVERS,
    alike: Alike = exactly,
) -> Any:
    """A field of a spec, and what is known of it."""
    return Known("", default, impact, keys, made, docker, is_named, in_jobs, alike)


def option(
    default: Any,
    docker: InDocker | None,
    key: str = "",
    made: Callable[[Any], Any] | None = as_it_is,
    alike: Alike = exactly,
) -> Any:
    """A field that Docker takes when a container is made, and never again."""
    return known(default, *filter(None, [key]), made=made, docker=docker, alike=alike)


class _Marking(StructMeta):
    """Makes a class whose fields have their marks in the place of their defaults."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> Any:
        marks = {own: mark for base in bases for own, mark in getattr(base, "marks", {}).items()}
        for own, mark in [item for item in namespace.items() if isinstance(item[1], Known)]:
            marks[own] = mark if mark.name else replace(mark, name=own)
            if mark.default is NODEFAULT:
                del namespace[own]
            else:
                namespace[own] = mark.default
        made = super().__new__(mcs, name, bases, namespace | {"marks": marks}, **options)
        if unknown := set(made.__struct_fields__) - marks.keys():
            raise TypeError(f"nothing is known of {', '.join(sorted(unknown))} of {name}")
        return made


class Marked(Struct, frozen=True, metaclass=_Marking):
    """A value of which each field is `known`, or an `option`."""

    marks: ClassVar[Mapping[str, Known]]


def fields_of(kind: type[Marked]) -> tuple[Known, ...]:
    """What is known of each field, in the order of the source."""
    return tuple(kind.marks.values())


def keys_of(own: Known) -> tuple[tuple[str, ...], ...]:
    """The paths of the keys that a field is made of."""
    return tuple(tuple(key.split(".")) for key in own.keys or (own.name,))


def value_of(own: Known, wish: Any) -> Any:
    """A field as its key says it, below the owner; its default where that says nothing."""
    value = reduce(getattr, keys_of(own)[0], wish)
    assert own.made is not None
    return own.default if value is None else own.made(value)
