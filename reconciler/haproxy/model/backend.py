"""Backends of a proxy, as data (manual, 4): how traffic is shared among their servers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from reconciler.haproxy.model.balance import DEFAULT_HASH, Hash, is_dynamic
from reconciler.haproxy.model.check import Check
from reconciler.haproxy.model.content import Cache, Compression
from reconciler.haproxy.model.errors import ErrorPage
from reconciler.haproxy.model.origin import Path, RawLine
from reconciler.haproxy.model.server import PLAIN, OutsideServer, Server, ServerLink
from reconciler.haproxy.model.settings import DEFAULT_SETTINGS, Settings
from reconciler.haproxy.model.sticky import Sticky
from reconciler.haproxy.paths import IDLE_ADDRESS, IDLE_HOST

Mode = Literal["http", "tcp"]


class Backend(Struct, frozen=True):
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
    """The port of its containers and of the spare servers; 0 when it has none."""
    resolves: bool = True
    """Whether addresses of servers are names; fixed ones need no resolver."""
    link: ServerLink = PLAIN
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

    def checked_port(self, port: int) -> int:
        """The port that checks ask, of a server with this one; 0 where there is none."""
        own = self.check.port if self.check else None
        return own if own and port else port

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
