"""Error pages to HAProxy's own model. Nothing stands in `defaults`: a backend would have taken it
from there, and it would come before what a frontend says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.diagnostics.place import Path
from reconciler.haproxy.model import errors as haproxy
from reconciler.topology.model import Topology
from reconciler.topology.model.errors import OF_HEADERS, ErrorPage, Status


def frontend_pages(
    topology: Topology, name: str, files: ProxyFiles
) -> tuple[haproxy.ErrorPage, ...]:
    """Its own, and those of the topology for what it says nothing of."""
    pages = _of_frontend(topology, name, files)
    return tuple(page for page in pages if page.status != OF_HEADERS)


def header_page(topology: Topology, name: str, files: ProxyFiles) -> haproxy.ErrorPage | None:
    """What `max_headers` of a frontend answers with."""
    pages = _of_frontend(topology, name, files)
    return next((page for page in pages if page.status == OF_HEADERS), None)


def _of_frontend(topology: Topology, name: str, files: ProxyFiles) -> Iterator[haproxy.ErrorPage]:
    own: Mapping[Status, ErrorPage] = topology.frontends[name].errors
    common = {status: page for status, page in topology.errors.items() if status not in own}
    yield from _pages(common, ("errors",), files)
    yield from _pages(own, ("frontends", name, "errors"), files)


def backend_pages(
    topology: Topology, name: str, files: ProxyFiles
) -> tuple[haproxy.ErrorPage, ...]:
    return tuple(_pages(topology.backends[name].errors, ("backends", name, "errors"), files))


def _pages(
    pages: Mapping[Status, ErrorPage], path: Path, files: ProxyFiles
) -> Iterator[haproxy.ErrorPage]:
    for status, page in pages.items():
        at = (*path, status)
        place = files.other(page.file, at)
        yield haproxy.ErrorPage(status, place, page.type or "", tuple(page.headers.items()), at)
