"""Rules for what a backend consists of: containers, servers that are none, or both."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Path
from reconciler.topology.model import Backend, Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.marks import OfContainers
from reconciler.topology.model.options import ContainerOptions
from reconciler.topology.rules.finding import Finding
from reconciler.topology.wording.messages import list_names, suggest


def _nothing_behind(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        path: Path = ("backends", name)
        if backend.containers_of is not None:
            yield from _containers_of(topology, name, backend.containers_of)
        elif backend.image is None and not backend.servers:
            yield Finding(
                "missing-key",
                f"backend `{name}` has neither an `image` nor `servers`",
                path,
                "add `image:` for containers, or `servers:` for what runs elsewhere",
                on_key=True,
            )
        elif backend.image is None:
            yield from _of_no_containers(name, backend)


def _containers_of(topology: Topology, name: str, wanted: str) -> Iterator[Finding]:
    backend, there = topology.backends[name], topology.backends.get(wanted)
    path: Path = ("backends", name, "containers_of")
    if backend.image is not None:
        yield Finding(
            "bad-value",
            f"backend `{name}` has an `image` of its own",
            path,
            "take one out: `image` is for containers of its own, `containers_of` for another's",
            on_key=True,
        )
    elif there is None:
        others = [other for other in topology.backends if other != name]
        yield Finding(
            "unknown-backend",
            f"backend `{name}` is for containers of one that does not exist",
            path,
            suggest(wanted, others) or f"backends here: {list_names(others)}",
            quoted=((wanted, path),),
        )
    elif there.image is None:
        hint = "name one that has an `image`"
        if there.containers_of is not None and there.containers_of != name:
            hint = f"its containers are those of `{there.containers_of}`: name that one"
        yield Finding(
            "no-containers",
            f"`{wanted}` has no containers of its own",
            path,
            hint,
            quoted=((wanted, path),),
        )
    else:
        yield from _of_no_containers(name, backend)


def _of_no_containers(name: str, backend: Backend) -> Iterator[Finding]:
    fields = Backend.model_fields
    given = {fields[name].alias or name for name in backend.model_fields_set}
    for key in (*keys_with(Backend, OfContainers), *ContainerOptions.model_fields):
        if key in given:
            yield Finding(
                "no-containers",
                f"`{key}` is for containers, and backend `{name}` has none"
                if backend.containers_of is None
                else f"`{key}` is for containers, and those of `{name}` are "
                f"`{backend.containers_of}`'s",
                ("backends", name, key),
                "take it out, or add an `image`"
                if backend.containers_of is None
                else f"take it out, or write it there: `backends.{backend.containers_of}`",
                on_key=True,
            )


def _servers(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        seen: set[str] = set()
        for index, server in enumerate(backend.servers):
            path: Path = ("backends", name, "servers", index)
            port = server.port or backend.port
            if port is None:
                yield Finding(
                    "missing-port",
                    f"a server of `{name}` says no port, and neither does the backend",
                    path,
                    "add `port:` to it, or to the backend for all of them",
                )
                continue
            called = server.name_with(port)
            places = tuple((called, (*path, key)) for key in ("name", "address", "port"))
            if called in seen:
                yield Finding(
                    "same-server",
                    f"two servers of `{name}` are called `{called}`",
                    path,
                    "give one of them another `name`",
                    quoted=places,
                )
            seen.add(called)
            stem, _, number = called.rpartition("-")
            if stem == name and number.isascii() and number.isdigit():
                yield Finding(
                    "bad-name",
                    f"`{called}` is what a container of `{name}` is called in HAProxy",
                    (*path, "name"),
                    "give the server another name",
                    quoted=places,
                )


SERVER_RULES = (_nothing_behind, _servers)
