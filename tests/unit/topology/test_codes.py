"""Each code of the register is reached by a test; one that no test reaches is dead or untried."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import pytest

from reconciler.diagnostics.diagnostic import Diagnostic
from tests.arch.codes import said_in
from tests.arch.source_tree import PACKAGE
from tests.unit.topology import test_clients, test_fields, test_load, test_rules
from tests.unit.topology.reading import test_source, test_variables

OF_FILES = {"file-not-found", "more-problems"}
"""Said of files that others include, and tried in tests/unit/topology/reading/test_layers.py; and
of files with many problems, in tests/unit/topology/test_growth.py."""


def reached() -> Iterable[str]:
    for lines in chain(
        (expected for _, expected in test_source.REFUSED.values()),
        (expected for _, expected in test_rules.BROKEN.values()),
        (expected for _, expected in test_load.ALONE.values()),
        ([line] for line in test_fields.IN_WEB.values()),
        ([line] for line in test_clients.REFUSED.values()),
        ([line] for line in test_fields.AT_THE_TOP.values()),
    ):
        yield from (line.split()[0] for line in lines)
    yield from (code for code, *_ in test_variables.ERRORS.values())


def test_every_code_of_a_topology_is_reached() -> None:
    said = said_in((PACKAGE / "topology").rglob("*.py"))
    assert set(said) - set(reached()) == OF_FILES


def test_a_code_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="unregistered"):
        Diagnostic("no-such-code", "message")
