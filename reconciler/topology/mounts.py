"""Secrets and configs as a backend's containers have them mount: which, and where."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import accumulate

from msgspec import Struct

from reconciler.diagnostics.place import Path
from reconciler.topology.model import Backend, Topology
from reconciler.topology.model.anatomy import Kind, mark_of, step
from reconciler.topology.model.files import FileSource, MountedFile
from reconciler.topology.model.marks import Hidden

DIRECTORIES = {"secrets": "/run/secrets", "configs": "/"}
"""Where the files of each section are, unless they say something else; as in Compose."""


class FileMount(Struct, frozen=True):
    """A secret or a config of a backend, and its place in the file."""

    section: str
    index: int
    wish: MountedFile

    @property
    def target(self) -> str:
        """The absolute path in the container."""
        name = self.wish.target or self.wish.source
        return posixpath.normpath(posixpath.join(DIRECTORIES[self.section], name))

    @property
    def place(self) -> Path:
        """The path of its key, from the backend down."""
        return (self.section, self.index)

    def source_in(self, topology: Topology) -> FileSource | None:
        """Where its content is from; None for a name that nobody defines."""
        sources: dict[str, FileSource] = getattr(topology, self.section)
        return sources.get(self.wish.source)


def file_mounts(backend: Backend) -> Iterator[FileMount]:
    for section in DIRECTORIES:
        for index, wish in enumerate(getattr(backend, section)):
            yield FileMount(section, index, wish)


def tmpfs_paths(backend: Backend) -> tuple[str, ...]:
    return tuple(text.partition(":")[0] for text in backend.tmpfs)


def is_within(directory: str, mount: str) -> bool:
    """Whether a directory is that on which something is mounted, or below it."""
    mount = posixpath.normpath(mount)
    return posixpath.commonpath((directory, mount)) == mount


def is_inline(path: Path) -> bool:
    """Whether what stands there in the file is content, or a part of it, which nobody is shown."""
    kinds: Iterable[Kind] = accumulate(path, step, initial=Topology)
    return any(mark_of(kind, Hidden) for kind in kinds)
