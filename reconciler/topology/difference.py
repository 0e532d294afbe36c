"""The difference between two readings of one file, in a few words for a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.diagnostics.place import Path
from reconciler.topology.load import Loaded
from reconciler.topology.mounts import is_inline

_MOST = 3
"""More differences are counted, not named."""
_LONGEST = 40
_PLAIN_SECTIONS = {"backends", "frontends"}
"""Not written in front of the names in them."""


def describe_difference(before: Loaded, after: Loaded) -> str:
    """`web.replicas 3 → 4, stats.port 8404 → 8405 and 2 more`; "" when both mean the same.

    What came from a variable is named, never shown; so is the content of secrets and configs.
    """
    if before.topology is None or after.topology is None:
        return ""
    old, new = before.topology.model_dump(mode="json"), after.topology.model_dump(mode="json")
    hidden = {*before.sensitive, *after.sensitive}
    found = [_words(*difference, hidden) for difference in _differences((), old, new)]
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(found[:_MOST]) + more


def _differences(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences((*path, key), old.get(key), new.get(key))
    elif old != new:
        yield path, old, new


def _words(path: Path, old: Any, new: Any, hidden: set[Path]) -> str:
    shown = path[1:] if path[0] in _PLAIN_SECTIONS and len(path) > 1 else path
    name = ".".join(str(part) for part in shown)
    if isinstance(new, dict) and old is None:
        return f"{name} is new"
    if isinstance(old, dict) and new is None:
        return f"{name} is gone"
    is_plain = not isinstance(old, dict | list) and not isinstance(new, dict | list)
    is_hidden = is_inline(path) or any(_may_be_in(secret, path) for secret in hidden)
    if not is_plain or is_hidden or len(f"{old}{new}") > _LONGEST:
        return name
    return f"{name} {_value(old)} → {_value(new)}"


def _may_be_in(secret: Path, path: Path) -> bool:
    """Whether a value at `secret` in the file may be part of what the model has at `path`: short
    forms are above what they stand for, and `KEY=value` in a list stands for `KEY` in a mapping."""
    shorter = min(len(secret), len(path))
    if secret[:shorter] == path[:shorter]:
        return True
    last = len(path) - 1
    return len(secret) > last and secret[:last] == path[:last] and isinstance(secret[last], int)


def _value(value: Any) -> str:
    return (
        "unset" if value is None else str(value).lower() if value in (True, False) else f"{value}"
    )
