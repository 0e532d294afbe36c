"""The whole of one HAProxy, as data. Names follow the manual."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.haproxy.model.backend import Backend
from reconciler.haproxy.model.bind import Listener
from reconciler.haproxy.model.files import ProxyFile
from reconciler.haproxy.model.frontend import Frontend
from reconciler.haproxy.model.log import DEFAULT_TARGET, LogTarget
from reconciler.haproxy.model.origin import Path, RawLine


class StatsPage(Struct, frozen=True):
    listener: Listener
    uri: str
    refresh_s: float | None
    users: tuple[tuple[str, str], ...]
    admins: tuple[tuple[str, str], ...]
    """Those of the users who may change servers."""
    path: Path


class Timeouts(Struct, frozen=True):
    """Seconds; None leaves HAProxy's default."""

    connect: float
    client: float
    server: float
    http_request: float
    http_keep_alive: float | None
    queue: float | None
    tunnel: float
    tarpit: float | None = None
    check: float | None = None


SECTION_SUFFIX = ".frontend"
"""Ends the name of the section of a frontend that a backend shares its name with; no name in a
file has a dot."""


class Proxy(Struct, frozen=True):
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

    def section_of(self, frontend: str) -> str:
        """The name of its section, by which logs and metrics know it. HAProxy has one set of names
        for frontends and backends (from 3.3 on); a backend keeps its own, which servers, runtime
        commands and other sections say."""
        is_taken = any(backend.name == frontend for backend in self.backends)
        return frontend + SECTION_SUFFIX if is_taken else frontend

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
