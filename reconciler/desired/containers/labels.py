"""A container's labels: what its files say, and over it what the topology says itself.

Unlike an environment they are shown: whoever may ask Docker for a container sees them.
"""

from __future__ import annotations

from reconciler.desired.containers.env import values_of_files
from reconciler.topology.model import Backend
from reconciler.topology.reading.variables import LABEL
from reconciler.topology.references import Contents


def labels_of(backend: Backend, contents: Contents) -> dict[str, str]:
    """Later files win over earlier ones."""
    return values_of_files(backend.label_file, contents, LABEL) | backend.labels
