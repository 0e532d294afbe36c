"""Addresses of clients that a key lists, to HAProxy's own model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.diagnostics.place import Path
from reconciler.haproxy.model.routing import Access, Condition, Pattern
from reconciler.topology.model import Frontend
from reconciler.topology.model.types.address import names_file


def sources(items: Iterable[str], path: Path, files: ProxyFiles) -> Condition | None:
    """Whom `path`'s list has; None for a list that is not there."""
    return Condition(tuple(source_patterns(items, path, files)), path) if items else None


def source_patterns(items: Iterable[str], path: Path, files: ProxyFiles) -> Iterator[Pattern]:
    """The patterns of `path`'s list: a file is looked up, whatever else is compared."""
    for index, item in enumerate(items):
        if names_file(item):
            place = files.addresses(item, (*path, index))
            yield Pattern(f"src,map_ip({place})", "found")
        else:
            yield Pattern("src", "ip", item)


def compile_access(name: str, frontend: Frontend, files: ProxyFiles) -> Access | None:
    """Who may come in; None for everybody."""
    allow = sources(frontend.allow, ("frontends", name, "allow"), files)
    deny = sources(frontend.deny, ("frontends", name, "deny"), files)
    if allow is None and deny is None:
        return None
    return Access(allow, deny, any(bind.accept_proxy for bind in frontend.bind))
