"""The topology file as pydantic models. Field names are the keys of the file.

Short forms are turned into long ones by `mode="before"` validators, so that every field has one
type and an error has one place. Descriptions go into the JSON Schema, where editors show them.
"""

from __future__ import annotations

from reconciler.topology.model.backend import Backend
from reconciler.topology.model.bind import Bind
from reconciler.topology.model.check import Check
from reconciler.topology.model.frontend import Frontend
from reconciler.topology.model.haproxy import HAProxy
from reconciler.topology.model.job import Job
from reconciler.topology.model.network import Network
from reconciler.topology.model.stats import Stats
from reconciler.topology.model.topology import Topology
from reconciler.topology.model.volume import Volume

__all__ = [
    "Backend",
    "Bind",
    "Check",
    "Frontend",
    "HAProxy",
    "Job",
    "Network",
    "Stats",
    "Topology",
    "Volume",
]
