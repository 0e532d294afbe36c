"""docs/compatibility.md: which versions go together, as the tests say it."""

from __future__ import annotations

from pathlib import Path

from tests.matrix.record import FILE, Record, Records

PAGE = FILE.with_suffix(".md")

HEAD = """\
# Compatibility

Each cell tells what the tests with a real engine and a real HAProxy said in that place. `make matrix` makes this
page; `tools/engine` says what the engines are, and a HAProxy is laid out as haproxytech's images are, or as Docker's
official ones where it says so (2.6 as well).
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
    by_names = {(place.engine, place.haproxy): record for place, record in records.items()}
    lines = [["Engine", *(f"HAProxy {tag}" for tag in tags)], ["---"] * (len(tags) + 1)]
    for engine in engines:
        cells = [by_names.get((engine, tag)) for tag in tags]
        told = next((cell.docker for cell in cells if cell and cell.docker), "")
        lines.append([f"`{engine}`: {told}" if told else f"`{engine}`", *map(_cell, cells)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(records: Records, page: Path = PAGE) -> None:
    page.write_text(render(records), encoding="utf-8")


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
        runs.setdefault(of, []).append(f"{record.place.engine} with {record.haproxy or '?'}")
    return "".join(f"{of}: {', '.join(places)}\n" for of, places in runs.items())


def _failures(record: Record) -> str:
    if not record.failed:
        return ""
    head = f"On `{record.place.engine}` with HAProxy {record.place.haproxy}:\n\n"
    return head + "".join(f"- `{name}`\n" for name in record.failed) + "\n"
