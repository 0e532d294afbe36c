"""Rules for what asks for the address of clients: some of them must have one."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.marks import AsksAddress
from reconciler.topology.model.rule import Rule


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
    for key, mark in keys_with(Frontend, AsksAddress).items():
        if getattr(frontend, key):
            yield (key,), mark.without
    for index, rule in enumerate(frontend.rules):
        for key, mark in keys_with(Rule, AsksAddress).items():
            if getattr(rule, key):
                yield ("rules", index, key), mark.without


CLIENT_RULES = (_asked_of_nobody,)
