"""The files that are one topology: a file over what it includes, and under its overlays.

No file is read here: whoever loads gives a function that does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.discreet import Discreet
from reconciler.diagnostics.place import Path
from reconciler.topology.reading.merge import Part, flatten, grow, merge
from reconciler.topology.reading.parse import parse_source
from reconciler.topology.reading.source import Source

MAX_FILES = 100


class Document(Discreet, Struct, frozen=True):
    """A file's content under the name the user knows it by; `directory` is absolute."""

    unshown = ("data",)
    name: str
    directory: str
    data: bytes


Read = Callable[[str, str, str], Document]
"""A file by its name as written, the directory it is relative to, and the file that names it.
Raises OSError."""


def _read_nothing(*_: str) -> Document:
    raise FileNotFoundError(2, "no files are read here")


class Layers(Struct, frozen=True):
    """What a file is combined with. `directory` is that of the file itself."""

    directory: str = "/"
    overlays: tuple[Document, ...] = ()
    read: Read = _read_nothing
    profiles: tuple[str, ...] = ()


def combine(source: Source, variables: dict[str, str], layers: Layers) -> Source:
    """The file with all its layers; the file itself when there are none."""
    document = Document(source.file, layers.directory, b"")
    stack = _Stack(variables, layers)
    stack.add(source, document, ())
    for overlay in layers.overlays:
        stack.add(parse_source(overlay.data, overlay.name, variables), overlay, ())
    if len(stack.sources) == 1 and not source.tags:
        return source
    combined = Source(source.file, source.text)
    combined.texts = {part.file: part.text for part in stack.sources}
    combined.diagnostics = [d for part in stack.sources for d in part.diagnostics]
    if any(part.value is None for part in stack.sources) or stack.root is None:
        return combined
    flatten(stack.root, combined)
    return combined


class _Stack:
    """Files in the order in which they count, each over those before it."""

    def __init__(self, variables: dict[str, str], layers: Layers) -> None:
        self.variables, self.layers = variables, layers
        self.sources: list[Source] = []
        self.root: Part | None = None

    def add(self, source: Source, document: Document, includers: tuple[str, ...]) -> None:
        places = (*includers, posixpath.join(document.directory, posixpath.basename(source.file)))
        for path, name in _includes(source):
            self._include(source, document, path, name, places)
        self.sources.append(source)
        if source.value is None:
            return
        start = self.layers.directory
        tree = grow(source, posixpath.relpath(document.directory, start))
        self.root = merge(self.root, tree)

    def _include(
        self, source: Source, document: Document, path: Path, name: str, places: tuple[str, ...]
    ) -> None:
        shown = source.written(path) or name
        try:
            found = self.layers.read(name, document.directory, source.file)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no file"
            _report(source, "file-not-found", path, f"`{shown}` cannot be read: {reason.lower()}")
            return
        place = posixpath.join(found.directory, posixpath.basename(found.name))
        if place in places:
            _report(source, "bad-value", path, f"`{shown}` includes itself")
        elif len(self.sources) + len(places) > MAX_FILES:
            _report(source, "too-large", path, f"a topology is at most {MAX_FILES} files")
        else:
            self.add(parse_source(found.data, found.name, self.variables), found, places)


def _includes(source: Source) -> list[tuple[Path, str]]:
    """What is no name of a file is left to the model, which tells so."""
    value = source.value.get("include") if isinstance(source.value, dict) else None
    several = value if isinstance(value, list) else [value]
    found = [(("include", at), item) for at, item in enumerate(several)]
    return [(path, item) for path, item in found if isinstance(item, str) and item]


def _report(source: Source, code: str, path: Path, message: str) -> None:
    source.diagnostics.append(Diagnostic(code, message, place=source.place_of(path)))
