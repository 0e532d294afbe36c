"""What is usually wrong where YAML's parser stops, in our words, at the place where it is mended.

The parser says where it can go no further, which is often a line after the mistake. Values are not
quoted: they may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from ruamel.yaml.error import MarkedYAMLError, StringMark

from reconciler.diagnostics.place import Span
from reconciler.topology.reading.lines import split_lines


class Mistake(Struct, frozen=True):
    message: str
    hint: str
    span: Span | None


_GLUED = re.compile(r"^(\s*(?:- )?)([A-Za-z_][\w.-]*):(?=[^\s:/])")
"""A key without a space behind its colon; `http://…` is none."""
_KEY_WITH_VALUE = re.compile(r"^\s*(?:- )?([^\s#][^#]*?):\s+(?![|>&*!#])\S")
_CANNOT_BEGIN = re.compile(r"found character '(.)' that cannot start any token")


def explain(error: MarkedYAMLError, text: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Mistake(f"not YAML: {error.problem or 'it cannot be read'}", "", None)
    lines = split_lines(text)
    problem, context = str(error.problem or ""), str(error.context or "")
    for applies, told in _KNOWN:
        if applies(problem, context):
            found = told(error, lines, mark)
            if found is not None:
                return found
    parts = ", ".join(filter(None, (context, problem)))
    return Mistake(f"not YAML: {parts or 'it cannot be read'}", _hint(lines, mark), _at(mark))


def _value_below(_: MarkedYAMLError, lines: Sequence[str], mark: StringMark) -> Mistake | None:
    """`mapping values are not allowed here`: the second colon in one text, or a key below one that
    has its value already."""
    line, before = _line(lines, mark.line), _before(lines, mark.line)
    if glued := _glued(lines, before):
        return glued
    if before is not None and _indent(line) > _indent(_line(lines, before)):
        above = _KEY_WITH_VALUE.match(_line(lines, before))
        if above and mark.column == len(_start_of_key(line)):
            return Mistake(
                f"this is indented below `{above[1]}`, which has a value already",
                f"indent it with {_spaces(_indent(_line(lines, before)))}, like the line above",
                _of_indent(mark.line, line),
            )
    return Mistake(
        "a text with `: ` in it looks like one more key", "put the text in quotes", _at(mark)
    )


def _glued(lines: Sequence[str], number: int | None) -> Mistake | None:
    found = None if number is None else _GLUED.match(_line(lines, number))
    if found is None or number is None:
        return None
    key, column = found[2], len(found[1]) + 1
    return Mistake(
        f"there is no space after `{key}:`, so that it is no key",
        f"write `{key}: ` and then the value",
        Span(number + 1, column, column + len(key) + 1),
    )


def _indentation(_: MarkedYAMLError, lines: Sequence[str], mark: StringMark) -> Mistake | None:
    """`expected <block end>`: a line that begins where no line above does."""
    if glued := _glued(lines, _before(lines, mark.line)):
        return glued
    line = _line(lines, mark.line)
    own = _indent(line)
    above = sorted({_indent(_line(lines, n)) for n in range(mark.line) if _line(lines, n).strip()})
    near = [indent for indent in above if abs(indent - own) <= _NEAR and indent != own]
    if mark.column != own or own in above or not near:
        return None
    choices = " or ".join(_spaces(indent) for indent in near)
    return Mistake(
        f"it is indented with {_spaces(own)}, as no line above is",
        f"indent it with {choices}, like the lines that it belongs to",
        _of_indent(mark.line, line),
    )


_NEAR = 2


def _unclosed(error: MarkedYAMLError, lines: Sequence[str], mark: StringMark) -> Mistake | None:
    """A bracket or a quote whose other one is missing: told where the first one stands."""
    start = error.context_mark or mark
    opened = _line(lines, start.line)[start.column : start.column + 1]
    closed = {"{": "}", "[": "]", '"': '"', "'": "'"}.get(opened)
    if closed is None:
        return None
    between = ", and `,` between items" if opened in "[{" else ""
    return Mistake(
        f"nothing closes this `{opened}`",
        _hint(lines, start) or f"put `{closed}` at its end{between}",
        Span(start.line + 1, start.column + 1, start.column + 2),
    )


def _cannot_begin(error: MarkedYAMLError, lines: Sequence[str], mark: StringMark) -> Mistake | None:
    found = _CANNOT_BEGIN.search(str(error.problem))
    if found is None:
        is_tab = _line(lines, mark.line)[mark.column : mark.column + 1] == "\t"
        hint = "indent with spaces"
        return Mistake("a tab is no indentation in YAML", hint, _at(mark)) if is_tab else None
    return Mistake(f"a text cannot begin with `{found[1]}`", "put it in quotes", _at(mark))


_Applies = Callable[[str, str], bool]
_Told = Callable[[MarkedYAMLError, Sequence[str], StringMark], Mistake | None]
_KNOWN: tuple[tuple[_Applies, _Told], ...] = (
    (lambda p, _: "mapping values are not allowed" in p, _value_below),
    (lambda p, _: "expected <block end>" in p, _indentation),
    (lambda p, c: "flow" in c and ("expected ',' or" in p or "stream end" in p), _unclosed),
    (lambda p, c: "quoted scalar" in c and "end of stream" in p, _unclosed),
    (lambda p, _: "cannot start any token" in p, _cannot_begin),
)


def _hint(lines: Sequence[str], mark: StringMark) -> str:
    line = _line(lines, mark.line)
    if "\t" in line:
        return "YAML is indented with spaces, never tabs"
    if "${" in line:
        return "put quotes around a variable in braces"
    return ""


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _before(lines: Sequence[str], number: int) -> int | None:
    """The line before one, past those that say nothing."""
    said = (n for n in range(number - 1, -1, -1) if lines[n].split("#")[0].strip())
    return next(said, None)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _start_of_key(line: str) -> str:
    """A line up to the colon of its first key."""
    return line.partition(":")[0]


def _spaces(number: int) -> str:
    return "1 space" if number == 1 else f"{number} spaces"


def _of_indent(number: int, line: str) -> Span:
    return Span(number + 1, 1, max(_indent(line), 1) + 1)


def _at(mark: StringMark) -> Span:
    return Span(mark.line + 1, mark.column + 1, mark.column + 2)
