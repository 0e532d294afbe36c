"""Loaded files compiled: each topology with what it wants, and the secrets that nobody may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.files.inputs import Inputs
from reconciler.topology.load import SHORTEST_SECRET, Loaded


class CompiledTopology(Struct, frozen=True):
    """One loaded file and what it compiles to."""

    loaded: Loaded
    desired: Desired
    stamps: Mapping[str, list[int]] = field(default_factory=dict)
    """The stamps of the files that it refers to."""

    @property
    def is_suspended(self) -> bool:
        return self.loaded.topology is not None and self.loaded.topology.suspend

    @property
    def secrets(self) -> Sequence[str]:
        """Texts to strike from what is shown: what variables, env files and secrets hold."""
        found = {
            value
            for container in self.desired.containers.values()
            for name, value in container.spec.env
            if f"env.{name}" in container.sensitive and len(value) >= SHORTEST_SECRET
        }
        found |= {
            line
            for container in self.desired.containers.values()
            for file in container.spec.files
            if file.origin.startswith("secrets.")
            for line in map(str.strip, file.content.decode("utf-8", "replace").splitlines())
            if len(line) >= SHORTEST_SECRET
        }
        return (*self.loaded.secrets, *sorted(found - {*self.loaded.secrets}))


def compile_inputs(inputs: Inputs) -> Iterator[CompiledTopology]:
    for referred in inputs.references:
        loaded = referred.loaded
        if loaded.topology is not None:
            desired = compile_topology(
                loaded.topology, referred.directory, loaded.sensitive, referred.contents
            )
            yield CompiledTopology(loaded, desired, referred.stamps)
