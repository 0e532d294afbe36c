"""No exception reaches a person, and no output that cannot be written is taken for a success."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.cli.commands import validate
from tests.integration.support.waiting import LONGEST_S
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_process import GOOD, command


def test_an_error_of_ours_says_so_and_shows_no_value(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise KeyError("hunter2")

    monkeypatch.setattr(validate, "load_inputs", break_down)
    done = run("validate")
    assert done.code == 1
    assert "error[internal]: a mistake of this tool: KeyError\n" in done.err
    assert "reconciler/cli/commands/validate.py:" in done.err
    assert "report these lines, with haproxy-reconciler" in done.err
    assert "the next plan shows what is left" in done.err
    assert "Traceback" not in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize("redirect", [">/dev/full", ">&-", "2>/dev/full", "2>&-", "<&-", "| true"])
def test_output_that_cannot_be_written(redirect: str, tmp_path: Path) -> None:
    (tmp_path / "topology.yaml").write_text(GOOD)
    arguments = " ".join(command("render"))
    done = subprocess.run(  # our own command
        ["bash", "-c", f"{arguments} {redirect}"],
        capture_output=True,
        cwd=tmp_path,
        timeout=LONGEST_S,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    if redirect == ">/dev/full":
        assert done.returncode == 1
        assert b"error[output]: the output is full" in done.stderr
    elif redirect != "| true":  # it ends when it can, and click says how
        assert done.returncode == 0
