"""What options of several commands take."""

from __future__ import annotations

import click
import pytest

from reconciler.cli.options import Duration

TAKEN = {"30": 30, "0": 0, "2.5": 2.5, "500ms": 0.5, "30s": 30, "1m30s": 90, "1d": 86400}


@pytest.mark.parametrize("text", TAKEN)
def test_a_length_of_time(text: str) -> None:
    assert Duration().convert(text, None, None) == TAKEN[text]


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1 s", "10S", "1s30", ".5", "1.2.3"])
def test_none(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a length of time"):
        Duration().convert(text, None, None)
