"""Which fields of a container hold values from outside the file, and how those were written."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.marks import Known, fields_of, keys_of
from reconciler.desired.spec import ContainerSpec
from reconciler.diagnostics.place import Path

_FIELDS: Mapping[Path, Known] = {
    path: own for own in fields_of(ContainerSpec) for path in keys_of(own)
}
"""Fields of a spec by the path, from the backend down, of the key that each is made of."""


def sensitive_fields(owner: Path, sensitive: Mapping[Path, str]) -> dict[str, str]:
    """Spec fields below `owner` that hold outside values, and how they were written."""
    found: dict[str, str] = {}
    for path, written in sensitive.items():
        if path[: len(owner)] == owner and len(path) > len(owner):
            found[_field_of(path[len(owner) :], written)] = written
    return found


def _field_of(path: Path, written: str) -> str:
    ends = range(1, len(path) + 1)
    end = next((end for end in ends if path[:end] in _FIELDS), None)
    if end is None:
        return str(path[0])
    own, rest = _FIELDS[path[:end]], path[end:]
    if own.is_named and rest:
        # `env: ["TOKEN=${TOKEN}"]` has a position for a path, and the name in the text.
        name = rest[0] if isinstance(rest[0], str) else written.partition("=")[0]
        return f"{own.name}.{name}"
    return own.name


def sensitive_listeners(
    sensitive: Mapping[Path, str], *, has_directories: bool = False
) -> dict[str, str]:
    """The field `ports` of HAProxy's container comes from binds, wherever they stand; and so do
    `mounts`, if it has directories for sockets."""
    for path, written in sensitive.items():
        if (path[:1] == ("frontends",) and "bind" in path) or path in _STATS_LISTENER:
            return {"ports": written} | ({"mounts": written} if has_directories else {})
    return {}


_STATS_LISTENER = {("stats",), ("stats", "port"), ("stats", "bind")}
