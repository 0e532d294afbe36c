"""A poll for HAProxy's own changes, of which Docker sends no event: servers that fail, and what
people do to them by hand. It asks HAProxy's socket directly, with no request to the engine; where
that cannot be reached from here, the resync finds them.
"""

from __future__ import annotations

import threading

from msgspec import Struct

from reconciler.engine.docker.haproxy.procfs import Inside, NotHereError
from reconciler.engine.docker.haproxy.scripts import QUESTION
from reconciler.engine.protocol import Wake, Wakeup
from reconciler.haproxy.control.replies import (
    is_whole_about_servers,
    parse_frontends,
    parse_info,
    parse_servers,
)
from reconciler.haproxy.paths import RUNTIME_SOCKET

_Facts = dict[str, tuple[object, ...]]
"""Facts of each server by `backend/host`, without what changes by itself; "" is what HAProxy
loaded, and what it was told beyond its servers."""


class _Proxy(Struct):
    topology: str
    inside: Inside
    facts: _Facts | None = None


class Poll:
    """A poll of the proxies that run: `look` asks each, and wakes the daemon where something
    changed."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self._changing = threading.Lock()
        self._proxies: dict[str, _Proxy] = {}

    def begin(self, topology: str, container: str, inside: Inside) -> None:
        with self._changing:
            self._proxies[container] = _Proxy(topology, inside)

    def end(self, container: str) -> None:
        with self._changing:
            self._proxies.pop(container, None)

    def clear(self) -> None:
        with self._changing:
            self._proxies.clear()

    def look(self) -> None:
        with self._changing:
            proxies = dict(self._proxies)
        for container, proxy in proxies.items():
            try:
                said = proxy.inside.ask(RUNTIME_SOCKET, QUESTION)
            except (NotHereError, FileNotFoundError, ProcessLookupError, PermissionError):
                self.end(container)  # it has ended, or is out of reach
                continue
            except OSError:
                continue  # too many open files, or too many questions at once: it may pass
            if not is_whole_about_servers(said):
                continue  # between two workers nobody listens, and one that ends says half
            facts = read_facts(said)
            before, proxy.facts = proxy.facts, facts
            if before is None:
                # What was done to it before this look would look as if it had always been so.
                self._wake(Wakeup(proxy.topology, "HAProxy was seen for the first time"))
            elif before != facts:
                self._wake(Wakeup(proxy.topology, _difference(before, facts)))


def read_facts(said: str) -> _Facts:
    info = parse_info(said.partition("# pxname")[0])
    facts: _Facts = {
        "": (info.structure, info.digest, info.maxconn, info.rate_limits, parse_frontends(said))
    }
    for server in parse_servers(said):
        if not server.is_idle:
            facts[f"{server.backend}/{server.known_as}"] = (
                server.is_up,
                server.weight,
                server.maxconn,
                server.is_disabled,
                server.is_drained,
            )
    return facts


def _difference(before: _Facts, after: _Facts) -> str:
    if before[""][:2] != after[""][:2]:
        return "HAProxy loaded another configuration"
    if before[""] != after[""]:
        return "HAProxy was told something by hand"
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        host = key.partition("/")[2]
        if old is None or new is None:
            return f"HAProxy has other servers: {host}"
        if old[0] != new[0] and old[1:] == new[1:]:
            return f"HAProxy sees {host} {'up' if new[0] else 'down'}"
        return f"{host} was changed in HAProxy"
    return "HAProxy changed"
