"""The follower turns what watched files say, read whole each time, into goals for keepers.

Identity is a topology's name: a file that was renamed, or moved, keeps its topology. What cannot
be used changes nothing. No file is read here, and nobody is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.news import FileBroken, FileMended, Noticed
from reconciler.run.compiled import CompiledTopology
from reconciler.topology.difference import describe_difference
from reconciler.watch.audience import Listener
from reconciler.watch.mailbox import Goal


class Broken(Struct, frozen=True):
    """What is wrong with a file that cannot be used."""

    diagnostics: tuple[Diagnostic, ...]
    text: str = ""


class Reading(Struct, frozen=True):
    """What all watched files say at one moment: by topology, and by file what cannot be used."""

    good: Mapping[str, CompiledTopology] = field(default_factory=dict)
    broken: Mapping[str, Broken] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    """Files that are certainly not there any more. One that is merely not to be seen, on a disk
    that is away, is not among them."""


class Keepers(Protocol):
    """The keepers of all topologies, by name."""

    def write(self, topology: str, cause: str, goal: Goal) -> None:
        """Give a topology's keeper its goal; there will be one when there is none."""


class Follower:
    """The follower remembers the last good word of each topology, and tells only what is new."""

    def __init__(
        self, keepers: Keepers, audience: Listener, *, prune: bool, dry_run: bool = False
    ) -> None:
        self._keepers, self._tell, self._hide = keepers, audience, audience.hide
        self._prune, self._dry_run = prune, dry_run
        self._last_good: dict[str, CompiledTopology] = {}
        self._broken: dict[str, Broken] = {}
        self._gone: set[str] = set()
        self._is_first = True

    @property
    def files(self) -> frozenset[str]:
        """All files that were ever valid."""
        return frozenset(last.loaded.file for last in self._last_good.values())

    def is_worse(self, reading: Reading) -> bool:
        """Whether something is broken or gone that was not: it may be in the middle of a change."""
        return bool(self._new_breaks(reading) or self._newly_gone(reading))

    def follow(self, reading: Reading) -> None:
        """Tell each keeper what is new to it, and people what is wrong with a file, once.

        What nobody may see is known to those who are told before they are told anything.
        """
        for compiled in reading.good.values():
            self._hide(compiled.secrets)
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
        for name, compiled in reading.good.items():
            self._take(name, compiled)
        for name in gone:
            self._lose(name, reading)
        self._is_first = False

    def _topologies_of(self, file: str, reading: Reading | None = None) -> list[str]:
        """The topologies of a file, as it says now, or said last."""
        of = reading.good if reading else self._last_good
        return [name for name, compiled in of.items() if compiled.loaded.file == file]

    def _new_breaks(self, reading: Reading) -> list[str]:
        return [file for file, broken in reading.broken.items() if self._broken.get(file) != broken]

    def _newly_gone(self, reading: Reading) -> list[str]:
        """Topologies whose file is gone, or is about another one now."""
        good = {compiled.loaded.file for compiled in reading.good.values()}
        return [
            name
            for name, last in self._last_good.items()
            if name not in reading.good
            and name not in self._gone
            and (last.loaded.file in reading.gone or last.loaded.file in good)
        ]

    def _take(self, name: str, compiled: CompiledTopology) -> None:
        before, loaded = self._last_good.get(name), compiled.loaded
        self._last_good[name] = compiled
        if before is None or name in self._gone:
            self._gone.discard(name)
            cause = "start" if self._is_first else f"{loaded.file} is new"
        else:
            is_same_text = before.loaded.source.text == loaded.source.text
            if is_same_text and before.desired == compiled.desired:
                return
            differences = describe_difference(before.loaded, loaded)
            what = "a file that it refers to changed" if is_same_text else "file changed"
            cause = f"{what}: {differences}" if differences else what
        goal = Goal(compiled.desired, suspended=compiled.is_suspended)
        self._keepers.write(name, cause, goal)

    def _lose(self, name: str, reading: Reading) -> None:
        last, file = self._last_good[name], self._last_good[name].loaded.file
        self._gone.add(name)
        cause = f"{file} is gone" if file in reading.gone else f"{file} has another name in it"
        goal = Goal(None)
        if last.is_suspended:
            left = "is suspended, so what runs goes on"
        elif self._prune:
            goal = Goal(last.desired.emptied(), forget=True)
            left = f"{'would be' if self._dry_run else 'is'} removed, its volumes stay"
        else:
            left = "goes on as it runs, and is no longer watched"
        is_idle = not goal.forget
        self._tell(name, Noticed(f"{cause}; topology `{name}` {left}", is_idle))
        self._keepers.write(name, cause, goal)
