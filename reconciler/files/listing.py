"""Which files of a directory are meant, when it is the directory that was named."""

from __future__ import annotations

import os

_TOPOLOGIES = (".yaml", ".yml")


def is_meant(name: str) -> bool:
    """Hidden files are not: editors keep locks and copies in them (`.#shop.yaml`), archives made on
    a Mac what else belongs to a file (`._shop.yaml`), and Ansible what it has not written whole."""
    return not name.startswith(".")


def is_topology(name: str) -> bool:
    """Whether the name is one of a topology. What the file holds is read elsewhere."""
    return is_meant(name) and os.path.splitext(name)[1] in _TOPOLOGIES
