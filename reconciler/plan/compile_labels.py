"""A container's labels: what its files say, and over it what the topology says itself.

Unlike an environment they are shown: whoever may ask Docker for a container sees them.
"""

from __future__ import annotations

from reconciler.topology.model import Backend
from reconciler.topology.references import Contents
from reconciler.topology.variables import LABEL, parse_env_file


def labels_of(backend: Backend, contents: Contents) -> dict[str, str]:
    """Later files win over earlier ones."""
    found: dict[str, str] = {}
    for path in backend.label_file:
        text = contents.files.get(path, b"").decode("utf-8", "replace")
        found |= parse_env_file(text, LABEL)[0]
    return found | backend.labels
