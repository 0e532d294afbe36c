"""docs/compatibility.md: which versions go together, as the tests say it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.matrix.record import FILE, Place, Record, Records

PAGE = FILE.with_suffix(".md")

HEAD = """\
# Compatibility

Each cell tells what the tests with a real engine and a real HAProxy came to in that place.
`make matrix` makes this page, and `tools/engine` says what the engines are. HAProxy's images are
laid out as haproxytech's are; those named `official`, and 2.6, as Docker's official ones are.
"""
NOTHING = "\nNothing has been run yet.\n"
NOT_RUN = "not run"


def render(records: Records) -> str:
    if not records:
        return HEAD + NOTHING
    parts = [HEAD, table(records), "## What was run\n", _runs(records)]
    failures = "".join(_failures(record) for record in records.values())
    return "\n".join([*parts, "## What failed\n", failures]) if failures else "\n".join(parts)


def table(records: Records) -> str:
    """An engine a row, a HAProxy a column."""
    engines = list(dict.fromkeys(place.engine for place in records))
    tags = sorted({place.haproxy for place in records}, key=_order)
    heads = [
        _head(tag, [r.haproxy for place, r in records.items() if place.haproxy == tag])
        for tag in tags
    ]
    lines = [["Engine", *heads], ["---"] * (len(tags) + 1)]
    for engine in engines:
        docker = [r.docker for place, r in records.items() if place.engine == engine]
        cells = [_cell(records.get(Place(engine, tag))) for tag in tags]
        lines.append([_head(f"`{engine}`", docker), *cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _head(name: str, versions: Iterable[str]) -> str:
    """With the versions that were met, more than one when a package was renewed in between."""
    told = ", ".join(sorted({version for version in versions if version}))
    return f"{name}: {told}" if told else name


def _order(tag: str) -> tuple[tuple[int, ...], str]:
    release, _, layout = tag.partition("-")
    return tuple(map(int, release.split("."))), layout


def _cell(record: Record | None) -> str:
    if record is None:
        return NOT_RUN
    if record.problem:
        return record.problem
    failed = f", **{len(record.failed)} failed**" if record.failed else ""
    return f"{record.passed} passed{failed}"


def _runs(records: Records) -> str:
    """What was the same everywhere is said once."""
    runs: dict[str, list[str]] = {}
    for record in records.values():
        of = f"- `pytest {record.selection}` at {record.source}"
        runs.setdefault(of, []).append(f"{record.place.engine} with {record.place.haproxy}")
    return "".join(f"{of}: {', '.join(places)}\n" for of, places in runs.items())


def _failures(record: Record) -> str:
    if not record.failed:
        return ""
    head = f"On `{record.place.engine}` with HAProxy {record.place.haproxy}:\n\n"
    return head + "".join(f"- `{name}`\n" for name in record.failed) + "\n"
