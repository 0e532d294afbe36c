"""Which networks HAProxy joins."""

from __future__ import annotations

from reconciler.topology.model import Topology
from reconciler.topology.served import served_backends, source_of

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
