"""A proxy as data: what a haproxy.cfg says, one module a feature. Names follow the manual."""

from __future__ import annotations

from reconciler.haproxy.model.backend import Backend, Mode
from reconciler.haproxy.model.bind import BindTls, Http3, Listener
from reconciler.haproxy.model.check import Check
from reconciler.haproxy.model.frontend import Frontend, ToTls
from reconciler.haproxy.model.origin import RawLine
from reconciler.haproxy.model.proxy import Proxy, StatsPage, Timeouts
from reconciler.haproxy.model.server import OutsideServer, Server, ServerLink

__all__ = [
    "Backend",
    "BindTls",
    "Check",
    "Frontend",
    "Http3",
    "Listener",
    "Mode",
    "OutsideServer",
    "Proxy",
    "RawLine",
    "Server",
    "ServerLink",
    "StatsPage",
    "Timeouts",
    "ToTls",
]
