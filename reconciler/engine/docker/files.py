"""Secrets and configs, written into containers: in their own file system, so that they outlive a
restart."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Sequence

import docker

from reconciler.desired.spec import ContainerFile


def write_files(client: docker.APIClient, container: str, files: Sequence[ContainerFile]) -> None:
    """Into a container that need not run. Docker makes directories that are not there.

    A file in a volume goes by the volume: Docker writes at nothing else in a read-only root.
    """
    for volume in sorted({file.volume for file in files}):
        base = volume or "/"
        inside = [file for file in files if file.volume == volume]
        client.put_archive(container, base, _archive(inside, base))


def _archive(files: Sequence[ContainerFile], base: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for file in files:
            entry = tarfile.TarInfo(posixpath.relpath(file.target, base))
            entry.mode, entry.uid, entry.gid = file.mode, file.uid, file.gid
            entry.size = len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()
