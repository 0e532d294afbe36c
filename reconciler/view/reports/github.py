"""Annotations of GitHub Actions, which Gitea and Forgejo show, too: a command in each line."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.view.plan import told_impact, totals
from reconciler.view.reports.report import Report, is_error, line_of, words

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(report: Report) -> str:
    lines = [_annotation(report, diagnostic) for diagnostic in report.diagnostics]
    for plan in report.plans:
        if not plan.problems:
            said = "up to date" if plan.is_empty else f"{totals(plan)} {told_impact(plan)}"
            title = _escaped(f"plan of {plan.topology}", _PROPERTY)
            lines.append(f"::notice title={title}::{_escaped(said, _DATA)}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(report: Report, diagnostic: Diagnostic) -> str:
    where = {"file": report.file_of(diagnostic), "line": str(line_of(diagnostic))}
    if span := diagnostic.place.span:
        where |= {"col": str(span.column), "endColumn": str(span.end_column)}
    where["title"] = diagnostic.code
    kind = "error" if is_error(diagnostic) else "warning"
    properties = ",".join(f"{name}={_escaped(said, _PROPERTY)}" for name, said in where.items())
    return f"::{kind} {properties}::{_escaped(words(diagnostic), _DATA)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
