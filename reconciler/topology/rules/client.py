"""Rules for what asks for the address of clients: some of them must have one."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology

_ASKS = {
    "allow": "lets nobody in",
    "deny": "keeps nobody out",
    "trusted_proxies": "believes nobody",
    "rate_limit": "limits nobody",
    "connection_limit": "limits nobody",
}
"""Keys of a frontend, and what each does where no client has an address."""


def _asked_of_nobody(topology: Topology) -> Iterator[Diagnostic]:
    """Who comes by a Unix socket has no address, unless the PROXY protocol tells of one. Raw lines
    may give one, too."""
    for name, frontend in topology.frontends.items():
        if frontend.raw or any(bind.ports or bind.accept_proxy for bind in frontend.bind):
            continue
        for path, effect in _places(frontend):
            yield Diagnostic(
                "no-address",
                f"`{path[-1]}` {effect}: frontend `{name}` has sockets alone, where no client has "
                "an address",
                "take it out, or add `accept_proxy: true` to a bind, for a proxy that tells who "
                "its clients are",
                Place(("frontends", name, *path), on_key=True),
            )


def _places(frontend: Frontend) -> Iterator[tuple[Path, str]]:
    for key, effect in _ASKS.items():
        if getattr(frontend, key):
            yield (key,), effect
    for index, rule in enumerate(frontend.rules):
        if rule.source:
            yield ("rules", index, "source"), "matches nobody"


CLIENT_RULES = (_asked_of_nobody,)
