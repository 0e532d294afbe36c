"""Rules between fields, which no single value can break alone. Each rule is one function."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Backend, Network, Topology, Volume
from reconciler.topology.mounts import file_mounts
from reconciler.topology.networks import proxy_networks
from reconciler.topology.rules.address import ADDRESS_RULES
from reconciler.topology.rules.bind import BIND_RULES
from reconciler.topology.rules.client import CLIENT_RULES
from reconciler.topology.rules.file import FILE_RULES
from reconciler.topology.rules.header import HEADER_RULES
from reconciler.topology.rules.host import HOST_RULES
from reconciler.topology.rules.name import NAME_RULES
from reconciler.topology.rules.network import NETWORK_RULES
from reconciler.topology.rules.order import ORDER_RULES
from reconciler.topology.rules.placeholder import PLACEHOLDER_RULES
from reconciler.topology.rules.port import PORT_RULES
from reconciler.topology.rules.proxy import PROXY_RULES
from reconciler.topology.rules.reach import REACH_RULES
from reconciler.topology.rules.routing import ROUTING_RULES
from reconciler.topology.rules.server import SERVER_RULES
from reconciler.topology.rules.tls import TLS_RULES
from reconciler.topology.rules.traffic import TRAFFIC_RULES
from reconciler.topology.rules.value import VALUE_RULES
from reconciler.topology.traffic import destinations, served_backends, source_of
from reconciler.topology.wording.messages import MOST_PROBLEMS, list_names, suggest

Rule = Callable[[Topology], Iterator[Diagnostic]]


def check_rules(topology: Topology) -> list[Diagnostic]:
    """What is wrong between the fields of a topology whose fields are right: of each rule, up to
    one more than are told of a whole file."""
    return [f for rule in RULES for f in itertools.islice(rule(topology), MOST_PROBLEMS + 1)]


def _unknown_backend(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        for wanted, place in destinations(frontend):
            if wanted not in topology.backends:
                known = list_names(topology.backends)
                yield Diagnostic(
                    "unknown-backend",
                    f"frontend `{name}` sends traffic to a backend that does not exist",
                    suggest(wanted, topology.backends) or f"backends here: {known}",
                    Place(("frontends", name, *place)),
                )


def _missing_port(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in served_backends(topology).items():
        if backend.port is None and source_of(topology, name) is not None:
            yield Diagnostic(
                "missing-port",
                f"backend `{name}` gets traffic and says no port",
                "add `port:`, the port its containers listen on",
                Place(("backends", name), on_key=True),
            )


def _mode_mismatch(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        default = frontend.default_backend
        backend = topology.backends.get(default) if default is not None else None
        if default is None or backend is None:
            continue
        if frontend.mode is not None and frontend.mode != backend.mode:
            yield Diagnostic(
                "mode-mismatch",
                f"frontend `{name}` speaks {frontend.mode}, its backend `{default}` {backend.mode}",
                "give both the same mode, or leave the frontend's out",
                Place(("frontends", name, "mode")),
                related=(Related(f"speaks {backend.mode}", Place(("backends", default, "mode"))),),
                quoted=((default, ("frontends", name, "default_backend")),),
            )
    for name, backend in topology.backends.items():
        if backend.mode == "tcp" and backend.check.observe == "layer7":
            yield Diagnostic(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, and only of HTTP HAProxy knows what answers mean",
                "use `observe: layer4`, or `mode: http`",
                Place(("backends", name, "check", "observe")),
            )


def _same_target(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        seen: dict[str, Path] = {}
        for target, path, place in _targets(("backends", name), backend):
            first = seen.setdefault(posixpath.normpath(target), path)
            if first != path:
                yield Diagnostic(
                    "same-target",
                    f"two mounts of `{name}` on `{target}`",
                    place=Place(path),
                    related=(Related("the first one", Place(first)),),
                    quoted=((target, place),),
                )


def _targets(owner: Path, backend: Backend) -> Iterator[tuple[str, Path, Path]]:
    """Each path that something is mounted on, the mount's place, and where it says the path."""
    for index, volume in enumerate(backend.volumes):
        path: Path = (*owner, "volumes", index)
        yield volume.target, path, (*path, "target")
    for index, text in enumerate(backend.tmpfs):
        path = (*owner, "tmpfs", index)
        yield text.partition(":")[0], path, path
    for mounted in file_mounts(backend):
        path = (*owner, *mounted.place)
        yield mounted.target, path, (*path, "target")


def _unused_network(topology: Topology) -> Iterator[Diagnostic]:
    used = {net for backend in topology.backends.values() for net in backend.networks}
    used |= set(proxy_networks(topology))
    yield from _unused("unused-network", "network", "joins", topology.networks, used)


def _unused_volume(topology: Topology) -> Iterator[Diagnostic]:
    of_backends = (mount for backend in topology.backends.values() for mount in backend.volumes)
    used = {mount.source for mount in (*of_backends, *topology.haproxy.volumes)}
    yield from _unused("unused-volume", "volume", "mounts", topology.volumes, used)


def _unused(
    code: str, kind: str, verb: str, names: Iterable[str], used: Container[str]
) -> Iterator[Diagnostic]:
    for name in names:
        if name not in used:
            yield Diagnostic(
                code,
                f"nothing {verb} {kind} `{name}`",
                place=Place((f"{kind}s", name), on_key=True),
                severity=Severity.WARNING,
            )


def _same_in_docker(topology: Topology) -> Iterator[Diagnostic]:
    """Two of one Docker name would be one volume or network, made as one of them says."""
    yield from _same("volume", "mount", topology.name, topology.volumes)
    yield from _same("network", "join", topology.name, topology.networks)


def _same(
    kind: str, verb: str, topology: str, declared: Mapping[str, Volume | Network]
) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for name, own in declared.items():
        called = own.docker_name(topology, name)
        if first := seen.get(called):
            yield Diagnostic(
                "bad-name",
                f"{kind}s `{first}` and `{name}` are both `{called}` in Docker",
                f"declare it once, and {verb} it by that name",
                Place((f"{kind}s", name), on_key=True),
                related=(Related("the first one", Place((f"{kind}s", first), on_key=True)),),
            )
        seen.setdefault(called, name)


def _public_stats(topology: Topology) -> Iterator[Diagnostic]:
    stats = topology.stats
    if stats is None or stats.auth or stats.bind is None:
        return
    if not stats.bind.startswith("127.") and stats.bind != "::1":
        yield Diagnostic(
            "public-stats",
            f"anyone who reaches `{stats.bind}` can read the stats page",
            'add `auth: "user:${STATS_PASSWORD}"`, or bind to 127.0.0.1',
            Place(("stats", "bind")),
            severity=Severity.WARNING,
            quoted=((stats.bind, ("stats", "bind")),),
        )


RULES: tuple[Rule, ...] = (
    _unknown_backend,
    *NETWORK_RULES,
    _missing_port,
    *BIND_RULES,
    _mode_mismatch,
    *TRAFFIC_RULES,
    *CLIENT_RULES,
    *HEADER_RULES,
    *TLS_RULES,
    *ROUTING_RULES,
    *REACH_RULES,
    *VALUE_RULES,
    *HOST_RULES,
    *SERVER_RULES,
    *ORDER_RULES,
    *FILE_RULES,
    *PLACEHOLDER_RULES,
    *PORT_RULES,
    *PROXY_RULES,
    *ADDRESS_RULES,
    *NAME_RULES,
    _same_target,
    _unused_network,
    _unused_volume,
    _same_in_docker,
    _public_stats,
)
