"""Backends that are only there when one of their profiles is chosen, as in Compose."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.topology.model import Topology


def choose_profiles(
    topology: Topology, profiles: Collection[str]
) -> tuple[Topology, dict[str, str]]:
    """The topology without the others, and for each of those how to have it."""
    left_out = {
        name: f"`{name}` is there with --profile {' or '.join(backend.profiles)}"
        for name, backend in topology.backends.items()
        if backend.profiles and not {"*", *backend.profiles}.intersection(profiles)
    }
    if not left_out:
        return topology, {}
    kept = {name: backend for name, backend in topology.backends.items() if name not in left_out}
    return topology.model_copy(update={"backends": kept}), left_out
