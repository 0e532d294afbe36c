"""Where HAProxy listens, as data (manual, 5.1): `bind` lines and the TLS spoken there."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path


class Http3(Struct, frozen=True):
    """A second `bind` line, for QUIC."""

    alt_svc: str
    """The value of the `Alt-Svc` header, which tells clients of HTTP/3; "" for no header."""


class BindTls(Struct, frozen=True):
    """TLS on a `bind` line; files are where they are in HAProxy's container. None and "" leave what
    `global` says."""

    certificates: tuple[str, ...]
    """The first is the default: for clients that ask for none of the other names."""
    client_ca: str
    verify: str
    min_version: str | None
    ciphers: str | None
    ciphersuites: str | None
    alpn: tuple[str, ...]
    path: Path
    http3: Http3 | None = None
    crt_lists: tuple[str, ...] = ()
    """Files that name more certificates; those of the last may come and go in a running HAProxy."""
    asks_ocsp: bool = False
    """Whether HAProxy asks for OCSP responses to staple."""
    strict_sni: bool = False


class Listener(Struct, frozen=True):
    """A `bind` line. In a network of its own HAProxy listens on all addresses (None), and Docker
    maps the host's; on the host's network it listens on the address itself."""

    port: int
    path: Path
    address: str | None = None
    last_port: int | None = None
    """The last port of a range; None when there is but one."""
    socket: str = ""
    """The path of a Unix socket inside HAProxy's container, in place of address and port."""
    socket_mode: str = ""
    """In octal."""
    options: tuple[str, ...] = ()
    """Further options of the `bind` line (manual, 5.1)."""
    tls: BindTls | None = None
    is_on_ipv6: bool = False
    """Whether all addresses are also those of IPv6, when there is no address."""
    accepts_proxy: bool = False
    """Whether connections begin with a PROXY protocol header, as with `accept-proxy`."""

    @property
    def ports(self) -> str:
        return f"{self.port}" if self.last_port is None else f"{self.port}-{self.last_port}"
