"""Secrets and configs as files of containers. Their content is in the revision by its digest."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping

from reconciler.desired.spec import ContainerFile
from reconciler.topology.model import Backend, Topology
from reconciler.topology.model.files import FileSource
from reconciler.topology.mounts import FileMount, file_mounts, is_within, tmpfs_paths
from reconciler.topology.references import Contents


def files_of(topology: Topology, backend: Backend, contents: Contents) -> tuple[ContainerFile, ...]:
    """The files of a container, sorted by path: their order means nothing."""
    found = (
        _file(mount, backend, _content(source, contents))
        for mount in file_mounts(backend)
        if (source := mount.source_in(topology)) is not None
    )
    return tuple(sorted(found, key=lambda file: file.target))


def hidden_files(topology: Topology, backend: Backend) -> Mapping[str, str]:
    """How each file is shown, by origin: where its content comes from."""
    return {
        _origin(mount): f"${{{source.kind}}}"
        for mount in file_mounts(backend)
        if (source := mount.source_in(topology)) is not None
    }


def _content(source: FileSource, contents: Contents) -> bytes:
    if source.file is not None:
        return contents.files.get(source.file, b"")
    if source.environment is not None:
        return contents.variables.get(source.environment, b"")
    return (source.content or "").encode()


def _file(mount: FileMount, backend: Backend, content: bytes) -> ContainerFile:
    wish = mount.wish
    return ContainerFile(
        target=mount.target,
        digest=hashlib.sha256(content).hexdigest(),
        uid=wish.uid,
        gid=wish.gid,
        mode=wish.mode,
        volume=_volume(mount, backend),
        origin=_origin(mount),
        content=content,
    )


def _volume(mount: FileMount, backend: Backend) -> str:
    directory = posixpath.dirname(mount.target)
    hidden = any(is_within(directory, path) for path in tmpfs_paths(backend))
    return directory if backend.read_only or hidden else ""


def _origin(mount: FileMount) -> str:
    return f"{mount.section}.{mount.wish.source}"
