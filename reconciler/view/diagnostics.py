"""Diagnostics with the line they are about and a caret under the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.topology.diagnostic import Diagnostic, Severity
from reconciler.view.paint import Paint
from reconciler.view.words import count

_WIDEST = 160
"""A longer source line is cut around the place, so that a caret stays under it."""


def render_diagnostic(diagnostic: Diagnostic, source: str | None, paint: Paint) -> list[str]:
    """The lines for one diagnostic; `source` is the text of its file, when there is one."""
    kind = str(diagnostic.severity)
    head = paint(kind, f"{kind}[{diagnostic.code}]") + paint("bold", f": {diagnostic.message}")
    lines = [head]
    span = diagnostic.span
    if span is None:
        if diagnostic.file:
            lines.append(f"  {paint('place', '-->')} {diagnostic.file}")
        if diagnostic.hint:
            lines.append(f"  {diagnostic.hint}")
        return lines
    number = str(span.line)
    pad = " " * len(number)
    bar = paint("place", "|")
    lines.append(f"{pad} {paint('place', '-->')} {diagnostic.file}:{span.line}:{span.column}")
    text, start, end = _snippet(source, span.line, span.column, span.end_column)
    if text is None:
        return [*lines, *([f"{pad}  {diagnostic.hint}"] if diagnostic.hint else [])]
    caret = " " * start + paint(kind, "^" * max(1, end - start))
    hint = f" {paint(kind, diagnostic.hint)}" if diagnostic.hint else ""
    shown = f"{paint('place', number)} {bar} {text}".rstrip()
    return [*lines, f"{pad} {bar}", shown, f"{pad} {bar} {caret}{hint}"]


def _snippet(
    source: str | None, line: int, column: int, end_column: int
) -> tuple[str | None, int, int]:
    """The source line, made safe to print, and where in it the place begins and ends."""
    if source is None:
        return None, 0, 0
    lines = source.splitlines()
    if line > len(lines):
        return ("", 0, 1) if lines else (None, 0, 0)
    text = "".join(c if c.isprintable() else "�" for c in lines[line - 1].expandtabs(1))
    start, end = column - 1, max(column, end_column - 1)
    if len(text) > _WIDEST:
        cut = max(0, start - 40)
        text = ("…" if cut else "") + text[cut : cut + _WIDEST - 2] + "…"
        shift = cut - (1 if cut else 0)
        start, end = start - shift, end - shift
    return text, start, min(end, max(len(text), start + 1))


def render_diagnostics(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], paint: Paint
) -> list[str]:
    """All of them, an empty line between, and a closing line for each file."""
    lines: list[str] = []
    for diagnostic in diagnostics:
        lines += [*render_diagnostic(diagnostic, sources.get(diagnostic.file), paint), ""]
    for file in dict.fromkeys(d.file for d in diagnostics if d.file):
        lines.append(f"{file}: {_tally([d for d in diagnostics if d.file == file])}")
    return lines


def _tally(diagnostics: Sequence[Diagnostic]) -> str:
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING):
        number = sum(d.severity is severity for d in diagnostics)
        if number:
            parts.append(count(number, str(severity)))
    return ", ".join(parts)
