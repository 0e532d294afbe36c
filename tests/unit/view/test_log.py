"""A daemon's log, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from jsonschema import Draft202012Validator

from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Place, Span
from reconciler.events.events import Waiting
from reconciler.events.news import (
    FileBroken,
    FileMended,
    News,
    Noticed,
    Outcome,
    PassBegun,
    PassEnded,
)
from reconciler.plan.plan import Change, Plan
from reconciler.view.log import JsonLog, TextLog
from reconciler.view.paint import Paint
from reconciler.view.schemas import build_schema
from reconciler.watch.audience import Listener


def now() -> datetime:
    return datetime(2026, 3, 1, 12, 4, 11, tzinfo=UTC)


CREATE = Change("create", "container", "shop-web-4-x", "missing", Impact.NONE, "web")
TELL = Change("update", "haproxy", "haproxy", "servers change", Impact.RUNTIME)
PLAN = Plan("shop", changes=(CREATE, TELL))
PROBLEM = Diagnostic(
    "unknown-key",
    "unknown key `replica`",
    "did you mean `replicas`?",
    Place(file="shop.yaml", span=Span(9, 5, 12)),
)

TWICE = Diagnostic(
    "duplicate-key",
    "twice",
    "leave one of them",
    Place(file="shop.yaml", span=Span(9, 5, 12)),
    related=(Related("the first one", Place(file="shop.yaml", span=Span(7, 5, 12))),),
)


def ended(outcome: Outcome, **more: object) -> PassEnded:
    given = {"plan": PLAN, "servers_up": 2, "servers": 3, **more}
    return PassEnded("1f", "resync", outcome, 0.9, **given)  # type: ignore[arg-type]  # by name


NEWS: list[tuple[News, list[str]]] = [
    (PassBegun("1f", "file changed", PLAN), ["file changed"]),
    (PassBegun("1f", "resync", PLAN, is_news=False), []),
    (
        ended(Outcome.CONVERGED, is_edit=True),
        ["converged in 0.90 s: 1 created, runtime change, no reload"],
    ),
    (
        ended(Outcome.CONVERGED, is_edit=True, reloads=2),
        ["converged in 0.90 s: 1 created, runtime change, 2 reloads"],
    ),
    (ended(Outcome.CONVERGED), ["healed in 0.90 s"]),
    (ended(Outcome.UNCHANGED), ["up to date (2 of 3 servers up)"]),
    (ended(Outcome.UNCHANGED, is_news=False), []),
    (
        ended(Outcome.KEPT, retry_s=8.0, plan=Plan("shop")),
        ["keeps what the file said before (2 of 3 servers up); the new one is tried in 8.0 s"],
    ),
    (ended(Outcome.KEPT, is_news=False, plan=Plan("shop")), []),
    (ended(Outcome.KEPT, retry_s=8.0, plan=PLAN), ["healed in 0.90 s"]),
    (
        ended(Outcome.DEFERRED, retry_s=8.0),
        ["shop-web-4-x, haproxy: breaks again and again; next repair in 8.0 s"],
    ),
    (
        ended(Outcome.STANDBY, failures=(Diagnostic("locked", "held by b"),)),
        ["stands by: held by b"],
    ),
    (
        ended(
            Outcome.FAILED,
            retry_s=4.0,
            failures=(
                Diagnostic("not-ready", "web-1 hunter2", "fix it", details=("panic: hunter2",)),
            ),
        ),
        [
            "error[not-ready]: web-1 [hidden]",
            "    panic: [hidden]",
            "    fix it",
            "not converged (2 of 3 servers up); tried again in 4.0 s",
        ],
    ),
    (
        ended(Outcome.DRIFT),
        [
            "differs from its file (resync); this is a dry run, nothing is changed",
            "    backend web: create, missing [none]",
            "    haproxy: update, servers change [runtime]",
        ],
    ),
    (ended(Outcome.SUPERSEDED), ["the file says something else now; going on with that"]),
    (ended(Outcome.STOPPED), ["stopped as asked; the next start goes on from here"]),
    (Noticed("took over"), ["took over"]),
    (
        FileBroken("shop.yaml", (TWICE,), "", False),
        ["shop.yaml:9:5 twice (leave one of them; the first one: shop.yaml:7:5)"],
    ),
    (FileMended("shop.yaml"), ["shop.yaml can be used again"]),
    (
        FileBroken("shop.yaml", (PROBLEM,), "", True),
        [
            "shop.yaml:9:5 unknown key `replica` (did you mean `replicas`?); "
            "the last good file stays in force"
        ],
    ),
    (Waiting("", "for a lock"), []),
]


def told(make: Callable[[Callable[[str], None]], Listener], news: News) -> list[str]:
    lines: list[str] = []
    log = make(lines.append)
    log.hide(["hunter2"])
    log("shop", news)
    return lines


def test_text() -> None:
    for news, expected in NEWS:
        found = told(lambda write: TextLog(write, Paint(), now), news)
        assert found == [f"12:04:11 shop  {line}" for line in expected]


def test_json_is_as_its_schema_says() -> None:
    validator = Draft202012Validator(build_schema("event"))
    for news, _ in NEWS:
        (line,) = told(lambda write: JsonLog(write, now), news)
        document = json.loads(line)
        validator.validate(document)
        assert document["topology"] == "shop"
        assert document["time"] == "2026-03-01T12:04:11.000+00:00"
        assert document["event"]
        assert "hunter2" not in line
