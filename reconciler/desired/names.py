"""Names and labels: how the tool finds again what it made. State lives in these labels alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from reconciler.topology.labels import LABEL_PREFIX as PREFIX
from reconciler.topology.labels import RUN_VOLUME_SUFFIX

TOPOLOGY = PREFIX + "topology"
ROLE = PREFIX + "role"
BACKEND = PREFIX + "backend"
SLOT = PREFIX + "slot"
REVISION = PREFIX + "revision"
SPEC = PREFIX + "spec"
DEPENDS_ON = PREFIX + "depends-on"
"""The backends that are removed after this one, with spaces between."""
JOBS = PREFIX + "jobs"
"""Revisions of the jobs that had succeeded before a container was made, with spaces between."""
NAME = PREFIX + "name"
"""The name the tool gave; a container that carries another one was renamed by hand."""
HOLDER = PREFIX + "holder"
"""A label of a lock container: who holds the lock."""

PROXY_ROLE = "proxy"
SERVER_ROLE = "server"
JOB_ROLE = "job"
ANCHOR_ROLE = "anchor"
"""The container that keeps HAProxy's network and ports while one HAProxy follows another."""
NETWORK_ROLE = "network"
VOLUME_ROLE = "volume"
LOCK_ROLE = "lock"
CHECK_ROLE = "check"
"""A throwaway container that HAProxy checks a configuration in."""


def container_name(topology: str, backend: str, slot: int, revision: str) -> str:
    return f"{topology}-{backend}-{slot}-{short_revision(revision)}"


def job_container_name(topology: str, backend: str, job: str, revision: str) -> str:
    return f"{topology}-{backend}-{job}-{short_revision(revision)}"


def proxy_name(topology: str, revision: str) -> str:
    return f"{topology}-haproxy-{short_revision(revision)}"


def anchor_name(topology: str, revision: str) -> str:
    return f"{topology}-haproxy-anchor-{short_revision(revision)}"


def run_volume_name(topology: str) -> str:
    """The volume that HAProxy's sockets are in. No volume of a file can have such a name."""
    return f"{topology}{RUN_VOLUME_SUFFIX}"


def lock_name(topology: str) -> str:
    return f"{topology}-lock"


def server_name(backend: str, slot: int) -> str:
    """The server's name in HAProxy: the same for every revision of a slot."""
    return f"{backend}-{slot}"


def short_revision(revision: str) -> str:
    """Eight hex digits for people: `v1:3f2a…` to `3f2a91c0`."""
    return revision.partition(":")[2][:8]


def free_name(name: str, holders: Mapping[str, str]) -> str:
    """The name itself, or another for what it stands for. `holders` are the ids of containers that
    have a name: one that is replaced, or one that was made for nothing."""
    while holder := holders.get(name):
        name = _replacement_name(name, holder)
    return name


def _replacement_name(name: str, replaced_id: str) -> str:
    """Another name for the same slot and revision, when its holder is what is being replaced.

    Happens when a tag moved to another image, or a limit was taken away. Depends only on what is
    observed, so that the next run after a crash computes the same.
    """
    stem, _, revision = name.rpartition("-")
    return f"{stem}-{hashlib.sha256((revision + replaced_id).encode()).hexdigest()[:8]}"
