"""Lines as they are shown: no control character, whatever is in them, but our own colours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.view.paint import Paint
from reconciler.view.printable import json_text, printable

HOSTILE = {
    "a cursor that moves": ("a\x1b[2Kb", "a\ufffd[2Kb"),
    "a window's title": ("\x1b]0;owned\x07", "\ufffd]0;owned\ufffd"),
    "a link": ("\x1b]8;;http://x\x1b\\y", "\ufffd]8;;http://x\ufffd\\y"),
    "a control sequence in one character": ("\x9b2J", "\ufffd2J"),
    "another line": ("a\nshop: converged", "a\ufffdshop: converged"),
    "the line itself": ("error\rgood ", "error\ufffdgood "),
    "letters from right to left": ("a\u202etxt.exe", "a\ufffdtxt.exe"),
    "an isolate": ("\u2066a\u2069", "\ufffda\ufffd"),
    "a line separator": ("a\u2028b", "a\ufffdb"),
    "half of a character": ("a\ud800", "a\ufffd"),
    "invisible": ("a\u200bb", "a\ufffdb"),
    "a colour that is not ours": ("\x1b[8mhidden", "\ufffd[8mhidden"),
    "a colour like ours": ("\x1b[1;31mred", "\x1b[1;31mred\x1b[0m"),
    "a tab": ("a\tb", "a b"),
    "a space that does not break": ("a\xa0b", "a b"),
    "other letters": ("größer 東京 → 1", "größer 東京 → 1"),
}


@pytest.mark.parametrize(("line", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_a_line(line: str, shown: str) -> None:
    assert printable(line) == shown
    assert printable(shown) == shown
    assert json.loads(json_text({"a": line})) == {"a": line}


def test_our_own_colours_pass() -> None:
    line = Paint(enabled=True)("error", "error[x]") + ": a"
    assert printable(line) == line


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_else_passes(text: str) -> None:
    without = printable(text)
    for code in ("0", "1;31", "1;33", "32", "33", "1", "2", "34"):
        without = without.replace(f"\x1b[{code}m", "")
    assert without.isprintable()
    document = json_text([text], indent=2)
    assert all(line.isprintable() for line in document.split("\n"))
    assert json.loads(document) == [text]
    document.encode()
