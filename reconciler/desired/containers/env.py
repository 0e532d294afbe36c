"""A container's environment: what its files say, and over it what the topology says itself.

What is in the files is shown nowhere. It is in the revision like any other value, so that another
value makes a new container.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from reconciler.topology.model import Backend
from reconciler.topology.reading.variables import VARIABLE, parse_env_file
from reconciler.topology.references import Contents

WRITTEN = "${env_file}"
"""How a value of a file is shown: as it might have been written."""


def environment_of(backend: Backend, contents: Contents) -> dict[str, str]:
    """Later files win over earlier ones."""
    return values_of_files(_files(backend), contents) | backend.env


def hidden_environment(backend: Backend, contents: Contents) -> Mapping[str, str]:
    """The spec's fields that hold values of files, and how they are shown."""
    names = values_of_files(_files(backend), contents).keys() - backend.env.keys()
    return {f"env.{name}": WRITTEN for name in sorted(names)}


def _files(backend: Backend) -> list[str]:
    return [file.path for file in backend.env_file]


def values_of_files(
    paths: Iterable[str], contents: Contents, names: re.Pattern[str] = VARIABLE
) -> dict[str, str]:
    """The variables in files of `NAME=value` lines. Later files win over earlier ones."""
    found: dict[str, str] = {}
    for path in paths:
        text = contents.files.get(path, b"").decode("utf-8", "replace")
        found |= parse_env_file(text, names)[0]
    return found
