"""Rules for secrets and configs as files of containers."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Backend, Topology
from reconciler.topology.mounted import Mounted, is_within, mounted_files, tmpfs_paths
from reconciler.topology.wording.messages import list_names, suggest

_UNKNOWN = {"secrets": "unknown-secret", "configs": "unknown-config"}


def _unknown_file(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for mounted in mounted_files(backend):
            if mounted.source_in(topology) is None:
                kind, wanted = mounted.section.removesuffix("s"), mounted.wish.source
                path: Path = ("backends", name, *mounted.place, "source")
                known = getattr(topology, mounted.section)
                yield Diagnostic(
                    _UNKNOWN[mounted.section],
                    f"{kind} `{wanted}` is not defined",
                    suggest(wanted, known)
                    or f"{mounted.section} defined here: {list_names(known)}",
                    Place(path),
                    quoted=((wanted, path),),
                )


def _file_without_place(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for mounted in mounted_files(backend):
            path: Path = ("backends", name, *mounted.place)
            why = _trouble(backend, mounted)
            if why:
                yield Diagnostic(
                    "no-place-for-file",
                    f"`{mounted.wish.source}` of `{name}` cannot be put there: {why}",
                    "give it a `target` in a directory of its own",
                    Place(path),
                    quoted=((mounted.wish.source, (*path, "source")),),
                )


def _trouble(backend: Backend, mounted: Mounted) -> str:
    """A file in a mount would be written into what is mounted, or be hidden by it. One in a
    read-only root is in a volume for its directory, which cannot be the root."""
    directory = posixpath.dirname(mounted.target)
    if any(is_within(directory, volume.target) for volume in backend.volumes):
        return "one of `volumes` is mounted on it"
    if any(posixpath.normpath(path) == directory for path in tmpfs_paths(backend)):
        return "a `tmpfs` is mounted on it"
    if backend.read_only and directory == "/":
        return "the root is read-only"
    return ""


FILE_RULES = (_unknown_file, _file_without_place)
