"""Diagnostics with the line they are about and a caret under the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

from reconciler.diagnostics.diagnostic import Diagnostic, Severity, Span
from reconciler.topology.reading.lines import split_lines
from reconciler.view.numbers import count
from reconciler.view.paint import Paint

_CONTEXT = 30
"""How much of a line that is cut stays before the place."""


def render_diagnostic(
    diagnostic: Diagnostic, source: str | None, paint: Paint, width: int = 80
) -> list[str]:
    """The lines for one diagnostic; `source` is the text of its file, when there is one."""
    kind = str(diagnostic.severity)
    file, hint = _printable(diagnostic.file), _printable(diagnostic.hint)
    head = paint(kind, f"{kind}[{diagnostic.code}]")
    lines = [head + paint("bold", f": {_printable(diagnostic.message)}")]
    span = diagnostic.span
    if span is None:
        if file:
            lines.append(f"  {paint('place', '-->')} {file}")
        if hint:
            lines.append(f"  {hint}")
        return lines
    number = str(span.line)
    pad = " " * len(number)
    bar = paint("place", "|")
    lines.append(f"{pad} {paint('place', '-->')} {file}:{span.line}:{span.column}")
    snippet = _snippet(source, span, width - len(pad) - 3)
    if snippet is None:
        return [*lines, *([f"{pad}  {hint}"] if hint else [])]
    caret = " " * _cells(snippet.before) + paint(kind, "^" * max(1, _cells(snippet.place)))
    shown = f"{paint('place', number)} {bar} {snippet.text}".rstrip()
    end = f" {paint(kind, hint)}" if hint else ""
    return [*lines, f"{pad} {bar}", shown, f"{pad} {bar} {caret}{end}"]


@dataclass(frozen=True, slots=True)
class _Snippet:
    before: str
    place: str
    after: str

    @property
    def text(self) -> str:
        return self.before + self.place + self.after


def _snippet(source: str | None, span: Span, width: int) -> _Snippet | None:
    """The source line, safe to print and cut to `width` around the place."""
    lines = split_lines(source) if source else []
    if not lines:
        return None
    text = _printable(lines[span.line - 1].replace("\t", " ")) if span.line <= len(lines) else ""
    start = span.column - 1
    before, place, after = (
        text[:start],
        text[start : span.end_column - 1],
        text[span.end_column - 1 :],
    )
    if _cells(text) > width:
        if len(before) > _CONTEXT:
            before = "…" + before[-_CONTEXT:]
        room = width - _cells(before) - 1
        place, after = _cut(place, room), _cut(after, room - _cells(place))
    return _Snippet(before.ljust(start) if start > len(text) else before, place, after)


def _cut(text: str, cells: int) -> str:
    """As much of the text as fits, with an ellipsis for the rest."""
    if _cells(text) <= cells:
        return text
    kept = ""
    for character in text:
        if _cells(kept + character) > cells:
            break
        kept += character
    return kept + "…"


def _cells(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two, combining ones none."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in {"W", "F"} else 1 for c in text)


def _printable(text: str) -> str:
    """A text from outside, which cannot move the cursor or change the colour."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def render_diagnostics(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], paint: Paint, width: int = 80
) -> list[str]:
    """All of them, an empty line between, and a closing line for each file."""
    lines: list[str] = []
    for diagnostic in diagnostics:
        lines += [*render_diagnostic(diagnostic, sources.get(diagnostic.file), paint, width), ""]
    for file in dict.fromkeys(d.file for d in diagnostics if d.file):
        lines.append(f"{_printable(file)}: {_tally([d for d in diagnostics if d.file == file])}")
    return lines


def _tally(diagnostics: Sequence[Diagnostic]) -> str:
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING):
        number = sum(d.severity is severity for d in diagnostics)
        if number:
            parts.append(count(number, str(severity)))
    return ", ".join(parts)
