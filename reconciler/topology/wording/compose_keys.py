"""Keys that people bring along from Compose, and what says the same here."""

from __future__ import annotations

from pydantic import BaseModel

from reconciler.topology.model import Backend, Topology

_LIMITS = "limits are in `resources`: "
HINTS: dict[type[BaseModel], dict[str, str]] = {
    Topology: {
        "services": "they are `backends` here",
        "version": "leave it out: there is one version",
    },
    Backend: {
        "build": "build the image before, and name it in `image`",
        "container_name": "leave it out: containers are named after the topology and the backend",
        "cpu_shares": f"{_LIMITS}`{{reservations: {{cpus: 0.5}}}}`",
        "cpus": f"{_LIMITS}`{{cpus: 0.5}}`",
        "deploy": "what it holds is in `replicas`, `resources` and `rollout` here",
        "environment": "it is `env` here",
        "mem_limit": f"{_LIMITS}`{{memory: 128m}}`",
        "mem_reservation": f"{_LIMITS}`{{reservations: {{memory: 64m}}}}`",
        "memory": f"{_LIMITS}`{{memory: 128m}}`",
        "network_mode": "name its `networks`",
        "pids_limit": f"{_LIMITS}`{{pids: 100}}`",
        "pull_policy": "it is `pull` here",
        "scale": "it is `replicas` here",
    },
}
"""By what the key stands in."""
