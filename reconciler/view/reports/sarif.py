"""SARIF 2.1.0, which code scanning and editors read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.place import Place
from reconciler.view.printable import json_text
from reconciler.view.reports.report import Report, is_error, words

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Rules are the codes that were found."""
    rules = sorted({diagnostic.code for diagnostic in report.diagnostics})
    driver = {
        "name": "haproxy-reconciler",
        "rules": [{"id": code, "shortDescription": {"text": CODES[code]}} for code in rules],
    }
    results = [
        {
            "ruleId": diagnostic.code,
            "ruleIndex": rules.index(diagnostic.code),
            "level": "error" if is_error(diagnostic) else "warning",
            "message": {"text": words(diagnostic)},
            "locations": [_location(diagnostic.place, report.file_of(diagnostic))],
            "relatedLocations": [
                {**_location(other.place, other.place.file), "message": {"text": other.message}}
                for other in diagnostic.related
                if other.place.file
            ],
        }
        for diagnostic in report.diagnostics
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _location(place: Place, file: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if span := place.span:
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endColumn": span.end_column,
        }
    return {"physicalLocation": physical}
