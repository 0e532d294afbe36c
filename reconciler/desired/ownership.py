"""What is this tool's own: only that is ever changed or removed.

Docker hands labels on. `docker commit` writes those of a container into the image, and what runs
from it has them too; people copy them from `docker inspect`. So a label alone is no proof: all of
them together say what the tool would have said, and not just because an image does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.desired import names

_REVISION = re.compile(r"v\d+:[0-9a-f]{16}")
_NO_LABELS: Mapping[str, str] = {}
_CONTAINER_ROLES = {names.SERVER_ROLE, names.PROXY_ROLE, names.ANCHOR_ROLE, names.JOB_ROLE}


def is_our_container(
    topology: str,
    name: str,
    labels: Mapping[str, str],
    of_image: Mapping[str, str] | None = _NO_LABELS,
) -> bool:
    """A container belongs to a topology when its labels have a role, a revision, and the name that
    goes with them, and its image does not say the very same. `of_image` are the image's labels;
    None where nobody can tell them any more."""
    return (
        labels.get(names.TOPOLOGY) == topology
        and labels.get(names.ROLE) in _CONTAINER_ROLES
        and _REVISION.fullmatch(labels.get(names.REVISION, "")) is not None
        and labels.get(names.NAME, "").startswith(_stem(topology, labels))
        and not _is_inherited(name, labels, of_image)
    )


def is_our_network(topology: str, labels: Mapping[str, str]) -> bool:
    """A network belongs to a topology when its labels have the role and a revision."""
    return (
        labels.get(names.TOPOLOGY) == topology
        and labels.get(names.ROLE) == names.NETWORK_ROLE
        and _REVISION.fullmatch(labels.get(names.REVISION, "")) is not None
    )


def is_our_volume(topology: str, labels: Mapping[str, str]) -> bool:
    """A volume belongs to a topology when its labels say so, and that it is one."""
    return labels.get(names.TOPOLOGY) == topology and labels.get(names.ROLE) == names.VOLUME_ROLE


def _stem(topology: str, labels: Mapping[str, str]) -> str:
    """What the name of a container begins with; a digest follows, and in a job's its own name."""
    match labels.get(names.ROLE):
        case names.SERVER_ROLE:
            return f"{topology}-{labels.get(names.BACKEND)}-{labels.get(names.SLOT)}-"
        case names.JOB_ROLE:
            return f"{topology}-{labels.get(names.BACKEND)}-"
        case names.ANCHOR_ROLE:
            return f"{topology}-haproxy-anchor-"
        case _:
            return f"{topology}-haproxy-"


def _is_inherited(name: str, labels: Mapping[str, str], of_image: Mapping[str, str] | None) -> bool:
    """A copy has the name that it was given, and in its labels that of the container that it is a
    copy of. One that the tool makes of such an image has the name that its labels say. An image
    that is gone may have said the same."""
    may_be_copied = of_image is None or of_image.get(names.REVISION) == labels.get(names.REVISION)
    return may_be_copied and name != labels.get(names.NAME)
