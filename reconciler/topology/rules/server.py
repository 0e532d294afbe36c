"""Rules for what a backend consists of: containers, servers that are none, or both."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Backend, Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.marks import OfContainers
from reconciler.topology.model.options import ContainerOptions
from reconciler.topology.mounts import is_within
from reconciler.topology.wording.messages import list_names, suggest


def _nothing_behind(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        path: Path = ("backends", name)
        if backend.containers_of is not None:
            yield from _containers_of(topology, name, backend.containers_of)
        elif backend.image is None and not backend.servers:
            yield Diagnostic(
                "missing-key",
                f"backend `{name}` has neither an `image` nor `servers`",
                "add `image:` for containers, or `servers:` for what runs elsewhere",
                Place(path, on_key=True),
            )
        elif backend.image is None:
            yield from _of_no_containers(name, backend)


def _containers_of(topology: Topology, name: str, wanted: str) -> Iterator[Diagnostic]:
    backend, there = topology.backends[name], topology.backends.get(wanted)
    path: Path = ("backends", name, "containers_of")
    if backend.image is not None:
        yield Diagnostic(
            "bad-value",
            f"backend `{name}` has an `image` of its own",
            "take one out: `image` is for containers of its own, `containers_of` for another's",
            Place(path, on_key=True),
        )
    elif there is None:
        others = [other for other in topology.backends if other != name]
        yield Diagnostic(
            "unknown-backend",
            f"backend `{name}` is for containers of one that does not exist",
            suggest(wanted, others) or f"backends here: {list_names(others)}",
            Place(path),
            quoted=((wanted, path),),
        )
    elif there.image is None:
        hint = "name one that has an `image`"
        if there.containers_of is not None and there.containers_of != name:
            hint = f"its containers are those of `{there.containers_of}`: name that one"
        yield Diagnostic(
            "no-containers",
            f"`{wanted}` has no containers of its own",
            hint,
            Place(path),
            quoted=((wanted, path),),
        )
    else:
        yield from _of_no_containers(name, backend)


def _of_no_containers(name: str, backend: Backend) -> Iterator[Diagnostic]:
    fields = Backend.model_fields
    given = {fields[name].alias or name for name in backend.model_fields_set}
    for key in (*keys_with(Backend, OfContainers), *ContainerOptions.model_fields):
        if key in given:
            yield Diagnostic(
                "no-containers",
                f"`{key}` is for containers, and backend `{name}` has none"
                if backend.containers_of is None
                else f"`{key}` is for containers, and those of `{name}` are "
                f"`{backend.containers_of}`'s",
                "take it out, or add an `image`"
                if backend.containers_of is None
                else f"take it out, or write it there: `backends.{backend.containers_of}`",
                Place(("backends", name, key), on_key=True),
            )


def _servers(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        seen: dict[str, Path] = {}
        for index, server in enumerate(backend.servers):
            path: Path = ("backends", name, "servers", index)
            port = 0 if server.socket else server.port or backend.port
            if port is None:
                yield Diagnostic(
                    "missing-port",
                    f"a server of `{name}` says no port, and neither does the backend",
                    "add `port:` to it, or to the backend for all of them",
                    Place(path),
                )
                continue
            called = server.name_with(port)
            places = tuple((called, (*path, key)) for key in ("name", "address", "port", "socket"))
            first = seen.setdefault(called, path)
            if first != path:
                yield Diagnostic(
                    "same-server",
                    f"two servers of `{name}` are called `{called}`",
                    "give one of them another `name`",
                    Place(path),
                    related=(Related("the first one", Place(first)),),
                    quoted=places,
                )
            stem, _, number = called.rpartition("-")
            if stem == name and number.isascii() and number.isdigit():
                yield Diagnostic(
                    "bad-name",
                    f"`{called}` is what a container of `{name}` is called in HAProxy",
                    "give the server another name",
                    Place((*path, "name")),
                    quoted=places,
                )


_OF_THE_HOST = ("host.docker.internal", "gateway.docker.internal")
"""Names that Docker Desktop knows by itself, and an engine on Linux does not."""


def _names_of_the_host(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for index, server in enumerate(backend.servers):
            address = server.address.lower()
            if address in _OF_THE_HOST and address not in topology.haproxy.known_hosts:
                path: Path = ("backends", name, "servers", index)
                yield Diagnostic(
                    "never-meant",
                    f"on Linux nobody knows `{address}`, unless HAProxy is told of it",
                    "write `127.0.0.1`: HAProxy is on the host's network"
                    if topology.haproxy.network == "host"
                    else f"add `extra_hosts: {{{address}: host-gateway}}` to `haproxy`",
                    Place(path),
                    severity=Severity.WARNING,
                    quoted=((server.address, (*path, "address")), (server.address, path)),
                )


def _sockets(topology: Topology) -> Iterator[Diagnostic]:
    """HAProxy's container has nothing of the host that is not mounted there."""
    mounted = [posixpath.normpath(mount.target) for mount in topology.haproxy.volumes]
    for name, backend in topology.backends.items():
        for index, server in enumerate(backend.servers):
            if server.socket is None or any(is_within(server.socket, m) for m in mounted):
                continue
            path: Path = ("backends", name, "servers", index)
            yield Diagnostic(
                "never-meant",
                f"nothing is mounted in HAProxy's container at `{server.socket}`",
                f'add `volumes: ["{server.socket}:{server.socket}"]` to `haproxy`; a directory '
                "keeps up with a socket that is made anew",
                Place(path),
                severity=Severity.WARNING,
                quoted=((server.socket, (*path, "socket")),),
            )


SERVER_RULES = (_nothing_behind, _servers, _names_of_the_host, _sockets)
