"""A proxy as data: what a haproxy.cfg of ours says. Names follow the HAProxy manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Literal

from reconciler.haproxy.balance import DEFAULT_HASH, Hash, is_dynamic
from reconciler.haproxy.clients import Forwarding
from reconciler.haproxy.content import Cache, Compression
from reconciler.haproxy.cors import Cors
from reconciler.haproxy.errors import ErrorPage
from reconciler.haproxy.files import ProxyFile
from reconciler.haproxy.jwt import Jwt
from reconciler.haproxy.limits import ConnectionLimit, HeaderLimit, RateLimit
from reconciler.haproxy.log import DEFAULT_TARGET, Log, LogTarget
from reconciler.haproxy.origin import Path
from reconciler.haproxy.paths import IDLE_ADDRESS, IDLE_HOST
from reconciler.haproxy.routing import Access, Rule
from reconciler.haproxy.settings import DEFAULT_SETTINGS, Settings
from reconciler.haproxy.settings import Timeouts as OwnTimeouts
from reconciler.haproxy.sticky import Sticky

Mode = Literal["http", "tcp"]


@dataclass(frozen=True, slots=True)
class RawLine:
    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class Http3:
    """A second `bind` line, for QUIC."""

    alt_svc: str
    """What other clients are told of it; "" for nothing."""


@dataclass(frozen=True, slots=True)
class BindTls:
    """TLS on a `bind` line; files are where they are in HAProxy's container. None and "" leave what
    `global` says."""

    certificates: tuple[str, ...]
    """The first is for everybody who asks for no other name."""
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


@dataclass(frozen=True, slots=True)
class Listener:
    """A `bind` line. In a network of its own HAProxy listens on all addresses (None), and Docker
    maps the host's; on the host's network it listens on the address itself."""

    port: int
    path: Path
    address: str | None = None
    last_port: int | None = None
    """Of a range; None when there is but one."""
    socket: str = ""
    """In place of address and port, a Unix socket, as HAProxy's container has it."""
    socket_mode: str = ""
    """In octal."""
    options: tuple[str, ...] = ()
    """More of the manual's, 5.1, as they stand on the line."""
    tls: BindTls | None = None
    accepts_proxy: bool = False
    """Who connects says with the PROXY protocol for whom it does."""

    @property
    def ports(self) -> str:
        return f"{self.port}" if self.last_port is None else f"{self.port}-{self.last_port}"


@dataclass(frozen=True, slots=True)
class Check:
    """A health check. `url` is the path of an HTTP check; None means connect only."""

    url: str | None
    host: str
    method: str
    status: str
    interval_s: float
    timeout_s: float | None
    rise: int
    fall: int
    path: Path


@dataclass(frozen=True, slots=True)
class ServerLink:
    """How a backend's servers are spoken with, by traffic and checks alike."""

    tls: bool = False
    verify: str = "required"
    ca: str = ""
    """A file in HAProxy's container; "" for the authorities of its image."""
    sni: str = ""
    proto: str = ""
    send_proxy: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A `server` line. `address` is a name that the resolver of the network knows, or an IP."""

    name: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class OutsideServer:
    """A `server` line for what is no container. Its name and address stay as they are loaded."""

    name: str
    address: str
    port: int
    weight: int
    maxconn: int | None
    backup: bool
    path: Path

    @property
    def resolves(self) -> bool:
        """Whether its address is a name."""
        try:
            ip_address(self.address)
        except ValueError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Backend:
    name: str
    mode: Mode
    balance: str
    """What stands after the keyword: the algorithm, and its parameters."""
    check: Check | None
    weight: int
    maxconn: int | None
    servers: tuple[Server, ...]
    path: Path
    source: str
    """The backend of the file whose containers these are; its own name when there are none."""
    port: int = 0
    """Of its containers, and of the spare servers; 0 when it has none."""
    resolves: bool = True
    """Whether addresses of servers are names; fixed ones need no resolver."""
    link: ServerLink = ServerLink()
    least_spares: int = 4
    """0 when there are no containers to come."""
    outside: tuple[OutsideServer, ...] = ()
    hashing: Hash = DEFAULT_HASH
    sticky: Sticky | None = None
    settings: Settings = DEFAULT_SETTINGS
    errors: tuple[ErrorPage, ...] = ()
    """They come before those of the frontend."""
    compression: Compression | None = None
    cache: Cache | None = None
    raw: tuple[RawLine, ...] = ()

    @property
    def idle_host(self) -> str:
        """Where spare servers point."""
        return IDLE_HOST if self.resolves else IDLE_ADDRESS

    @property
    def spares(self) -> int:
        """Servers that wait for a container: room for twice as many, and to replace all of them."""
        return max(self.least_spares, len(self.servers))

    def amounts_of(self, server: str) -> tuple[int, int | None]:
        """The weight and the limit that a server shall have, by its name."""
        own = next((s for s in self.outside if s.name == server), None)
        return (own.weight, own.maxconn) if own else (self.weight, self.maxconn)

    @property
    def has_live_weight(self) -> bool:
        """Whether another weight can be set at run time. An agent sets them itself."""
        if self.settings.agent is not None:
            return False
        return is_dynamic(self.balance) or self.hashing.is_consistent


@dataclass(frozen=True, slots=True)
class ToTls:
    """Where requests without TLS are sent."""

    port: int
    code: int


@dataclass(frozen=True, slots=True)
class Frontend:
    name: str
    mode: Mode
    listeners: tuple[Listener, ...]
    default_backend: str
    """Empty when there is none."""
    path: Path
    rules: tuple[Rule, ...] = ()
    """The first that matches decides."""
    acme: str = ""
    """The backend that answers challenges for certificates; empty when there is none."""
    sends_to: tuple[str, ...] = ()
    """All backends that may get traffic from it."""
    forwarding: Forwarding | None = None
    log: Log | None = None
    """None is as `defaults` have it."""
    access: Access | None = None
    """None lets everybody in."""
    rate_limit: RateLimit | None = None
    connection_limit: ConnectionLimit | None = None
    max_body_bytes: int | None = None
    header_limit: HeaderLimit | None = None
    maxconn: int | None = None
    raw: tuple[RawLine, ...] = ()
    hsts: str = ""
    """The value of the header that is sent with answers over TLS."""
    to_tls: ToTls | None = None
    """None lets requests without TLS in."""
    errors: tuple[ErrorPage, ...] = ()
    timeouts: OwnTimeouts = ()
    compression: Compression | None = None
    cors: Cors | None = None
    jwt: Jwt | None = None
    """As is `cors`, of all requests but those whose rules say otherwise."""


@dataclass(frozen=True, slots=True)
class StatsPage:
    listener: Listener
    uri: str
    refresh_s: float | None
    users: tuple[tuple[str, str], ...]
    admins: tuple[tuple[str, str], ...]
    """Those of the users who may change servers."""
    path: Path


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None leaves HAProxy's default."""

    connect: float
    client: float
    server: float
    http_request: float
    http_keep_alive: float | None
    queue: float | None
    tunnel: float | None
    tarpit: float | None = None
    check: float | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """The whole of one HAProxy."""

    topology: str
    maxconn: int | None
    hard_stop_after_s: float
    timeouts: Timeouts
    frontends: tuple[Frontend, ...]
    backends: tuple[Backend, ...]
    stats: StatsPage | None
    log_target: LogTarget = DEFAULT_TARGET
    raw_global: tuple[RawLine, ...] = ()
    raw_defaults: tuple[RawLine, ...] = ()
    sensitive: frozenset[Path] = frozenset()
    """Paths whose values came from outside the file: their lines are marked, and never shown."""
    hands_over: bool = False
    """Whether a successor takes its listening sockets over."""
    files: tuple[ProxyFile, ...] = ()
    """That its lines name."""

    def with_addresses(self, addresses: Mapping[str, str]) -> Proxy:
        """The same with other addresses, by those that servers have."""
        return replace(
            self,
            backends=tuple(
                replace(
                    backend,
                    servers=tuple(
                        replace(s, address=addresses.get(s.address, s.address))
                        for s in backend.servers
                    ),
                )
                for backend in self.backends
            ),
        )
