"""Rules for `max_headers`: no more than HAProxy has room for, and its page where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.errors import OF_HEADERS, ErrorPage, Status

_KEPT_FREE = 1024
"""Bytes that are left for what is no header: the request line, and what HAProxy notes of each."""
_SETTING = re.compile(r"(tune\.(?:bufsize|maxrewrite|http\.maxhdr))\s+([0-9]{1,9})([km]?)")
_UNITS = {"": 1, "k": 1024, "m": 1024**2}


def _settings(topology: Topology) -> tuple[int, int]:
    """Bytes that HAProxy has for the head of a request, and how many headers it takes (manual, 3.2
    "tune.bufsize", "tune.maxrewrite", "tune.http.maxhdr")."""
    found = {"tune.bufsize": 16_384, "tune.maxrewrite": 1024, "tune.http.maxhdr": 101}
    for line in topology.haproxy.raw.global_:
        if match := _SETTING.match(line):
            found[match[1]] = int(match[2]) * _UNITS[match[3]]
    size = found["tune.bufsize"]
    return size - min(found["tune.maxrewrite"], size // 2), found["tune.http.maxhdr"] - 1


def _never_met(topology: Topology) -> Iterator[Diagnostic]:
    """HAProxy itself answers what it has no room for, before it looks at any rule."""
    room, most = _settings(topology)
    for name, frontend in topology.frontends.items():
        limit, path = frontend.max_headers, ("frontends", name, "max_headers")
        if limit and limit.size is not None and limit.size > room - _KEPT_FREE:
            yield Diagnostic(
                "out-of-range",
                f"HAProxy has room for {room:,} bytes of a request's line and headers, and answers "
                "what has more with 400: this limit would never be met",
                f"write at most {max(room - _KEPT_FREE, 0):,}, or make room with `tune.bufsize "
                "65536` under `haproxy: {raw: {global: …}}`",
                Place(path, on_key=True),
            )
        if limit and limit.count is not None and limit.count >= most:
            yield Diagnostic(
                "out-of-range",
                f"HAProxy takes {most:,} headers, and answers more with 400: this limit would "
                "never be met",
                f"write at most {most - 1:,}, or let it take more with `tune.http.maxhdr 500` "
                "under `haproxy: {raw: {global: …}}`",
                Place(path, on_key=True),
            )


def _page_of_no_limit(topology: Topology) -> Iterator[Diagnostic]:
    limited = {name for name, frontend in topology.frontends.items() if frontend.max_headers}
    owners: list[tuple[Path, Mapping[Status, ErrorPage], bool]] = [
        (("errors",), topology.errors, bool(limited))
    ]
    owners += [
        (("frontends", name, "errors"), frontend.errors, name in limited)
        for name, frontend in topology.frontends.items()
    ]
    owners += [
        (("backends", name, "errors"), backend.errors, False)
        for name, backend in topology.backends.items()
    ]
    for path, pages, is_limited in owners:
        if OF_HEADERS in pages and not is_limited:
            yield Diagnostic(
                "missing-key",
                "HAProxy answers with 431 only by `max_headers` of a frontend",
                "put the page where that is, or add it: `max_headers: 8k`",
                Place((*path, OF_HEADERS), on_key=True),
            )


HEADER_RULES = (_never_met, _page_of_no_limit)
