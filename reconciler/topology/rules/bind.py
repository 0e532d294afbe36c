"""Rules for where HAProxy listens: nobody in two places, and nothing that takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import product

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology

MOST_PUBLISHED = 1000
"""Ports of one bind: each is a process of Docker's, and some rules of the firewall."""


def _too_many_ports(topology: Topology) -> Iterator[Diagnostic]:
    if topology.haproxy.network == "host":
        return
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            if len(bind.ports) > MOST_PUBLISHED:
                yield Diagnostic(
                    "out-of-range",
                    f"these are {len(bind.ports):,} ports, and Docker publishes each by itself: "
                    f"more than {MOST_PUBLISHED:,} take too long",
                    "use `haproxy: {network: host}`, or fewer ports",
                    Place(("frontends", name, "bind", index)),
                )


def _interface_of_a_bridge(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            if bind.interface is not None and topology.haproxy.network != "host":
                yield Diagnostic(
                    "bad-value",
                    f"HAProxy has no interface `{bind.interface}`: it has a network of its own",
                    "publish on an `address` of the host, or use `haproxy: {network: host}`",
                    Place(path := ("frontends", name, "bind", index, "interface")),
                    quoted=((bind.interface, path),),
                )


def _bind_conflict(topology: Topology) -> Iterator[Diagnostic]:
    taken: dict[tuple[int, str], list[_Listener]] = {}
    for listener in _listeners(topology):
        there = [one for place in listener.sockets for one in taken.get(place, ())]
        other = next((one for one in there if _overlap(one, listener)), None)
        if other is not None:
            who = "it" if other.owner == listener.owner else other.owner
            yield Diagnostic(
                "bind-conflict",
                f"{listener.owner} listens on `{listener}`, where {who} listens already",
                "one of them needs another port or address",
                Place(listener.path),
                related=(Related(f"{other.owner} listens here", Place(other.path)),),
                quoted=tuple((str(listener), place) for place in listener.places),
            )
        for place in listener.sockets:
            taken.setdefault(place, []).append(listener)


def _one_socket_twice(topology: Topology) -> Iterator[Diagnostic]:
    taken: dict[str, Path] = {}
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            if bind.socket is None:
                continue
            path: Path = ("frontends", name, "bind", index)
            first = taken.setdefault(bind.socket, path)
            if first != path:
                who = "it" if first[1] == name else f"frontend `{first[1]}`"
                yield Diagnostic(
                    "bind-conflict",
                    f"frontend `{name}` listens on `{bind.socket}`, where {who} listens already",
                    "one of them needs another socket",
                    Place(path),
                    related=(Related(f"frontend `{first[1]}` listens here", Place(first)),),
                    quoted=((bind.socket, path), (bind.socket, (*path, "socket"))),
                )


class _Listener(Struct, frozen=True):
    address: str | None
    ports: range
    owner: str
    path: Path
    places: tuple[Path, ...]
    protocols: tuple[str, ...] = ("tcp",)
    interface: str | None = None
    anywhere: str | None = None
    """The address that none stands for; None for those of IPv4 and IPv6."""

    @property
    def sockets(self) -> Iterator[tuple[int, str]]:
        """Each port with each protocol."""
        return product(self.ports, self.protocols)

    def __str__(self) -> str:
        address = self.address or ""
        first, last = self.ports[0], self.ports[-1]
        ports = f"{first}" if first == last else f"{first}-{last}"
        return f"[{address}]:{ports}" if ":" in address else f"{address}:{ports}"


def _listeners(topology: Topology) -> Iterator[_Listener]:
    anywhere = "0.0.0.0" if topology.haproxy.network == "host" else None
    for name, frontend in topology.frontends.items():
        for index, bind in enumerate(frontend.bind):
            path: Path = ("frontends", name, "bind", index)
            places = ((*path, "address"), (*path, "port"))
            tls = bind.tls or frontend.tls
            spoken = ("tcp", "udp") if tls and tls.http3 else ("tcp",)
            if bind.ports:
                owner = f"frontend `{name}`"
                yield _Listener(
                    bind.address, bind.ports, owner, path, places, spoken, bind.interface, anywhere
                )
    stats = topology.stats
    if stats is not None:
        path = ("stats", "port")
        ports = range(stats.port, stats.port + 1)
        yield _Listener(stats.address, ports, "`stats`", path, (("stats", "bind"), path))
    yield from _published(topology)


def _published(topology: Topology) -> Iterator[_Listener]:
    """The ports of the host that containers publish themselves."""
    for name, backend in topology.backends.items():
        for index, port in enumerate(backend.ports if backend.containers else ()):
            path: Path = ("backends", name, "ports", index)
            places = ((*path, "host_ip"), (*path, "published"))
            if port.host_ports:
                owner, spoken = f"backend `{name}`", (port.protocol,)
                yield _Listener(port.host_ip, port.host_ports, owner, path, places, spoken)


def _overlap(one: _Listener, other: _Listener) -> bool:
    if one.interface and other.interface and one.interface != other.interface:
        return False
    an_address, another = one.address or one.anywhere, other.address or other.anywhere
    if an_address is None or another is None:
        return True
    first, second = ip_address(an_address), ip_address(another)
    if first.version != second.version:
        return False  # a socket of IPv6 is for IPv6 alone
    return first == second or first.is_unspecified or second.is_unspecified


BIND_RULES = (_too_many_ports, _interface_of_a_bridge, _bind_conflict, _one_socket_twice)
