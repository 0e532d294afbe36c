"""Rules for what comes first: `depends_on` names backends that have containers, and leads to no
circle; jobs have names of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.wording.messages import list_names, suggest


def _unknown(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        for index, wanted in enumerate(backend.depends_on):
            path: Path = ("backends", name, "depends_on", index)
            there = topology.backends.get(wanted.backend)
            if there is None:
                known = list_names(topology.backends)
                yield Diagnostic(
                    "unknown-backend",
                    f"backend `{name}` waits for one that does not exist",
                    suggest(wanted.backend, topology.backends) or f"backends here: {known}",
                    Place(path),
                )
            elif there.containers_of is not None:
                yield Diagnostic(
                    "no-containers",
                    f"`{name}` cannot wait for `{wanted.backend}`, which has no containers of its "
                    "own",
                    f"wait for the one that has them: `{there.containers_of}`",
                    Place(path),
                    quoted=((wanted.backend, path),),
                )
            elif there.image is None:
                yield Diagnostic(
                    "no-containers",
                    f"`{name}` cannot wait for `{wanted.backend}`, which has no containers",
                    "take it out: HAProxy alone sees whether servers elsewhere are up",
                    Place(path),
                    quoted=((wanted.backend, path),),
                )


def _circle(topology: Topology) -> Iterator[Diagnostic]:
    """Each circle once, where the file closes it."""
    needs = {
        name: [d.backend for d in backend.depends_on] for name, backend in topology.backends.items()
    }
    seen: set[frozenset[str]] = set()
    for name, wants in needs.items():
        for index, wanted in enumerate(wants):
            way = _way(wanted, name, needs)
            if way is None or frozenset(way) in seen:
                continue
            seen.add(frozenset(way))
            yield Diagnostic(
                "circular-dependency",
                f"`{name}` waits for itself"
                if way == [name]
                else f"`{name}` waits for itself: {' → '.join([name, *way])}",
                "take one of them out: nobody would ever start",
                Place(("backends", name, "depends_on", index)),
            )


def _way(start: str, end: str, needs: Mapping[str, list[str]]) -> list[str] | None:
    """The shortest way along what each waits for."""
    ways, known = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        for step in needs.get(way[-1], ()):
            if step not in known:
                known.add(step)
                ways.append([*way, step])
    return None


def _same_job(topology: Topology) -> Iterator[Diagnostic]:
    for name, backend in topology.backends.items():
        seen: dict[str, Path] = {}
        for index, job in enumerate(backend.before):
            path: Path = ("backends", name, "before", index, "name")
            title = job.name_at(index)
            first = seen.setdefault(title, path)
            if first != path:
                yield Diagnostic(
                    "same-job",
                    f"two jobs of `{name}` are called `{title}`",
                    "give one of them another `name`",
                    Place(path),
                    related=(Related("the first one", Place(first)),),
                    quoted=((title, path),),
                )


ORDER_RULES = (_unknown, _circle, _same_job)
