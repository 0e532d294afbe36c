"""Rules for HAProxy's own container: what it mounts, and what the host's network leaves to it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.labels import PATHS_OF_HAPROXY
from reconciler.topology.model import Topology


def _mounts(topology: Topology) -> Iterator[Diagnostic]:
    seen: dict[str, Path] = {}
    for index, mount in enumerate(topology.haproxy.volumes):
        path: Path = ("haproxy", "volumes", index)
        target = posixpath.normpath(mount.target)
        own = next((own for own in PATHS_OF_HAPROXY if _meet(own, target)), None)
        if own is not None:
            yield Diagnostic(
                "same-target",
                f"`{own}` is where this tool puts what HAProxy runs with",
                "choose another path in the container, like `/etc/haproxy-files`",
                Place(path),
                quoted=((mount.target, (*path, "target")),),
            )
        first = seen.setdefault(target, path)
        if first != path:
            yield Diagnostic(
                "same-target",
                f"two mounts of HAProxy on `{target}`",
                place=Place(path),
                related=(Related("the first one", Place(first)),),
                quoted=((mount.target, (*path, "target")),),
            )


def _meet(one: str, two: str) -> bool:
    """Whether one path is the other, or below it."""
    return posixpath.commonpath((one, two)) in {one, two}


def _sysctls(topology: Topology) -> Iterator[Diagnostic]:
    if topology.haproxy.network != "host":
        return
    for name in topology.haproxy.sysctls:
        if name.startswith("net."):
            yield Diagnostic(
                "host-network",
                f"on the host's network HAProxy has no `{name}` of its own",
                "leave it out, and set it on the host",
                Place(("haproxy", "sysctls", name), on_key=True),
            )


PROXY_RULES = (_mounts, _sysctls)
