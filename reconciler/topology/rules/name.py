"""Rules for names: short enough for what is made of them, and not this tool's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.labels import LABEL_PREFIX, RUN_VOLUME_SUFFIX
from reconciler.topology.model import Network, Topology, Volume

LONGEST_LABEL = 63  # RFC 1035, 2.3.4: a DNS label; Docker's DNS answers to container names
REVISION_LENGTH = 8
_TAIL = len("-10000-") + REVISION_LENGTH


def _name_too_long(topology: Topology) -> Iterator[Diagnostic]:
    for name in topology.backends:
        length = len(topology.name) + 1 + len(name) + _TAIL
        if length > LONGEST_LABEL:
            yield Diagnostic(
                "name-too-long",
                f"containers of `{name}` would get names of {length} characters, "
                f"and DNS takes {LONGEST_LABEL}",
                f"shorten `{name}` or the topology's name by {length - LONGEST_LABEL}",
                Place(("backends", name), on_key=True),
            )


def _reserved(topology: Topology) -> Iterator[Diagnostic]:
    if topology.stats is not None and "stats" in topology.frontends:
        yield Diagnostic(
            "bad-name",
            "a frontend cannot be named `stats` beside the stats page",
            "give it another name",
            Place(("frontends", "stats"), on_key=True),
            related=(Related("the stats page", Place(("stats",), on_key=True)),),
        )
    for name, backend in topology.backends.items():
        yield from _reserved_labels(backend.labels, ("backends", name, "labels"))
    yield from _reserved_labels(topology.haproxy.labels, ("haproxy", "labels"))
    for name, volume in topology.volumes.items():
        yield from _reserved_of_volume(name, volume)
    for name, network in topology.networks.items():
        yield from _reserved_of_network(topology, name, network)


def _reserved_of_volume(name: str, volume: Volume) -> Iterator[Diagnostic]:
    path: Path = ("volumes", name)
    if (volume.name or "").endswith(RUN_VOLUME_SUFFIX):
        yield Diagnostic(
            "bad-name",
            f"names that end in `{RUN_VOLUME_SUFFIX}` are this tool's own",
            "give the volume another name",
            Place((*path, "name")),
        )
    yield from _reserved_labels(volume.labels, (*path, "labels"))


def _reserved_of_network(topology: Topology, name: str, network: Network) -> Iterator[Diagnostic]:
    path: Path = ("networks", name)
    called = network.docker_name(topology.name, name)
    if called in _OF_DOCKER:
        yield Diagnostic(
            "bad-name",
            f"`{called}` is a network of Docker's own, on which containers have no names",
            "leave it out: without a network that it names, a backend is on one of the topology's"
            if called == "bridge"
            else "choose another name; HAProxy alone may be on the host's, by `network: host`",
            Place((*path, "name") if network.name else path, on_key=network.name is None),
        )
    yield from _reserved_labels(network.labels, (*path, "labels"))


def _reserved_labels(labels: Iterable[str], path: Path) -> Iterator[Diagnostic]:
    for label in labels:
        if label.startswith(LABEL_PREFIX):
            yield Diagnostic(
                "bad-name",
                f"labels that start with `{LABEL_PREFIX}` are this tool's own",
                "give the label another name",
                Place((*path, label), on_key=True),
            )


_OF_DOCKER = ("bridge", "host", "none")
NAME_RULES = (_name_too_long, _reserved)
