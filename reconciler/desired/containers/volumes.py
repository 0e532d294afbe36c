"""Mounts of containers, and the volumes that they are of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.names import run_volume_name
from reconciler.desired.spec import Mount, VolumeSpec
from reconciler.topology.model import Topology
from reconciler.topology.model.volume import BindOptions, TmpfsOptions, Volume, VolumeOptions
from reconciler.topology.model.volume import Mount as Wish


def compile_mount(topology: Topology, wish: Wish, base_directory: str) -> Mount:
    tmpfs, bind = wish.tmpfs or TmpfsOptions(), wish.bind or BindOptions()
    volume = wish.volume or VolumeOptions()
    return Mount(
        wish.kind,
        _source(topology, wish, base_directory),
        wish.target,
        wish.read_only,
        propagation=bind.propagation or "",
        nocopy=volume.nocopy,
        size_bytes=tmpfs.size,
        mode=tmpfs.mode or "",
        subpath=volume.subpath or "",
        creates_path=bind.create_host_path,
        selinux=bind.selinux or "",
    )


def _source(topology: Topology, wish: Wish, base_directory: str) -> str:
    if wish.kind == "bind":
        return posixpath.normpath(posixpath.join(base_directory, wish.source))
    return _spec(topology, wish.source).name if wish.source else ""


def used_volumes(
    topology: Topology, containers: Iterable[DesiredContainer]
) -> dict[str, VolumeSpec]:
    """The volumes that are mounted, but for HAProxy's own, by Docker name."""
    names = {m.source for c in containers for m in c.spec.mounts if m.kind == "volume"}
    declared = [_spec(topology, name) for name in topology.volumes]
    known = {spec.name: spec for spec in declared}
    wanted = sorted(names - {run_volume_name(topology.name)})
    return {name: known.get(name, VolumeSpec(name)) for name in wanted}


def _spec(topology: Topology, name: str) -> VolumeSpec:
    """A volume by its name in the file, which need not declare it."""
    wish = topology.volumes.get(name, Volume())
    return VolumeSpec(
        name=wish.docker_name(topology.name, name),
        driver=wish.driver,
        options=tuple(sorted(wish.driver_opts.items())),
        labels=tuple(sorted(wish.labels.items())),
        external=wish.external,
    )
