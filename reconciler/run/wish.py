"""What the loaded files want: each topology with what it compiles to, and its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.files.inputs import Inputs
from reconciler.topology.load import SHORTEST_SECRET, Loaded


@dataclass(frozen=True, slots=True)
class Wish:
    """One loaded file and what it compiles to."""

    loaded: Loaded
    desired: Desired
    stamps: Mapping[str, list[int]] = field(default_factory=dict)
    """Of the files that it refers to."""

    @property
    def secrets(self) -> Sequence[str]:
        return secrets_of(self.loaded, self.desired)


def secrets_of(loaded: Loaded, desired: Desired) -> Sequence[str]:
    """Texts to strike from what is shown: what variables, env files and secrets hold."""
    found = {
        value
        for container in desired.containers.values()
        for name, value in container.spec.env
        if f"env.{name}" in container.sensitive and len(value) >= SHORTEST_SECRET
    }
    found |= {
        line
        for container in desired.containers.values()
        for file in container.spec.files
        if file.origin.startswith("secrets.")
        for line in map(str.strip, file.content.decode("utf-8", "replace").splitlines())
        if len(line) >= SHORTEST_SECRET
    }
    return (*loaded.secrets, *sorted(found - {*loaded.secrets}))


def compile_inputs(inputs: Inputs) -> Iterator[Wish]:
    for referred in inputs.references:
        loaded = referred.loaded
        if loaded.topology is not None:
            desired = compile_topology(
                loaded.topology, referred.directory, loaded.sensitive, referred.contents
            )
            yield Wish(loaded, desired, referred.stamps)
