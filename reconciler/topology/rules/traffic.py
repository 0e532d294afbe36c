"""Rules for what is done with traffic: nothing that looks at requests where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.base import Model
from reconciler.topology.model.rule import Rule
from reconciler.topology.served import mode_of

_OF_BACKENDS = ("retry_on", "errors", "compression", "cache")
_OF_FRONTENDS = ("max_body", "max_headers", "errors", "compression", "cors", "jwt")
_TIMEOUTS = ("http_request", "http_keep_alive", "tarpit")
_PROTECTION = ("jwt", "rate_limit", "connection_limit", "max_body", "max_headers")
_WORDS_OF_BACKENDS = ("proto",)
_WORDS_OF_FRONTENDS = ("redirect", "hsts", "acme", "forwarded_for", "trusted_proxies", "request_id")
"""Their values are mostly short, and are pointed at in place of the keys."""


def _http_alone(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        if backend.mode == "tcp":
            yield from _told(_OF_BACKENDS, backend, "backend", name)
            yield from _told(_WORDS_OF_BACKENDS, backend, "backend", name, on_key=False)
    for name, frontend in topology.frontends.items():
        if mode_of(topology, frontend) == "tcp":
            yield from _told(_OF_FRONTENDS, frontend, "frontend", name)
            yield from _told(_WORDS_OF_FRONTENDS, frontend, "frontend", name, on_key=False)
            yield from _told(_TIMEOUTS, frontend.timeouts, "frontend", name, "timeouts")


def _told(
    keys: Iterable[str], owner: Model, kind: str, name: str, *below: str, on_key: bool = True
) -> Iterator[Diagnostic]:
    for key in keys:
        if getattr(owner, key):
            yield Diagnostic(
                "mode-mismatch",
                f"{kind} `{name}` speaks tcp, and `{key}` is for HTTP",
                "leave it out, or use `mode: http`",
                Place((f"{kind}s", name, *below, key), on_key=on_key),
            )


def _known_by_requests(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        if backend.mode == "tcp" and backend.sticky and backend.sticky.by != "source":
            yield Diagnostic(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, which has no {backend.sticky.by} to know clients by",
                "use `sticky: source`, or `mode: http`",
                Place(("backends", name, "sticky")),
            )


def _shared_by_requests(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        looked_at = backend.balance.of_http
        if backend.mode == "tcp" and looked_at:
            path = ("backends", name, "balance")
            yield Diagnostic(
                "mode-mismatch",
                f"backend `{name}` speaks tcp, which has no `{looked_at}` to balance by",
                "use `roundrobin`, `leastconn` or `source`",
                Place(path),
                quoted=((looked_at, (*path, "key")),),
            )


def _protection_left_empty(topology: Topology) -> Iterator[Diagnostic]:
    """A key whose value was forgotten would leave open what it is there to close."""
    for name, frontend in topology.frontends.items():
        own: Path = ("frontends", name)
        owners: list[tuple[Path, Frontend | Rule]] = [(own, frontend)]
        owners += [((*own, "rules", at), rule) for at, rule in enumerate(frontend.rules)]
        for path, owner in owners:
            for key in _PROTECTION:
                if key in owner.model_fields_set and getattr(owner, key) is None:
                    yield Diagnostic(
                        "bad-value",
                        f"`{key}` is empty, and would keep nobody out",
                        "say what it shall be, or take it out",
                        Place((*path, key), on_key=True),
                    )


def _one_table_of_a_name(topology: Topology) -> Iterator[Diagnostic]:
    """HAProxy names a table as the section that it is in."""
    for name, frontend in topology.frontends.items():
        backend = topology.backends.get(name)
        sticky = backend.sticky if backend else None
        if frontend.rate_limit and sticky and sticky.by != "cookie":
            yield Diagnostic(
                "bad-name",
                f"HAProxy cannot keep both this limit and who comes back to backend `{name}` under "
                "one name",
                "give the frontend another name",
                Place(("frontends", name, "rate_limit"), on_key=True),
                related=(
                    Related("who comes back", Place(("backends", name, "sticky"), on_key=True)),
                ),
            )


TRAFFIC_RULES = (
    _protection_left_empty,
    _http_alone,
    _known_by_requests,
    _shared_by_requests,
    _one_table_of_a_name,
)
