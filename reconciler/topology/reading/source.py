"""A parsed file: its value, and where each part of it stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place, Span
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, mark_of, step
from reconciler.topology.model.marks import ByName

RESET, OVERRIDE = "!reset", "!override"
"""Tags for a value that takes away, or replaces, what another file says."""


class Source(Struct):
    """A parsed file: its value and, by path, where each key and value stands."""

    file: str
    text: str
    value: Any = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    variables: dict[Path, str] = field(default_factory=dict)
    """Values that hold something from outside the file: path to the text as written, `${PORT}`."""
    resolved: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """What those variables stood for; never to be shown."""
    broken: set[Path] = field(default_factory=set)
    """Values whose variables could not be replaced; they stand for nothing."""
    tags: dict[Path, str] = field(default_factory=dict)
    """`!reset` and `!override`."""
    texts: dict[str, str] = field(default_factory=dict)
    """The text of each file, where it was put together from several."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def file_of(self, span: Span | None) -> str:
        """The file that a place is in."""
        return (span and span.file) or self.file

    def path_in_file(self, path: Path) -> Path:
        """`path` without what the file leaves out: an item may stand for a list, one for more."""
        return tuple(part for part, _ in self._walk(path))

    def value_at(self, path: Path) -> Any:
        """What stands at `path`; None when nothing does."""
        return [self.value, *(value for _, value in self._walk(path))][-1]

    def _walk(self, path: Path) -> Iterator[tuple[str | int, Any]]:
        here: Any = self.value
        kind: Kind = Topology
        for part, after in zip(path, (*path[1:], None), strict=False):
            owner, kind = kind, step(kind, part)
            if isinstance(here, list) and isinstance(part, int):
                here = here[part] if part < len(here) else None
            elif isinstance(here, dict) and isinstance(part, int) and _goes_by_name(owner):
                name = next(itertools.islice(here, part, None), "")
                here = here.get(name)
                yield name, here
                continue
            elif isinstance(part, int) or _is_short(here, after):
                continue
            else:
                here = here.get(part) if isinstance(here, dict) else None
            yield part, here

    def place_of(self, path: Path, *, on_key: bool = False) -> Place:
        """The place of `path`, in the file that it is in."""
        span = self.span_of(path, key=on_key)
        return Place(self.path_in_file(path), on_key, self.file_of(span), span)

    def locate(self, found: Diagnostic) -> Diagnostic:
        """What was found by paths, with its places, and quoting values as they are written."""
        place = self.place_of(found.place.path, on_key=found.place.on_key)
        related = (
            Related(
                self._as_written(other.message, found.quoted),
                self.place_of(other.place.path, on_key=other.place.on_key),
            )
            for other in found.related
        )
        return replace(
            found,
            message=self._as_written(found.message, found.quoted),
            hint=self._as_written(found.hint, found.quoted),
            place=place,
            # By an alias both are one place in the file, which is pointed at already.
            related=tuple(other for other in related if other.place.span != place.span),
            quoted=(),
        )

    def _as_written(self, text: str, quoted: Iterable[tuple[str, Path]]) -> str:
        """What a variable stood for is not shown; how it was written is."""
        for value, path in quoted:
            written = self.written(path)
            if written is not None:
                text = text.replace(f"`{value}`", f"`{written}`")
        return text

    def written(self, path: Path) -> str | None:
        """The text with a variable that the value at `path` was made from, if it was."""
        path = self.path_in_file(path)
        parents = (path[:end] for end in range(len(path), 0, -1))
        return next((self.variables[p] for p in parents if p in self.variables), None)

    def span_of(self, path: Path, *, key: bool = False) -> Span | None:
        """The place of `path`, or of the nearest thing around it that stands in the file."""
        path = self.path_in_file(path)
        if key and path in self.keys:
            return self.keys[path]
        for end in range(len(path), 0, -1):
            here = path[:end]
            if end < len(path) and here in self.keys and self._has_parts(here):
                return self.keys[here]
            if here in self.values:
                return self._heading(here) or self.values[here]
        return Span(1, 1, 2) if self.text else None

    def _heading(self, path: Path) -> Span | None:
        """The key of a mapping or list that begins in a line below: it says more than a `-`."""
        key, value = self.keys.get(path), self.values[path]
        is_block = isinstance(self.value_at(path), dict | list) and key and key.line != value.line
        return key if is_block else None

    def _has_parts(self, path: Path) -> bool:
        """Whether a mapping, a list or nothing stands there: not a short form of something."""
        value = self.value_at(path)
        return value is None or isinstance(value, dict | list)

    def report(
        self, code: str, message: str, span: Span | None, hint: str = "", first: Span | None = None
    ) -> None:
        """`first` is where the same stands already."""
        related = (Related("the first one", Place(file=self.file, span=first)),) if first else ()
        place = Place(file=self.file, span=span)
        self.diagnostics.append(Diagnostic(code, message, hint, place, related=related))


def _goes_by_name(kind: Kind) -> bool:
    return mark_of(kind, ByName) is not None


def _is_short(here: Any, after: str | int | None) -> bool:
    """Whether a list stands for the mapping that has it: `cors: [a]` for `cors: {origins: [a]}`."""
    return isinstance(here, list) and isinstance(after, int) and after < len(here)
