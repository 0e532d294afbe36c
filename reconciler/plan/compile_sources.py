"""Addresses of clients that a key lists, to HAProxy's own model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.haproxy.routing import Access, Condition, Pattern
from reconciler.plan.compile_tls import ProxyFiles
from reconciler.topology.addresses import names_file
from reconciler.topology.diagnostic import Path
from reconciler.topology.model import Frontend


def source_patterns(items: Iterable[str], path: Path, files: ProxyFiles) -> Iterator[Pattern]:
    """Of `path`'s list: a file is looked up, whatever else is compared."""
    for index, item in enumerate(items):
        if names_file(item):
            place = files.addresses(item, (*path, index))
            yield Pattern(f"src,map_ip({place})", "found")
        else:
            yield Pattern("src", "ip", item)


def compile_access(name: str, frontend: Frontend, files: ProxyFiles) -> Access | None:
    """None when everybody comes in."""
    lists = {"allow": frontend.allow, "deny": frontend.deny}
    conditions = {
        key: Condition(tuple(source_patterns(items, path, files)), path)
        for key, items in lists.items()
        if items and (path := ("frontends", name, key))
    }
    if not conditions:
        return None
    reads_proxy = any(bind.accept_proxy for bind in frontend.bind)
    return Access(conditions.get("allow"), conditions.get("deny"), reads_proxy)
