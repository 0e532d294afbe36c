"""Rules for secrets and configs as files of containers."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Backend, Topology
from reconciler.topology.mounts import FileMount, file_mounts, is_within, tmpfs_paths
from reconciler.topology.wording.messages import list_names, suggest

_UNKNOWN = {"secrets": "unknown-secret", "configs": "unknown-config"}


def _unknown_file(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for mount in file_mounts(backend):
            if mount.source_in(topology) is None:
                kind, wanted = mount.section.removesuffix("s"), mount.wish.source
                path: Path = ("backends", name, *mount.place, "source")
                known = getattr(topology, mount.section)
                yield Diagnostic(
                    _UNKNOWN[mount.section],
                    f"{kind} `{wanted}` is not defined",
                    suggest(wanted, known) or f"{mount.section} defined here: {list_names(known)}",
                    Place(path),
                    quoted=((wanted, path),),
                )


def _file_without_place(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for mount in file_mounts(backend):
            path: Path = ("backends", name, *mount.place)
            why = _trouble(backend, mount)
            if why:
                yield Diagnostic(
                    "no-place-for-file",
                    f"`{mount.wish.source}` of `{name}` cannot be put there: {why}",
                    "give it a `target` in a directory of its own",
                    Place(path),
                    quoted=((mount.wish.source, (*path, "source")),),
                )


def _trouble(backend: Backend, mount: FileMount) -> str:
    """A file in a mount would be written into what is mounted, or be hidden by it. One in a
    read-only root is in a volume for its directory, which cannot be the root."""
    directory = posixpath.dirname(mount.target)
    if any(is_within(directory, volume.target) for volume in backend.volumes):
        return "one of `volumes` is mounted on it"
    if any(posixpath.normpath(path) == directory for path in tmpfs_paths(backend)):
        return "a `tmpfs` is mounted on it"
    if backend.read_only and directory == "/":
        return "the root is read-only"
    return ""


FILE_RULES = (_unknown_file, _file_without_place)
