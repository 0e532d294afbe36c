"""A topology as one file: what was merged from several, and no value of a variable.

Nor the content of secrets and configs: a variable stands in its place, which must be set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reconciler.diagnostics.place import Path
from reconciler.topology.mounts import is_inline
from reconciler.topology.reading.source import Source

_BARE = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(:[A-Za-z0-9_./+-]+)*")
_TAKEN = re.compile(r"[0-9.+-][0-9a-fx_.eE:+-]*|~|(null|true|false|yes|no|on|off|y|n)", re.I)
"""What is, or was in YAML 1.1, something else than text when it stands without quotes."""


def render_topology(source: Source) -> list[str]:
    """The lines of a file that says the same."""
    top = {key: item for key, item in source.value.items() if key != "include"}
    return list(_block(source, (), top, ""))


def _block(source: Source, path: Path, value: Any, indent: str) -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        here = (*path, key)
        head = f"{indent}{_text(str(key))}:" if isinstance(value, dict) else f"{indent}-"
        if isinstance(item, dict | list) and item:
            below = list(_block(source, here, item, indent + "  "))
            if isinstance(value, list):
                yield f"{head} {below[0].lstrip()}"
                yield from below[1:]
            else:
                yield head
                yield from below
        else:
            yield f"{head} {_scalar(source, here, item)}".rstrip()


def _scalar(source: Source, path: Path, value: Any) -> str:
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if is_inline(path):
        return _quoted(f"${{{_variable_for(path)}:?inline content is not shown}}")
    written = source.variables.get(path)
    if written is not None:
        return _quoted(written) if isinstance(value, str) else written
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return _text(value.replace("$", "$$")) if isinstance(value, str) else str(value.text)


def _variable_for(path: Path) -> str:
    """`SECRETS_DB` for the content of the secret `db`."""
    return re.sub(r"[^A-Z0-9]", "_", "_".join(map(str, path[:-1])).upper())


def _text(text: str) -> str:
    is_bare = _BARE.fullmatch(text) and not _TAKEN.fullmatch(text)
    return text if is_bare else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(c: str) -> str:
    if c in '\\"':
        return f"\\{c}"
    if c.isprintable():
        return c
    return {"\n": "\\n", "\t": "\\t"}.get(c, f"\\U{ord(c):08x}")
