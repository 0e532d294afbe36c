"""Diagnostics as text: the caret stands under its place, whatever the line is made of."""

from __future__ import annotations

import re
from textwrap import dedent
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Place, Span
from reconciler.view.diagnostics import render_diagnostic, render_diagnostics
from reconciler.view.paint import Paint

PLAIN = Paint()


def at(file: str, line: int = 1, column: int = 1, end_column: int = 2) -> Place:
    return Place(file=file, span=Span(line, column, end_column))


def shown(text: str, span: Span | None, hint: str = "", message: str = "wrong") -> str:
    diagnostic = Diagnostic("bad-value", message, hint, Place(file="f.yaml", span=span))
    return "\n".join(render_diagnostic(diagnostic, {"f.yaml": text}, PLAIN))


CASES = {
    "with a hint": (
        "a: 1\nreplica: 3\n",
        Span(2, 1, 8),
        "did you mean `replicas`?",
        """\
        error[bad-value]: wrong
          --> f.yaml:2:1
          |
        2 | replica: 3
          | ^^^^^^^ did you mean `replicas`?""",
    ),
    "a number of two digits": (
        "\n" * 11 + "  ab: x",
        Span(12, 7, 8),
        "",
        """\
        error[bad-value]: wrong
           --> f.yaml:12:7
           |
        12 |   ab: x
           |       ^""",
    ),
    "tabs": (
        "a:\tb\tc",
        Span(1, 6, 7),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:6
          |
        1 | a: b c
          |      ^""",
    ),
    "wide characters": (
        "a: 日本 x語",
        Span(1, 7, 9),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:7
          |
        1 | a: 日本 x語
          |         ^^^""",
    ),
    "combining characters": (
        "a: e\u0301 x",
        Span(1, 7, 8),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:7
          |
        1 | a: e\u0301 x
          |      ^""",
    ),
    "after the end of the line": (
        "a:",
        Span(1, 3, 4),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:3
          |
        1 | a:
          |   ^""",
    ),
    "far after the end of the line": (
        "a:",
        Span(1, 9, 12),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:9
          |
        1 | a:
          |         ^""",
    ),
    "after the end of the file": (
        "a: 1",
        Span(7, 1, 2),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:7:1
          |
        7 |
          | ^""",
    ),
    "control characters": (
        "a: \x1b[31mred\x07",
        Span(1, 4, 5),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:1:4
          |
        1 | a: \ufffd[31mred\ufffd
          |    ^""",
    ),
    "carriage returns": (
        "a: 1\r\nb: 2\r\n",
        Span(2, 4, 5),
        "",
        """\
        error[bad-value]: wrong
          --> f.yaml:2:4
          |
        2 | b: 2
          |    ^""",
    ),
    "no place": (
        "a: 1",
        None,
        "what to do",
        """\
        error[bad-value]: wrong
          --> f.yaml
          what to do""",
    ),
}


@pytest.mark.parametrize(("text", "span", "hint", "expected"), CASES.values(), ids=CASES.keys())
def test_snippets(text: str, span: Span | None, hint: str, expected: str) -> None:
    assert shown(text, span, hint) == dedent(expected)


def test_without_the_file() -> None:
    diagnostic = Diagnostic("bad-value", "wrong", "what to do", at("f.yaml", 3, 4, 5))
    assert render_diagnostic(diagnostic, {}, PLAIN) == [
        "error[bad-value]: wrong",
        "  --> f.yaml:3:4",
        "   what to do",
    ]
    nowhere = Diagnostic("bad-value", "wrong")
    assert render_diagnostic(nowhere, {}, PLAIN) == ["error[bad-value]: wrong"]


def test_the_other_place_is_shown_beneath() -> None:
    text = "a: 1\n" + "\n" * 9 + "a: 2\n"
    first, elsewhere = at("f.yaml", 1, 1, 2), at("g.yaml", 3, 4, 5)
    found = Diagnostic(
        "duplicate-key",
        "twice",
        "leave one",
        at("f.yaml", 11, 1, 2),
        related=(Related("the first one", first), Related("one more", elsewhere)),
    )
    assert render_diagnostic(found, {"f.yaml": text}, PLAIN) == [
        "error[duplicate-key]: twice",
        "   --> f.yaml:11:1",
        "   |",
        "11 | a: 2",
        "   | ^ leave one",
        "   ::: f.yaml:1:1",
        "   |",
        " 1 | a: 1",
        "   | - the first one",
        "   ::: g.yaml:3:4",
        "    one more",
    ]


def test_what_stands_in_no_file_has_its_details_and_then_what_to_do() -> None:
    log = ("\x1b[31mpanic\x1b[0m: no database", "\tat main\x07")
    found = Diagnostic("not-ready", "web-1 exited", "look at it", details=log)
    assert render_diagnostic(found, {}, PLAIN) == [
        "error[not-ready]: web-1 exited",
        "    panic: no database",
        "            at main\ufffd",
        "  look at it",
    ]


def test_a_message_moves_no_cursor() -> None:
    assert "\x1b" not in shown("a", Span(1, 1, 2), hint="\x1b[2Jx", message="\x1b[31m\nred")


@given(
    st.text("ab \t日é\u0301", max_size=300),
    st.integers(1, 320),
    st.integers(1, 200),
    st.sampled_from([40, 80, 120]),
)
def test_a_line_fits_and_the_caret_stays_under_it(
    line: str, column: int, length: int, width: int
) -> None:
    span = Span(1, column, column + length)
    diagnostic = Diagnostic("bad-value", "wrong", place=Place(file="f", span=span))
    lines = render_diagnostic(diagnostic, {"f": line or "x"}, PLAIN, width)
    source, caret = lines[-2], lines[-1]
    assert set(caret.removeprefix("  | ")) <= {" ", "^"}
    assert caret.endswith("^")
    if column <= len(line):
        assert _cells(source) <= width
        assert _cells(caret) <= width + 1
        under = _at(source, caret.index("^"))
        expected = line[column - 1].replace("\t", " ")
        assert under == expected or expected in " \u0301"


def _cells(text: str) -> int:
    return sum(0 if c == "\u0301" else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _at(text: str, cell: int) -> str:
    for index, character in enumerate(text):
        if _cells(text[:index]) == cell and character != "\u0301":
            return character
    return ""


def test_all_of_them_end_with_a_line_for_each_file() -> None:
    found = [
        Diagnostic("bad-value", "one", place=at("a.yaml")),
        Diagnostic("bad-value", "two", place=at("a.yaml")),
        Diagnostic("unused-network", "three", place=at("b.yaml"), severity=Severity.WARNING),
        Diagnostic("bad-value", "four", place=Place(file="b.yaml")),
    ]
    lines = render_diagnostics(found, {"a.yaml": "a: 1", "b.yaml": "b: 1"}, PLAIN)
    assert lines[-2:] == ["a.yaml: 2 errors", "b.yaml: 1 error, 1 warning"]
    assert lines.count("") == 4
    assert any(line.startswith("warning[unused-network]: three") for line in lines)


def test_colour_changes_no_word() -> None:
    diagnostic = Diagnostic("bad-value", "wrong", "hint", at("f"))
    coloured = "\n".join(render_diagnostic(diagnostic, {"f": "a: 1"}, Paint(enabled=True)))
    assert "\x1b[1;31m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == "\n".join(render_diagnostic(diagnostic, {"f": "a: 1"}, PLAIN))
