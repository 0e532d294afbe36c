"""Which networks HAProxy joins, and on which of them containers get fixed addresses."""

from __future__ import annotations

from reconciler.topology.model import Topology
from reconciler.topology.traffic import served_backends, source_of

DEFAULT_NETWORK = "default"


def proxy_networks(topology: Topology) -> tuple[str, ...]:
    """The networks that HAProxy joins, by their name in the file.

    Those it is told, else those of the backends it serves. Docker publishes no port of a container
    that is only on internal networks, so then it joins the default network as well. On the host's
    network it joins none: the host is on all bridges.
    """
    if topology.haproxy.network == "host":
        return ()
    if topology.haproxy.networks is not None:
        return topology.haproxy.networks
    backends = served_backends(topology) or topology.backends
    sources = filter(None, (source_of(topology, name) for name in backends))
    joined = dict.fromkeys(net for name in sources for net in topology.backends[name].networks)
    if all(net in topology.networks and topology.networks[net].internal for net in joined):
        joined[DEFAULT_NETWORK] = None
    return tuple(joined)


def needs_fixed_addresses(topology: Topology, backend: str) -> bool:
    """On the host's network, where HAProxy may be told to send traffic to it: today or later, so
    that this takes no new containers."""
    is_reachable = address_network(topology, backend) is not None
    has_port = any(
        there.port is not None and source_of(topology, name) == backend
        for name, there in topology.backends.items()
    )
    return topology.haproxy.network == "host" and has_port and is_reachable


def address_network(topology: Topology, backend: str) -> str | None:
    """The network, by its name in the file, on which a backend's containers get fixed addresses.

    The first of its networks that says its subnet.
    """
    joined = topology.backends[backend].networks
    return next(
        (net for net in joined if net in topology.networks and topology.networks[net].subnet), None
    )
