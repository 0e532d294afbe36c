"""Rules for what is done with traffic: nothing that looks at requests where there are none."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.base import Model
from reconciler.topology.model.marks import HttpOnly, Protects
from reconciler.topology.model.rule import Rule
from reconciler.topology.traffic import mode_of


def _http_alone(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        if backend.mode == "tcp":
            yield from _told("backend", name, backend)
    for name, frontend in topology.frontends.items():
        if mode_of(topology, frontend) == "tcp":
            yield from _told("frontend", name, frontend)


def _told(kind: str, name: str, owner: Model) -> Iterator[Diagnostic]:
    for path, mark in _of_http(owner, (f"{kind}s", name)):
        yield Diagnostic(
            "mode-mismatch",
            f"{kind} `{name}` speaks tcp, and `{path[-1]}` {mark.reason}",
            "leave it out, or use `mode: http`",
            Place(path, on_key=mark.on_key),
        )


def _of_http(owner: Model, path: Path) -> Iterator[tuple[Path, HttpOnly]]:
    """What is there that is for HTTP alone, in the section and in those inside it."""
    for key, mark in keys_with(type(owner), HttpOnly).items():
        if getattr(owner, key):
            yield (*path, key), mark
    for key in type(owner).model_fields:
        value = getattr(owner, key)
        if isinstance(value, Model):
            yield from _of_http(value, (*path, key))
        for index, item in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(item, Model):
                yield from _of_http(item, (*path, key, index))


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
            for key in keys_with(type(owner), Protects):
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
