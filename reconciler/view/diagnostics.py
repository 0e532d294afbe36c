"""Diagnostics with the line they are about and a caret under the place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from unicodedata import combining, east_asian_width

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.diagnostics.place import Place, Span
from reconciler.topology.reading.lines import split_lines
from reconciler.view.numbers import count
from reconciler.view.paint import Paint

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTEXT = 30
"""How much of a line that is cut stays before the place."""


def render_diagnostic(
    diagnostic: Diagnostic, sources: Mapping[str, str], paint: Paint, width: int = 80
) -> list[str]:
    """The lines for one diagnostic; `sources` are the texts of files, where there are any."""
    kind = str(diagnostic.severity)
    message, hint = _printable(diagnostic.message), _printable(diagnostic.hint)
    head = paint(kind, f"{kind}[{diagnostic.code}]") + paint("bold", f": {message}")
    places = [diagnostic.place, *(other.place for other in diagnostic.related)]
    page = _Page(sources, paint, width, max(len(str(p.span.line)) if p.span else 1 for p in places))
    lines = [head]
    if diagnostic.place.file:
        lines += page.show(diagnostic.place, hint, _Mark(kind, "-->", "^"))
    lines += [f"    {_printable(_plain(detail))}" for detail in diagnostic.details]
    if hint and not diagnostic.place.file:
        lines.append(f"  {hint}")
    for other in diagnostic.related:
        lines += page.show(other.place, _printable(other.message), _Mark("place", ":::", "-"))
    return lines


class _Mark(Struct, frozen=True):
    """How a place is shown: what it is painted as, the arrow to its file, the line beneath it."""

    kind: str
    arrow: str
    under: str


class _Page(Struct, frozen=True):
    """Places of one diagnostic, in one column: `digits` is the length of their line numbers."""

    sources: Mapping[str, str]
    paint: Paint
    width: int
    digits: int

    def show(self, place: Place, text: str, mark: _Mark) -> list[str]:
        """The place, and what there is to say of it beside it."""
        pad, bar = " " * self.digits, self.paint("place", "|")
        lines = [f"{pad} {self.paint('place', mark.arrow)} {_printable(str(place))}"]
        span = place.span
        if span is None:
            return [*lines, *([f"  {text}"] if text else [])]
        snippet = _snippet(self.sources.get(place.file), span, self.width - self.digits - 3)
        if snippet is None:
            return [*lines, *([f"{pad}  {text}"] if text else [])]
        number = self.paint("place", f"{span.line:>{self.digits}}")
        line = mark.under * max(1, _cells(snippet.place))
        end = f" {self.paint(mark.kind, text)}" if text else ""
        return [
            *lines,
            f"{pad} {bar}",
            f"{number} {bar} {snippet.text}".rstrip(),
            f"{pad} {bar} {' ' * _cells(snippet.before)}{self.paint(mark.kind, line)}{end}",
        ]


class _Snippet(Struct, frozen=True):
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
        after = _cut(after, room - _cells(place)) if _cells(place) <= room else ""
        place = _cut(place, room)
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


def _plain(line: str) -> str:
    """A line of a log, without colours and tabs."""
    return _COLOUR.sub("", line).expandtabs()


def _printable(text: str) -> str:
    """A text from outside, which cannot move the cursor or change the colour."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def render_diagnostics(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], paint: Paint, width: int = 80
) -> list[str]:
    """All of them, an empty line between, and a closing line for each file."""
    blocks = [render_diagnostic(diagnostic, sources, paint, width) for diagnostic in diagnostics]
    if tallies := [
        f"{_printable(file)}: {_tally([d for d in diagnostics if d.place.file == file])}"
        for file in dict.fromkeys(d.place.file for d in diagnostics if d.place.file)
    ]:
        blocks.append(tallies)
    return [line for block in blocks for line in ("", *block)][1:]


def _tally(diagnostics: Sequence[Diagnostic]) -> str:
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING):
        number = sum(d.severity is severity for d in diagnostics)
        if number:
            parts.append(count(number, str(severity)))
    return ", ".join(parts)
