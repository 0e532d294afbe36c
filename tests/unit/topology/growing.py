"""Files that are as wrong, or as long, as one likes: each makes one with so many parts."""

from __future__ import annotations

from collections.abc import Callable

_WEB = "name: shop\nbackends:\n  web:\n    image: a\n"


def _unknown_keys(number: int) -> str:
    return _WEB + "".join(f"    k{i}: 1\n" for i in range(number))


def _unknown_backends(number: int) -> str:
    rules = "".join(f"    - {{path: /{i}, backend: x{i}}}\n" for i in range(number))
    return f"{_WEB}    port: 80\nfrontends:\n  w:\n    bind: 80\n    rules:\n{rules}"


def _unknown_among_many(number: int) -> str:
    known = "".join(f"  b{i}: {{image: a, depends_on: [c{i}]}}\n" for i in range(number))
    return f"name: shop\nbackends:\n{known}"


def _missing_variables(number: int) -> str:
    return f"{_WEB}    environment:\n" + "".join(f"      K{i}: ${{Y}}\n" for i in range(number))


def _unused(number: int) -> str:
    return f"{_WEB}networks:\n" + "".join(f"  n{i}: {{}}\n" for i in range(number))


def _contents(number: int) -> str:
    return f"{_WEB}configs:\n" + "".join(f"  c{i}: {{content: x}}\n" for i in range(number))


def _duplicate_keys(number: int) -> str:
    return f"{_WEB}    environment:\n" + "      K: 1\n" * number


GROWING: dict[str, Callable[[int], str]] = {
    "unknown keys": _unknown_keys,
    "unknown backends": _unknown_backends,
    "unknown among many": _unknown_among_many,
    "missing variables": _missing_variables,
    "unused": _unused,
    "contents": _contents,
    "duplicate keys": _duplicate_keys,
}
