"""Rules between fields, which no single value can break alone. Each rule is one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.topology.diagnostic import Path, Severity
from reconciler.topology.labels import LABEL_PREFIX
from reconciler.topology.messages import suggest
from reconciler.topology.model import Backend, Topology

DEFAULT_NETWORK = "default"
LONGEST_LABEL = 63  # RFC 1035, 2.3.4: a DNS label; Docker's DNS answers to container names
REVISION_LENGTH = 8
_TAIL = len("-10000-") + REVISION_LENGTH


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: like a diagnostic, but by path instead of place."""

    code: str
    message: str
    path: Path
    hint: str = ""
    on_key: bool = False
    severity: Severity = Severity.ERROR


Rule = Callable[[Topology], Iterator[Finding]]


def check_rules(topology: Topology) -> list[Finding]:
    """Everything that is wrong between the fields of a topology whose fields are right."""
    return [finding for rule in RULES for finding in rule(topology)]


def served_backends(topology: Topology) -> dict[str, Backend]:
    """The backends that some frontend sends traffic to, in the order of the file."""
    served = {frontend.default_backend for frontend in topology.frontends.values()}
    return {name: backend for name, backend in topology.backends.items() if name in served}


def proxy_networks(topology: Topology) -> tuple[str, ...]:
    """The networks that HAProxy joins, by their name in the file.

    Those it is told, else those of the backends it serves. Docker publishes no port of a container
    that is only on internal networks, so then it joins the default network as well.
    """
    if topology.haproxy.networks is not None:
        return topology.haproxy.networks
    backends = served_backends(topology) or topology.backends
    joined = dict.fromkeys(net for backend in backends.values() for net in backend.networks)
    if all(net in topology.networks and topology.networks[net].internal for net in joined):
        joined[DEFAULT_NETWORK] = None
    return tuple(joined)


def _unknown_backend(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        wanted = frontend.default_backend
        if wanted not in topology.backends:
            known = ", ".join(topology.backends) or "none"
            yield Finding(
                "unknown-backend",
                f"frontend `{name}` sends traffic to a backend that does not exist",
                ("frontends", name, "default_backend"),
                suggest(wanted, topology.backends) or f"backends here: {known}",
            )


def _unknown_network(topology: Topology) -> Iterator[Finding]:
    known = {DEFAULT_NETWORK, *topology.networks}
    wanted: list[tuple[str, Path]] = [
        (net, ("backends", name, "networks", index))
        for name, backend in topology.backends.items()
        for index, net in enumerate(backend.networks)
    ]
    wanted += [
        (net, ("haproxy", "networks", index))
        for index, net in enumerate(topology.haproxy.networks or ())
    ]
    for net, path in wanted:
        if net not in known:
            defined = ", ".join(topology.networks) or "none"
            yield Finding(
                "unknown-network",
                f"network `{net}` is not defined",
                path,
                suggest(net, topology.networks) or f"networks defined here: {defined}",
            )


def _missing_port(topology: Topology) -> Iterator[Finding]:
    for name, backend in served_backends(topology).items():
        if backend.port is None:
            yield Finding(
                "missing-port",
                f"backend `{name}` gets traffic and says no port",
                ("backends", name),
                "add `port:`, the port its containers listen on",
                on_key=True,
            )


def _bind_conflict(topology: Topology) -> Iterator[Finding]:
    taken: list[tuple[str | None, int, str]] = []
    for address, port, owner, path in _listeners(topology):
        for other_address, other_port, other_owner in taken:
            if port == other_port and _overlap(address, other_address):
                at = f"{address or 'all addresses'}, port {port}"
                yield Finding(
                    "bind-conflict",
                    f"{owner} listens on {at}, and so does {other_owner}",
                    path,
                    "one of them needs another port or address",
                )
                break
        taken.append((address, port, owner))


def _listeners(topology: Topology) -> Iterator[tuple[str | None, int, str, Path]]:
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            yield bind.address, bind.port, f"frontend `{name}`", ("frontends", name, "bind", index)
    if topology.stats is not None:
        yield topology.stats.address, topology.stats.port, "`stats`", ("stats", "port")


def _overlap(one: str | None, other: str | None) -> bool:
    everywhere = {None, "0.0.0.0", "::"}
    return one == other or one in everywhere or other in everywhere


def _mode_mismatch(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        backend = topology.backends.get(frontend.default_backend)
        if backend is not None and frontend.mode is not None and frontend.mode != backend.mode:
            yield Finding(
                "mode-mismatch",
                f"frontend `{name}` speaks {frontend.mode}, "
                f"its backend `{frontend.default_backend}` {backend.mode}",
                ("frontends", name, "mode"),
                "give both the same mode, or leave the frontend's out",
            )
    for name, backend in topology.backends.items():
        if backend.mode == "tcp" and backend.check.type == "http":
            yield Finding(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, and its check speaks HTTP",
                ("backends", name, "check"),
                "use `check: tcp`, or `mode: http`",
            )
        if backend.mode == "tcp" and backend.balance == "uri":
            yield Finding(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, which has no `uri` to balance by",
                ("backends", name, "balance"),
                "use `roundrobin`, `leastconn` or `source`",
            )


def _unreachable_backend(topology: Topology) -> Iterator[Finding]:
    joined = proxy_networks(topology)
    for name, backend in served_backends(topology).items():
        if not set(joined) & set(backend.networks):
            yield Finding(
                "unreachable-backend",
                f"HAProxy cannot reach backend `{name}`: they share no network",
                ("backends", name, "networks"),
                f"HAProxy is on {', '.join(joined)}; `{name}` on {', '.join(backend.networks)}",
            )


def _name_too_long(topology: Topology) -> Iterator[Finding]:
    for name in topology.backends:
        length = len(topology.name) + 1 + len(name) + _TAIL
        if length > LONGEST_LABEL:
            yield Finding(
                "name-too-long",
                f"containers of `{name}` would get names of {length} characters, "
                f"and DNS takes {LONGEST_LABEL}",
                ("backends", name),
                f"shorten `{name}` or the topology's name by {length - LONGEST_LABEL}",
                on_key=True,
            )


def _reserved(topology: Topology) -> Iterator[Finding]:
    if topology.stats is not None and "stats" in topology.frontends:
        yield Finding(
            "bad-name",
            "a frontend cannot be named `stats` beside the stats page",
            ("frontends", "stats"),
            "give it another name",
            on_key=True,
        )
    for name, backend in topology.backends.items():
        for label in backend.labels:
            if label.startswith(LABEL_PREFIX):
                yield Finding(
                    "bad-name",
                    f"labels that start with `{LABEL_PREFIX}` are this tool's own",
                    ("backends", name, "labels", label),
                    "give the label another name",
                    on_key=True,
                )


def _same_target(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        seen: set[str] = set()
        for index, volume in enumerate(backend.volumes):
            target = volume.target.rstrip("/")
            if target in seen:
                yield Finding(
                    "same-target",
                    f"two mounts of `{name}` on `{volume.target}`",
                    ("backends", name, "volumes", index),
                )
            seen.add(target)


def _unused_network(topology: Topology) -> Iterator[Finding]:
    used = {net for backend in topology.backends.values() for net in backend.networks}
    used |= set(proxy_networks(topology))
    for name in topology.networks:
        if name not in used:
            yield Finding(
                "unused-network",
                f"nothing joins network `{name}`",
                ("networks", name),
                on_key=True,
                severity=Severity.WARNING,
            )


def _public_stats(topology: Topology) -> Iterator[Finding]:
    stats = topology.stats
    if stats is None or stats.auth or stats.bind is None:
        return
    if not stats.bind.startswith("127.") and stats.bind != "::1":
        yield Finding(
            "public-stats",
            f"anyone who reaches {stats.bind} can read the stats page",
            ("stats", "bind"),
            'add `auth: "user:${STATS_PASSWORD}"`, or bind to 127.0.0.1',
            severity=Severity.WARNING,
        )


RULES: tuple[Rule, ...] = (
    _unknown_backend,
    _unknown_network,
    _missing_port,
    _bind_conflict,
    _mode_mismatch,
    _unreachable_backend,
    _name_too_long,
    _reserved,
    _same_target,
    _unused_network,
    _public_stats,
)
