"""One register of codes: whatever the tool says is in it, and nothing else is."""

from __future__ import annotations

from reconciler.diagnostics.codes import CODES
from tests.arch.codes import codes_given, said_in
from tests.arch.source_tree import module_id, modules


def test_whatever_is_said_is_registered() -> None:
    given = set(codes_given())
    assert len({code for _, code in given}) > 60, "the scan finds what says a code"
    assert [(module_id(path), code) for path, code in given if code not in CODES] == []


def test_whatever_is_registered_is_said() -> None:
    assert set(CODES) - set(said_in(modules())) == set()
