"""The files that others include: read where they are, and shown only where they may be.

Whoever may change a topology file decides what it includes, and what is wrong with that is printed
by whoever checks it, with the rights of that one. So nothing is quoted from a file that lies
outside of the directories of the files that were named, wherever links lead to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, field

from reconciler.files.reading import is_handed_over, read_file
from reconciler.topology.reading.layers import Document
from reconciler.topology.reading.parse import MAX_BYTES

STDIN_NAME = "<stdin>"


class Included(Struct):
    """Reads what is included, and notes it; `named` are the documents of the command line."""

    named: Iterable[Document]
    tried: list[str] = field(default_factory=list)
    """Absolute paths, whether something is there or not."""
    hidden: set[str] = field(default_factory=set)
    """The files, by the names that messages have for them."""
    _directories: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for document in self.named:
            if document.name == STDIN_NAME or is_handed_over(document.name):
                self._directories.add(os.getcwd())
                continue
            directory = os.path.realpath(os.path.dirname(os.path.abspath(document.name)))
            self._directories.add(directory)
            if not is_below(document.name, directory):
                self.hidden.add(document.name)

    def read(self, name: str, directory: str, by: str) -> Document:
        """Its name for messages is as relative as that of the file that includes it."""
        path = Path(directory, name)
        self.tried.append(os.path.abspath(path))
        data = read_file(path, MAX_BYTES)
        shown = name if os.path.isabs(name) else os.path.normpath(Path(by).parent / name)
        if not any(is_below(path, allowed) for allowed in self._directories):
            self.hidden.add(shown)
        return Document(shown, str(path.resolve().parent), data)


def is_below(place: str | os.PathLike[str], directory: str) -> bool:
    """Whether a file is in a directory, or deeper, once all links are followed."""
    top = os.path.realpath(directory)
    return os.path.commonpath((os.path.realpath(place), top)) == top
