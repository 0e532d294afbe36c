"""Watched paths: what all their files say now, and when that may have changed.

Everything is read from scratch each time, so that no order of events can leave half a picture.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from msgspec import Struct, field

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.files.inputs import EXPIRED, Inputs, load_inputs
from reconciler.files.listing import is_topology
from reconciler.files.stamp import stamp
from reconciler.files.variant import AS_WRITTEN, Variant
from reconciler.run.compiled import compile_inputs
from reconciler.watch.follower import Broken, Follower, Reading

DEBOUNCE_MS, STEP_MS = 50, 55
"""Changes within these belong together: at most so long in all, and until none comes for a step.
watchfiles wakes for each step, changes or not: a shorter one is most of what an idle daemon costs.
"""
TICK_MS = 2000
"""How often file times are compared, where the system tells of no change."""
SETTLE_S = (0.15, 0.85)
"""A file that is broken or gone is looked at again before it is believed: somebody may be in the
middle of writing it, or of `git checkout`."""


class WatchedFiles(Struct):
    """The paths that were named on the command line, and the files that those refer to."""

    paths: tuple[str, ...]
    env_files: tuple[str, ...]
    variant: Variant = AS_WRITTEN
    disks: dict[str, int] = field(default_factory=dict)
    """The disk on which each path was at first: a mount that goes away leaves a directory."""
    referred: tuple[str, ...] = ()
    """Absolute paths, as the last reading has found them."""

    def read(self, known: Collection[str] = ()) -> Reading:
        """`known` are files that said something before, and may be gone."""
        for name in self.paths:
            if (disk := _disk(name)) is not None:
                self.disks.setdefault(name, disk)
        inputs = load_inputs(self.paths, self.env_files, EXPIRED, self.variant)
        places = (place for item in inputs.references for place in item.stamps)
        self.referred = tuple(dict.fromkeys((*inputs.included, *places)))
        errors = _by_topology_file(inputs)
        gone = frozenset(file for file in known if self._is_gone(file))
        for file in gone:
            errors.pop(file, None)
        texts = inputs.sources
        broken = {file: Broken(tuple(ds), texts.get(file, "")) for file, ds in errors.items()}
        if any(name in broken for name in (*self.env_files, *self.variant.overlays)):
            # Something would be missing in each topology: none is taken as it seems to be.
            broken |= {file: Broken((), text) for file, text in texts.items() if file not in broken}
        good = {
            compiled.desired.topology: compiled
            for compiled in compile_inputs(inputs)
            if compiled.loaded.file not in broken
        }
        return Reading(good, broken, gone)

    def _is_gone(self, file: str) -> bool:
        """Whether a file is deleted, not out of sight: its place is there, on the same disk."""
        try:
            os.lstat(file)
        except FileNotFoundError:
            place = next((n for n in self.paths if Path(n) in Path(file).parents), None)
            if place is None:
                return os.path.isdir(os.path.dirname(os.path.abspath(file)))
            return _disk(place) == self.disks.get(place)
        except OSError:
            return False
        return False

    @property
    def _others(self) -> tuple[str, ...]:
        return (*self.env_files, *self.variant.overlays, *self.referred)

    def files(self) -> Iterator[Path]:
        """All that is read; a directory stands for the YAML files in it."""
        for name in self.paths:
            path = Path(name)
            try:
                inside = [p for p in path.iterdir() if is_topology(p.name)]
            except OSError:
                inside = []
            yield from inside or [path]
        yield from map(Path, self._others)

    def signature(self) -> object:
        """Differs when a file does; cheap enough to be asked all the time."""
        return [(str(file), *stamp(file)) for file in sorted(self.files())]

    def directories(self) -> dict[str, tuple[int, ...]]:
        """What to watch, and the identity of each. An editor replaces a file by renaming another,
        and a link is swapped in the directory above it, so directories are watched and no files."""
        found: dict[str, tuple[int, ...]] = {}
        for name in (*self.paths, *self._others):
            path = Path(os.path.abspath(name))
            for place in (path, path.parent, Path(os.path.realpath(path))):
                while not place.is_dir():
                    place = place.parent  # noqa: PLW2901  # what is not there yet comes in there
                identity = place.stat()
                found[str(place)] = (identity.st_dev, identity.st_ino)
        return found

    def concerns(self, change: object, path: str) -> bool:  # noqa: ARG002  # watchfiles' signature
        """Whether a change in a watched directory may be one of ours."""
        if is_topology(os.path.basename(path)) or os.path.islink(path):
            return True
        own = (os.path.abspath(n) for n in (*self.paths, *self._others))
        return any(name == path or name.startswith(path + os.sep) for name in own)


def _disk(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _by_topology_file(inputs: Inputs) -> dict[str, list[Diagnostic]]:
    """Errors by the file of the topology that they break, though they are in a part of it."""
    owners: dict[str, list[str]] = {}
    for item in inputs.loaded:
        for file in item.source.texts or (item.file,):
            owners.setdefault(file, []).append(item.file)
    errors: dict[str, list[Diagnostic]] = {}
    for diagnostic in inputs.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            broken = diagnostic.place.file
            for file in owners.get(broken, [broken]):
                errors.setdefault(file, []).append(diagnostic)
    return errors


def follow_files(
    watched: WatchedFiles, follower: Follower, stop: threading.Event, note_look: Callable[[], None]
) -> None:
    """Hand what the files say to the follower at each change, until `stop` is set; `note_look`
    is called after each look, changes or not."""
    seen: object = None
    while not stop.is_set():
        for _ in _changes(watched, stop):
            now = watched.signature()
            if now != seen:
                seen = now
                follower.follow(_settled(watched, follower, stop))
            note_look()


def _settled(watched: WatchedFiles, follower: Follower, stop: threading.Event) -> Reading:
    reading = watched.read(follower.files)
    for pause_s in SETTLE_S:
        if not follower.is_worse(reading) or stop.wait(pause_s):
            break
        reading = watched.read(follower.files)
    return reading


def _changes(watched: WatchedFiles, stop: threading.Event) -> Iterator[object]:
    """Something at once, and then for each change and each tick; ends when other places are to be
    watched. What changes before the watching has begun is seen at the first tick."""
    from watchfiles import watch  # noqa: PLC0415  # loaded only to watch

    yield None
    try:
        directories = watched.directories()
        # Without an event to stop at, which would be asked at each step: ticks are often enough.
        for changes in watch(
            *directories,
            watch_filter=watched.concerns,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        ):
            yield changes
            if stop.is_set() or watched.directories() != directories:
                return
    except OSError:
        # A directory that went away meanwhile, or no more watches to be had: look at the times.
        stop.wait(TICK_MS / 1000)
