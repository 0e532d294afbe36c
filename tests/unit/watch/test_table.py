"""The table of a keeper's states is whole, reachable, and what docs/operations.md shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.watch.table import REACHED, TABLE, Ending, Phase

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
WITH_PASSES = [Phase.FOLLOWING, Phase.BLOCKED, Phase.FALLBACK, Phase.REMOVING]
HEAD = ["a pass ended as", *WITH_PASSES, "told as", "the next pass, unless something happens"]


@pytest.mark.parametrize("phase", WITH_PASSES)
@pytest.mark.parametrize("ending", Ending)
def test_every_pair_is_in_it(phase: Phase, ending: Ending) -> None:
    assert TABLE[ending].after(phase) in {*WITH_PASSES, Phase.DONE}


def test_every_phase_with_passes_is_left_by_some_ending_and_found_by_another() -> None:
    steps = {(phase, TABLE[ending].after(phase)) for phase in WITH_PASSES for ending in Ending}
    assert (Phase.FOLLOWING, Phase.FALLBACK) in steps
    assert (Phase.BLOCKED, Phase.FOLLOWING) in steps
    assert (Phase.REMOVING, Phase.DONE) in steps
    left_by_passes = {before for before, after in steps if after != before}
    assert left_by_passes == {*WITH_PASSES} - {Phase.FALLBACK}, "time and edits end that one"


def test_only_what_is_reached_ends_a_removal() -> None:
    ends = {ending for ending in Ending if TABLE[ending].removing is Phase.DONE}
    assert ends == REACHED


def test_the_docs_show_it() -> None:
    rows = [
        [
            f"`{ending}`",
            *("" if (to := row.after(phase)) is phase else f"`{to}`" for phase in WITH_PASSES),
            f"`{row.told}`",
            str(row.wait),
        ]
        for ending, row in TABLE.items()
    ]
    lines = ["| " + " | ".join(cells) + " |" for cells in [HEAD, ["---"] * len(HEAD), *rows]]
    table = "\n".join(lines).replace("|  ", "| ")
    text = DOCS.read_text(encoding="utf-8")
    assert table in text, f"docs/operations.md should have\n\n{table}"


@pytest.mark.parametrize("phase", Phase)
def test_the_docs_say_what_each_phase_is(phase: Phase) -> None:
    assert f"| `{phase}` | " in DOCS.read_text(encoding="utf-8")
