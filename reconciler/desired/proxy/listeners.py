"""Where HAProxy listens: inside its container, and on the host."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.desired.spec import Mount, PublishedPort
from reconciler.haproxy import model as haproxy
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.paths import directory_of_sockets
from reconciler.topology.model import Bind, Topology
from reconciler.topology.networks import proxy_networks
from reconciler.topology.traffic import mode_of


class Listeners:
    """Which port of the container each bind gets.

    Usually the port itself. Two frontends may use one port on two addresses of the host; in the
    container both listen on all addresses, so the later one gets a port of its own.
    On the host's network nothing is published, and each listens just where its bind says.
    """

    def __init__(self, topology: Topology, tls: ProxyFiles) -> None:
        self._tls = tls
        self._on_host = topology.haproxy.network == "host"
        self._is_on_ipv6 = not self._on_host and _has_ipv6(topology)
        self.host_ports: list[PublishedPort] = []
        """What HAProxy itself takes of the host."""
        self.published: list[PublishedPort] = []
        self.directories: dict[str, Mount] = {}
        """Those of the host that HAProxy makes sockets in, by their paths."""
        self.of_frontend: dict[str, tuple[haproxy.Listener, ...]] = {}
        self.stats: haproxy.Listener | None = None
        self._owner: dict[int, tuple[object, int, int]] = {}
        self._reserved = {p for f in topology.frontends.values() for b in f.bind for p in b.ports}
        if topology.stats is not None:
            self._reserved.add(topology.stats.port)
        for name, frontend in topology.frontends.items():
            listeners: dict[object, haproxy.Listener] = {}
            for index, bind in enumerate(frontend.bind):
                speaks = self._tls.bind(name, frontend, index, mode_of(topology, frontend))
                # In the container all listen on all addresses: what speaks otherwise on another
                # address of the host needs a port of its own there.
                options = tuple(_options(bind))
                owner = (name, speaks and replace(speaks, path=()), bind.accept_proxy, options)
                listener = self._listener(owner, bind, ("frontends", name, "bind", index))
                if speaks and speaks.http3:
                    self._take(bind, listener.port, "udp")
                listener = replace(
                    listener, tls=speaks, accepts_proxy=bind.accept_proxy, options=options
                )
                key = (listener.socket or listener.address, listener.port, options)
                listeners.setdefault(key, listener)
            self.of_frontend[name] = tuple(listeners.values())
        if topology.stats is not None:
            bind = topology.stats.listener
            self.stats = self._listener("\0stats", bind, ("stats", "port"))

    def _listener(self, owner: object, bind: Bind, path: Path) -> haproxy.Listener:
        if bind.socket is not None:
            return self._socket(bind.socket, bind.mode, path)
        if self._on_host:
            first, address = bind.ports[0], bind.address
        else:
            first, address = self._free(owner, bind), None
        self._take(bind, first)
        last = first + len(bind.ports) - 1
        last_port = last if last > first else None
        return haproxy.Listener(first, path, address, last_port, is_on_ipv6=self._is_on_ipv6)

    def _socket(self, socket: str, mode: str | None, path: Path) -> haproxy.Listener:
        """HAProxy gets the whole directory: it makes a socket under another name, and moves it."""
        directory, name = posixpath.split(socket)
        place = directory_of_sockets(directory)
        self.directories.setdefault(directory, Mount("bind", directory, place))
        return haproxy.Listener(0, path, socket=f"{place}/{name}", socket_mode=mode or "666")

    def _take(self, bind: Bind, first: int, protocol: str = "tcp") -> None:
        taken = self.host_ports if self._on_host else self.published
        for inside, port in enumerate(bind.ports, first):
            taken.append(PublishedPort(bind.address, port, inside, protocol))

    def _free(self, owner: object, bind: Bind) -> int:
        """The first of so many ports of the container that nobody else has. A range shares its own
        with the same range alone."""
        number, first = len(bind.ports), bind.ports[0]
        while not self._may_have(claim := (owner, first, number), bind):
            first = first + 1 if first + number <= 65535 else 1
        self._owner |= dict.fromkeys(range(first, first + number), claim)
        return first

    def _may_have(self, claim: tuple[object, int, int], bind: Bind) -> bool:
        _, first, number = claim
        ports = range(first, first + number)
        is_elsewhere = first != bind.ports[0]
        return all(self._owner.get(port, claim) == claim for port in ports) and not (
            is_elsewhere and self._reserved.intersection(ports)
        )


def _has_ipv6(topology: Topology) -> bool:
    """Whether Docker may bring clients to HAProxy's address of IPv6: those that come by IPv6, where
    its network has it. What an external network has, no file says, but an address may tell."""
    networks = (topology.networks.get(name) for name in proxy_networks(topology))
    if any(network is not None and network.enable_ipv6 for network in networks):
        return True
    binds = [bind for frontend in topology.frontends.values() for bind in frontend.bind]
    if topology.stats is not None:
        binds.append(topology.stats.listener)
    return any(bind.address is not None and ":" in bind.address for bind in binds)


def _options(bind: Bind) -> Iterator[str]:
    for name in ("maxconn", "backlog", "interface"):
        value = getattr(bind, name)
        if value is not None:
            yield f"{name} {value}"
    if bind.raw is not None:
        yield bind.raw
