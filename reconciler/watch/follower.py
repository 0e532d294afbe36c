"""From what the watched files say, read whole each time, to what each keeper is told.

Identity is a topology's name: a file that was renamed, or moved, keeps its topology. What cannot
be used changes nothing. No file is read here, and nobody is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.desired.desired import Desired
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.passes import FileBroken, FileMended, Noticed
from reconciler.topology.compare import describe_difference
from reconciler.topology.load import Loaded
from reconciler.watch.keeper import Tell
from reconciler.watch.mailbox import Wanted


@dataclass(frozen=True, slots=True)
class Said:
    """One good file, and what it compiles to."""

    loaded: Loaded
    desired: Desired

    @property
    def is_suspended(self) -> bool:
        return self.loaded.topology is not None and self.loaded.topology.suspend


@dataclass(frozen=True, slots=True)
class Broken:
    diagnostics: tuple[Diagnostic, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What all watched files say at one moment: by topology, and by file what cannot be used."""

    said: Mapping[str, Said] = field(default_factory=dict)
    broken: Mapping[str, Broken] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    """Files that are certainly not there any more. One that is merely not to be seen, on a disk
    that is away, is not among them."""


class Keepers(Protocol):
    """Those that keep topologies, by name."""

    def write(self, topology: str, cause: str, wanted: Wanted) -> None:
        """To the topology's keeper; there will be one when there is none."""


class Follower:
    def __init__(self, keepers: Keepers, tell: Tell, *, prune: bool, dry_run: bool = False) -> None:
        self._keepers, self._tell = keepers, tell
        self._prune, self._dry_run = prune, dry_run
        self._said: dict[str, Said] = {}
        self._broken: dict[str, Broken] = {}
        self._gone: set[str] = set()
        self._is_first = True

    @property
    def files(self) -> frozenset[str]:
        """All that ever said something good."""
        return frozenset(said.loaded.file for said in self._said.values())

    def is_worse(self, reading: Reading) -> bool:
        """Whether something is broken or gone that was not: it may be in the middle of a change."""
        return bool(self._new_breaks(reading) or self._newly_gone(reading))

    def follow(self, reading: Reading) -> None:
        """Tell each keeper what is new to it, and people what is wrong with a file, once."""
        for file in self._new_breaks(reading):
            broken = reading.broken[file]
            kept = self._topologies_of(file)
            for name in kept or [""]:
                self._tell(name, FileBroken(file, broken.diagnostics, broken.text, bool(kept)))
        for file in self._broken.keys() - reading.broken.keys() - reading.gone:
            for name in self._topologies_of(file, reading) or [""]:
                self._tell(name, FileMended(file))
        gone = self._newly_gone(reading)
        self._broken = dict(reading.broken)
        for name, said in reading.said.items():
            self._take(name, said)
        for name in gone:
            self._lose(name, reading)
        self._is_first = False

    def _topologies_of(self, file: str, reading: Reading | None = None) -> list[str]:
        """What it says now, or said last."""
        said = reading.said if reading else self._said
        return [name for name, one in said.items() if one.loaded.file == file]

    def _new_breaks(self, reading: Reading) -> list[str]:
        return [file for file, broken in reading.broken.items() if self._broken.get(file) != broken]

    def _newly_gone(self, reading: Reading) -> list[str]:
        """Topologies whose file is gone, or is about another one now."""
        good = {said.loaded.file for said in reading.said.values()}
        return [
            name
            for name, said in self._said.items()
            if name not in reading.said
            and name not in self._gone
            and (said.loaded.file in reading.gone or said.loaded.file in good)
        ]

    def _take(self, name: str, said: Said) -> None:
        before = self._said.get(name)
        self._said[name] = said
        if before is None or name in self._gone:
            self._gone.discard(name)
            cause = "start" if self._is_first else f"{said.loaded.file} is new"
        elif (
            before.desired == said.desired and before.loaded.source.text == said.loaded.source.text
        ):
            return
        else:
            same = before.loaded.source.text == said.loaded.source.text
            differences = describe_difference(before.loaded, said.loaded)
            what = "a file that it refers to changed" if same else "file changed"
            cause = f"{what}: {differences}" if differences else what
        wanted = Wanted(said.desired, suspended=said.is_suspended)
        self._keepers.write(name, cause, wanted)

    def _lose(self, name: str, reading: Reading) -> None:
        said, file = self._said[name], self._said[name].loaded.file
        self._gone.add(name)
        cause = f"{file} is gone" if file in reading.gone else f"{file} has another name in it"
        wanted = Wanted(None)
        if said.is_suspended:
            left = "is suspended, so what runs goes on"
        elif self._prune:
            wanted = Wanted(said.desired.emptied(), forget=True)
            left = f"{'would be' if self._dry_run else 'is'} removed, its volumes stay"
        else:
            left = "goes on as it runs, and is no longer watched"
        is_idle = not wanted.forget
        self._tell(name, Noticed(f"{cause}; topology `{name}` {left}", is_idle))
        self._keepers.write(name, cause, wanted)
