"""The JSON documents that machines read. Their schemas are made from these types.

A field is never taken away or given another meaning within a version; new ones may come.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from reconciler.desired.desired import Desired
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Place
from reconciler.events.events import (
    Event,
    PlanStarted,
    StepDone,
    StepFailed,
    StepProgressed,
    Waiting,
)
from reconciler.events.news import FileBroken, FileMended, News, Noticed, PassBegun, PassEnded
from reconciler.haproxy.control.sections import diff_config
from reconciler.plan.decide.standing import standing_of, troubles
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Change, Plan
from reconciler.view.secrets import strike_secrets, without_secrets
from reconciler.view.status import Row, first_address, status_rows

VERSION = 1


class PlaceDocument(TypedDict):
    """`file` is "" and the rest null or empty for what stands in no file."""

    file: str
    line: int | None
    column: int | None
    end_column: int | None
    path: list[str | int]


class RelatedDocument(PlaceDocument):
    """Another place that has to do with a diagnostic."""

    message: str


class DiagnosticDocument(PlaceDocument):
    """Whatever is wrong: in a file, in the way of a plan, or with what an engine was to do."""

    code: str
    severity: str
    message: str
    hint: str
    details: list[str]
    related: list[RelatedDocument]


class DiagnosticsDocument(TypedDict):
    """`validate --output json`, and every other command whose files have errors."""

    version: int
    diagnostics: list[DiagnosticDocument]


class FieldDocument(TypedDict):
    field: str
    before: str | None
    after: str | None


class ChangeDocument(TypedDict):
    verb: str
    kind: str
    name: str
    backend: str
    reason: str
    impact: str
    fields: list[FieldDocument]


class StepDocument(TypedDict):
    id: int
    action: str
    text: str
    needs: list[int]
    because: str
    impact: str
    rescues: list[int]
    """If any, the step is for the case that one of these fails."""


class PlanDocument(TypedDict):
    """One topology's plan. `impact`: none, runtime, reload, replace or interrupt."""

    topology: str
    empty: bool
    impact: str
    fingerprint: str
    changes: list[ChangeDocument]
    steps: list[StepDocument]
    problems: list[DiagnosticDocument]
    notes: list[str]
    config_diff: list[str]


class PlansDocument(TypedDict):
    """`plan --output json`."""

    version: int
    plans: list[PlanDocument]


class EventDocument(TypedDict, total=False):
    """One line of `apply --output json` and `destroy --output json`, and of a daemon's JSON log.

    `event`: plan, step_started, step_progress, step_done, step_failed, step_skipped, waiting, and
    last `result`, with `converged`. `closed_s` is how long listening ports were closed, in seconds.
    From a daemon also pass_begun and pass_ended, notice, file_broken and
    file_mended, all with `time`; "" as
    `topology` is none of them, or not known.
    """

    version: int
    event: str
    topology: str
    pass_id: str
    plan: PlanDocument
    step: int
    text: str
    impact: str
    elapsed_s: float
    done_bytes: int
    total_bytes: int | None
    code: str
    message: str
    hint: str
    details: list[str]
    converged: bool
    reloads: int
    closed_s: float
    failures: list[DiagnosticDocument]
    time: str
    """ISO 8601, with the zone."""
    cause: str
    outcome: str
    """unchanged, converged, drift, deferred, failed, kept, superseded, standby or
    stopped."""
    news: bool
    """Whether it ended otherwise than the pass before."""
    retry_s: float | None
    servers_up: int
    servers: int
    file: str
    diagnostics: list[DiagnosticDocument]


class RowDocument(TypedDict):
    backend: str
    server: str
    haproxy_server: str | None
    """Its name in HAProxy: in its log, metrics and statistics."""
    container: str | None
    state: str | None
    health: str | None
    address: str | None
    revision: str | None
    started_at: float | None
    haproxy_state: str | None
    haproxy_check: str | None
    haproxy_changed_s: int | None
    sessions: int | None
    weight: int | None
    drift: str


class StatusDocument(TypedDict):
    topology: str
    standing: str
    """serving: all is up, and as the file says; drift: all is up, and it is not; not serving."""
    troubles: list[str]
    """Why not all serves that should."""
    converged: bool
    haproxy_version: str | None
    haproxy_uptime_s: int | None
    old_workers: int
    rows: list[RowDocument]
    gaps: list[str]


class StatusesDocument(TypedDict):
    """`status --output json`."""

    version: int
    topologies: list[StatusDocument]


def diagnostics_document(diagnostics: Sequence[Diagnostic]) -> DiagnosticsDocument:
    return {"version": VERSION, "diagnostics": [_diagnostic(d) for d in diagnostics]}


def _diagnostic(diagnostic: Diagnostic) -> DiagnosticDocument:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **_place(diagnostic.place),
        "details": list(diagnostic.details),
        "related": [
            {"message": other.message, **_place(other.place)} for other in diagnostic.related
        ],
    }


def _place(place: Place) -> PlaceDocument:
    span = place.span
    return {
        "file": place.file,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_column": span.end_column if span else None,
        "path": list(place.path),
    }


def plans_document(plans: Sequence[Plan]) -> PlansDocument:
    return {"version": VERSION, "plans": [plan_document(plan) for plan in plans]}


def plan_document(plan: Plan) -> PlanDocument:
    before = plan.config_before or ""
    differs = plan.config is not None and plan.config.text != before and not plan.is_empty
    return {
        "topology": plan.topology,
        "empty": plan.is_empty,
        "impact": str(plan.impact),
        "fingerprint": plan.fingerprint,
        "changes": [_change(change) for change in plan.changes],
        "steps": [
            {
                "id": step.id,
                "action": type(step.action).__name__,
                "text": step.label,
                "needs": list(step.needs),
                "because": step.because,
                "impact": str(step.impact),
                "rescues": list(step.rescues),
            }
            for step in plan.steps
        ],
        "problems": [_diagnostic(problem) for problem in plan.problems],
        "notes": list(plan.notes),
        "config_diff": diff_config(before, plan.config.text) if differs and plan.config else [],
    }


def _change(change: Change) -> ChangeDocument:
    return {
        "verb": change.verb,
        "kind": change.kind,
        "name": change.name,
        "backend": change.backend,
        "reason": change.reason,
        "impact": str(change.impact),
        "fields": [{"field": f.field, "before": f.before, "after": f.after} for f in change.fields],
    }


def event_document(event: Event, topology: str, secrets: Sequence[str]) -> EventDocument:
    document: EventDocument = {
        "version": VERSION,
        "event": _EVENT_NAMES[type(event).__name__],
        "topology": topology,
        "pass_id": event.pass_id,
    }
    if isinstance(event, PlanStarted):
        document["plan"] = plan_document(event.plan)
        return document
    if isinstance(event, Waiting):
        document["text"] = event.what
        return document
    document["step"] = event.step.id
    document["text"] = event.step.label
    document["impact"] = str(event.step.impact)
    if isinstance(event, StepDone | StepFailed):
        document["elapsed_s"] = round(event.elapsed_s, 3)
    if isinstance(event, StepDone) and event.closed_s is not None:
        document["closed_s"] = round(event.closed_s, 3)
    if isinstance(event, StepProgressed):
        document["done_bytes"], document["total_bytes"] = event.done, event.total
    if isinstance(event, StepFailed):
        failure = without_secrets(event.failure, secrets)
        document["code"], document["hint"] = failure.code, failure.hint
        document["message"], document["details"] = failure.message, list(failure.details)
    return document


_EVENT_NAMES = {
    "PlanStarted": "plan",
    "StepStarted": "step_started",
    "StepProgressed": "step_progress",
    "StepDone": "step_done",
    "StepFailed": "step_failed",
    "StepSkipped": "step_skipped",
    "Waiting": "waiting",
}


def news_document(news: News, topology: str, secrets: Sequence[str]) -> EventDocument:
    """What a daemon tells; events of steps are as those of an apply."""
    document: EventDocument = {"version": VERSION, "event": "", "topology": topology}
    match news:
        case PassBegun(pass_id, cause, plan):
            document |= {"event": "pass_begun", "pass_id": pass_id}
            document["cause"] = strike_secrets(cause, secrets)
            document["impact"] = str(plan.impact)
        case PassEnded():
            document |= {
                "event": "pass_ended",
                "pass_id": news.pass_id,
                "cause": strike_secrets(news.cause, secrets),
                "outcome": str(news.outcome),
                "news": news.is_news,
                "elapsed_s": round(news.elapsed_s, 3),
                "reloads": news.reloads,
                "failures": _failures(news.failures, secrets),
                "servers_up": news.servers_up,
                "servers": news.servers,
                "retry_s": news.retry_s,
            }
        case Noticed(what):
            document |= {"event": "notice", "text": strike_secrets(what, secrets)}
        case FileBroken(file, diagnostics):
            document |= {"event": "file_broken", "file": file}
            document["diagnostics"] = [_diagnostic(d) for d in diagnostics]
        case FileMended(file):
            document |= {"event": "file_mended", "file": file}
        case _:
            return event_document(news, topology, secrets)
    return document


def _failures(failures: Sequence[Diagnostic], secrets: Sequence[str]) -> list[DiagnosticDocument]:
    return [_diagnostic(without_secrets(failure, secrets)) for failure in failures]


def result_document(
    topology: str,
    converged: bool,
    failures: Sequence[Diagnostic],
    elapsed_s: float,
    reloads: int,
    closed_s: float,
    secrets: Sequence[str],
) -> EventDocument:
    return {
        "version": VERSION,
        "event": "result",
        "topology": topology,
        "converged": converged,
        "elapsed_s": round(elapsed_s, 3),
        "reloads": reloads,
        "closed_s": round(closed_s, 3),
        "failures": _failures(failures, secrets),
    }


def status_document(desired: Desired, observed: Observed, plan: Plan) -> StatusDocument:
    running = next((p for p in observed.proxies.values() if p.running), None)
    info = running.running if running else None
    return {
        "topology": desired.topology,
        "standing": str(standing_of(desired, observed, plan)),
        "troubles": list(troubles(desired, observed)),
        "converged": plan.is_empty,
        "haproxy_version": info.version if info else None,
        "haproxy_uptime_s": info.uptime_s if info else None,
        "old_workers": running.old_workers if running else 0,
        "rows": [_row(row) for row in status_rows(desired, observed, plan)],
        "gaps": list(observed.gaps),
    }


def statuses_document(statuses: Sequence[StatusDocument]) -> StatusesDocument:
    return {"version": VERSION, "topologies": list(statuses)}


def _row(row: Row) -> RowDocument:
    container, server = row.container, row.server
    return {
        "backend": row.backend,
        "server": row.slot,
        "haproxy_server": server.name if server else None,
        "container": container.name if container else None,
        "state": container.state if container else None,
        "health": container.health if container else None,
        "address": row.outside or first_address(container),
        "revision": container.revision if container else None,
        "started_at": container.started_at if container and container.started_at else None,
        "haproxy_state": server.status if server else None,
        "haproxy_check": server.check if server else None,
        "haproxy_changed_s": server.changed_s if server else None,
        "sessions": server.sessions if server else None,
        "weight": server.weight if server else None,
        "drift": row.drift,
    }
