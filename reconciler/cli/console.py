"""Where output goes: people's text or machines' JSON, with or without colour."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from reconciler.cli.terminal import show, write
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.view.diagnostics import render_diagnostic, render_diagnostics
from reconciler.view.paint import Paint
from reconciler.view.printable import json_text
from reconciler.view.secrets import without_secrets
from reconciler.view.width import wrapped

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan


class Console:
    """`output` is `text`, `json`, or a format of reports. What is for machines goes to standard
    output, and nothing else does then."""

    def __init__(self, output: str = "text") -> None:
        self._output = output
        self.is_text, self.is_json = output == "text", output == "json"
        self.is_report = not self.is_text and not self.is_json
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self.paint = Paint(not plain and _is_terminal(sys.stdout))
        self.paint_errors = Paint(not plain and _is_terminal(sys.stderr))
        self.width = shutil.get_terminal_size().columns if _is_terminal(sys.stdout) else None
        """That of the screen; None where output goes elsewhere, which is as wide as it needs."""
        self.is_interactive = _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            for part in (line,) if self.width is None else wrapped(line, self.width):
                show(part)

    def document(self, document: Any) -> None:
        write(json_text(document, indent=2) + "\n")

    def line_document(self, document: Any) -> None:
        """One line, for commands whose output is a stream of documents."""
        show(json_text(document))

    def show_diagnostics(
        self,
        diagnostics: Sequence[Diagnostic],
        sources: Mapping[str, str],
        *,
        to_stderr: bool = True,
    ) -> None:
        if self.is_json:
            from reconciler.view.documents import diagnostics_document  # noqa: PLC0415  # for JSON

            self.document(diagnostics_document(diagnostics))
            return
        if self.is_report:
            self.report(sources, diagnostics)
            return
        paint = self.paint_errors if to_stderr else self.paint
        for line in render_diagnostics(diagnostics, sources, paint):
            show(line, err=to_stderr)

    def report(
        self,
        sources: Mapping[str, str],
        diagnostics: Iterable[Diagnostic],
        plans: Iterable[Plan] = (),
    ) -> None:
        """The one document of a command whose output is a format of reports."""
        from reconciler.view.reports.report import Render, Report  # noqa: PLC0415  # knows plans

        render: Render = importlib.import_module(f"reconciler.view.reports.{self._output}").render
        write(render(Report(sources, tuple(diagnostics), tuple(plans))))

    def show_failure(self, failure: Diagnostic, secrets: Sequence[str] = ()) -> None:
        for line in render_diagnostic(without_secrets(failure, secrets), {}, self.paint_errors):
            show(line, err=True)


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal. One that was closed before we began is None."""
    return stream is not None and stream.isatty()
