"""Where HAProxy listens: inside its container, and on the host."""

from __future__ import annotations

from dataclasses import replace

from reconciler.haproxy import model as haproxy
from reconciler.haproxy.origin import Path
from reconciler.plan.compile_tls import ProxyFiles
from reconciler.plan.spec import PublishedPort
from reconciler.topology.model import Bind, Topology
from reconciler.topology.served import mode_of


class Listeners:
    """Which port of the container each bind gets.

    Usually the port itself. Two frontends may use one port on two addresses of the host; in the
    container both listen on all addresses, so the later one gets a port of its own.
    On the host's network nothing is published, and each listens just where its bind says.
    """

    def __init__(self, topology: Topology, tls: ProxyFiles) -> None:
        self._tls = tls
        self._on_host = topology.haproxy.network == "host"
        self.host_ports: list[PublishedPort] = []
        """What HAProxy itself takes of the host."""
        self.published: list[PublishedPort] = []
        self.of_frontend: dict[str, tuple[haproxy.Listener, ...]] = {}
        self.stats: haproxy.Listener | None = None
        self._owner: dict[int, object] = {}
        self._reserved = {b.port for f in topology.frontends.values() for b in f.bind}
        if topology.stats is not None:
            self._reserved.add(topology.stats.port)
        for name, frontend in topology.frontends.items():
            listeners: dict[tuple[str | None, int], haproxy.Listener] = {}
            for index, bind in enumerate(frontend.bind):
                speaks = self._tls.bind(name, frontend, index, mode_of(topology, frontend))
                # In the container all listen on all addresses: what speaks otherwise on another
                # address of the host needs a port of its own there.
                owner = (name, replace(speaks, path=()) if speaks else None, bind.accept_proxy)
                listener = self._listener(owner, bind, ("frontends", name, "bind", index))
                if speaks and speaks.http3:
                    self._take(bind, listener.port, "udp")
                listener = replace(listener, tls=speaks, accepts_proxy=bind.accept_proxy)
                listeners.setdefault((listener.address, listener.port), listener)
            self.of_frontend[name] = tuple(listeners.values())
        if topology.stats is not None:
            bind = Bind(port=topology.stats.port, address=topology.stats.address)
            self.stats = self._listener("\0stats", bind, ("stats", "port"))

    def _listener(self, owner: object, bind: Bind, path: Path) -> haproxy.Listener:
        if self._on_host:
            self._take(bind, bind.port)
            return haproxy.Listener(bind.port, path, bind.address)
        port = self._free(owner, bind)
        self._take(bind, port)
        return haproxy.Listener(port, path)

    def _take(self, bind: Bind, port: int, protocol: str = "tcp") -> None:
        taken = self.host_ports if self._on_host else self.published
        taken.append(PublishedPort(bind.address, bind.port, port, protocol))

    def _free(self, owner: object, bind: Bind) -> int:
        """A port of the container that nobody else has."""
        port = bind.port
        while self._owner.setdefault(port, owner) != owner or (
            port != bind.port and port in self._reserved
        ):
            port = port % 65535 + 1
        return port
