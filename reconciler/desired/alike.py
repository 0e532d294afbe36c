"""Texts that mean the same, however they are written: a tidied file replaces nobody's container.

A revision is computed from what is written, and has to stay what it was. So where one differs, what
a container was made from, as its label describes it, is compared by what it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

Alike = Callable[[str], object]
"""Makes equal values of texts that mean the same."""

_LAST_SLASHES = re.compile(r"(?<=[^:,\s])/+(?=[:,]|$)")


def exactly(text: str) -> object:
    return text


def items(text: str) -> list[str]:
    """A described list: as JSON, or with commas."""
    if text.startswith("["):
        return [str(item) for item in json.loads(text)]
    return text.split(", ")


def unordered(text: str) -> object:
    return sorted(items(text))


def path(text: str) -> object:
    return _LAST_SLASHES.sub("", text)


def paths(text: str) -> object:
    """Mounts, in any order, each with paths."""
    return unordered(_LAST_SLASHES.sub("", text))


def capabilities(text: str) -> object:
    return sorted(name.upper().removeprefix("CAP_") for name in items(text))


def security(text: str) -> object:
    return sorted(
        re.sub("^no-new-privileges([=:]true)?$", "no-new-privileges", o) for o in items(text)
    )


def signal(text: str) -> object:
    return text.upper().removeprefix("SIG")


def ports(text: str) -> object:
    return sorted(port.removesuffix("/tcp") for port in items(text))


def image(text: str) -> object:
    """Docker's own registry, its library and the tag `latest` are what is not written."""
    name, _, digest = text.partition("@")
    registry, slash, rest = name.partition("/")
    if not (slash and (re.search("[.:]", registry) or registry == "localhost")):
        registry, rest = "docker.io", name
    if registry in {"docker.io", "index.docker.io"}:
        rest = rest if "/" in rest else f"library/{rest}"
        registry = "docker.io"
    repository, colon, tag = rest.rpartition(":")
    repository, tag = (repository, tag) if colon else (rest, "" if digest else "latest")
    return registry, repository, tag, digest
