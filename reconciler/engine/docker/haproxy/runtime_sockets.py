"""The runtime sockets of HAProxys that share a directory for them. No IO."""

from __future__ import annotations

from msgspec.structs import replace

from reconciler.desired.spec import ContainerSpec
from reconciler.haproxy.paths import SOCKETS_VARIABLE, runtime_socket_of, sockets_of


def with_sockets(spec: ContainerSpec, name: str, predecessor: str) -> ContainerSpec:
    """The spec of a HAProxy container with what keeps its sockets apart from its neighbours', and
    lets it ask its predecessor.

    Not part of its revision. When it starts again its predecessor is gone: HAProxy says so in its
    log, and opens the listening sockets itself.
    """
    command = spec.command or ()
    if predecessor:
        command = (*command, "-x", runtime_socket_of(predecessor))
    return replace(spec, command=command, env=(*spec.env, (SOCKETS_VARIABLE, sockets_of(name))))
