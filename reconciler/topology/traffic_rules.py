"""Rules for what backends do with traffic: nothing that looks at requests where there are none."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.topology.finding import Finding
from reconciler.topology.model import Topology
from reconciler.topology.model.balance import OF_HTTP

_OF_HTTP = ("retry_on",)


def _http_alone(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        for key in _OF_HTTP:
            if backend.mode == "tcp" and getattr(backend, key):
                yield Finding(
                    "mode-mismatch",
                    f"backend `{name}` speaks tcp, and `{key}` is for HTTP",
                    ("backends", name, key),
                    "leave it out, or use `mode: http`",
                    on_key=True,
                )


def _known_by_requests(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        if backend.mode == "tcp" and backend.sticky and backend.sticky.by != "source":
            yield Finding(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, which has no {backend.sticky.by} to know clients by",
                ("backends", name, "sticky"),
                "use `sticky: source`, or `mode: http`",
            )


def _shared_by_requests(topology: Topology) -> Iterator[Finding]:
    for name, backend in topology.backends.items():
        algorithm = backend.balance.algorithm
        if backend.mode == "tcp" and algorithm in OF_HTTP:
            yield Finding(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, which has no `{algorithm}` to balance by",
                ("backends", name, "balance"),
                "use `roundrobin`, `leastconn` or `source`",
            )


TRAFFIC_RULES = (_http_alone, _known_by_requests, _shared_by_requests)
