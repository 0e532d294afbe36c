"""Servers of a backend, as data (manual, 5.2): those that stand for containers, and others."""

from __future__ import annotations

from ipaddress import ip_address

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class ServerLink(Struct, frozen=True):
    """How a backend's servers are spoken with, by traffic and checks alike."""

    tls: bool = False
    verify: str = "required"
    ca: str = ""
    """A file in HAProxy's container; "" for the authorities of its image."""
    sni: str = ""
    proto: str = ""
    send_proxy: str = ""


PLAIN = ServerLink()
"""Neither TLS nor anything else that is not asked for."""


class Server(Struct, frozen=True):
    """A `server` line. `address` is a name that the resolver of the network knows, or an IP."""

    name: str
    address: str
    port: int


class OutsideServer(Struct, frozen=True):
    """A `server` line for what is no container. Its name and address stay as they are loaded."""

    name: str
    address: str
    port: int
    """0 for a Unix socket, whose address is `unix@` and its path."""
    weight: int
    maxconn: int | None
    backup: bool
    path: Path
    init_address: str = ""
    """What its address is while nobody knows; "" for none, which takes it out meanwhile."""
    is_in_hosts: bool = False
    """Whether `/etc/hosts` has its address, of which no DNS server knows."""

    @property
    def resolves(self) -> bool:
        """Whether its address is a name that DNS servers are asked for."""
        if self.is_in_hosts or not self.port:
            return False
        try:
            ip_address(self.address)
        except ValueError:
            return True
        return False
