"""JUnit's XML, which every server for pipelines reads: a file is a test."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.view.numbers import count
from reconciler.view.printable import printable
from reconciler.view.reports.report import Report, is_error, words


def render(report: Report) -> str:
    """Files that others include are tests, too, when something is wrong in them."""
    found: dict[str, list[Diagnostic]] = {file: [] for file in report.files}
    for diagnostic in report.diagnostics:
        found.setdefault(report.file_of(diagnostic), []).append(diagnostic)
    failed = sum(any(map(is_error, diagnostics)) for diagnostics in found.values())
    counted = f'tests="{len(found)}" failures="{failed}" errors="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counted}>",
        f'<testsuite name="haproxy-reconciler" {counted}>',
    ]
    for file, diagnostics in found.items():
        lines += _case(file, diagnostics)
    return "\n".join([*lines, "</testsuite>", "</testsuites>", ""])


def _case(file: str, diagnostics: Sequence[Diagnostic]) -> list[str]:
    errors = [d for d in diagnostics if is_error(d)]
    warnings = [d for d in diagnostics if not is_error(d)]
    lines = [f"<testcase classname={_attribute('topology')} name={_attribute(file)}>"]
    if errors:
        kinds = ", ".join(dict.fromkeys(d.code for d in errors))
        message = f"{count(len(errors), 'error')}: {kinds}"
        lines.append(
            f"<failure message={_attribute(message)} type={_attribute(errors[0].code)}>"
            f"{_text(errors)}</failure>"
        )
    if warnings:
        lines.append(f"<system-out>{_text(warnings)}</system-out>")
    return [*lines, "</testcase>"]


def _text(diagnostics: Sequence[Diagnostic]) -> str:
    said = "\n\n".join(f"{d.place} [{d.code}]\n{words(d)}" for d in diagnostics)
    return escape("\n".join(map(printable, said.split("\n"))))


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
