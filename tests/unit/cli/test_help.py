"""`--help` of every command, and what happens to a command line that is wrong."""

from __future__ import annotations

import re

import pytest

from reconciler.cli.main import COMMANDS
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_help_fits_a_screen_and_ends_with_two_examples(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    lines = done.out.rstrip().splitlines()
    assert done.code == 0
    assert done.err == ""
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 28
    assert run(*command, "-h") == done
    assert lines[-3].strip() == "Examples:"
    assert all(line.startswith("  ") and "reconciler " in line for line in lines[-2:])


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_name_options_that_exist(run: Run, command: str) -> None:
    text = run(command, "--help").out
    options, _, examples = text.partition("Examples:")
    for option in re.findall(r"(?<= )--[a-z-]+", examples):
        assert option in options


def test_no_command_shows_the_help(run: Run) -> None:
    done = run()
    assert "Commands:" in done.out + done.err


WRONG = {
    ("aply",): "there is no command `aply`; did you mean `apply`?",
    ("zzz",): "there is no command `zzz`; commands: validate, plan, apply",
    ("plan", "--detailed-exit"): "--detailed-exitcode",
    ("plan", "--output", "xml"): "'xml' is not one of 'text', 'json'",
    ("apply", "--timeout", "soon", "x.yaml"): "`soon` is not a length of time",
    ("schema", "nothing"): "'nothing' is not one of 'topology'",
    ("validate", "--env-file"): "requires an argument",
    ("version", "more"): "unexpected extra argument",
    ("render", "a.yaml", "b.yaml"): "unexpected extra argument",
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.items(), ids=" ".join)
def test_a_wrong_command_line_exits_with_1(run: Run, arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert done.code == 1, "2 would mean `changes` to who runs `plan --detailed-exitcode`"
    assert told.lower() in done.err.lower()
    assert done.out == ""
    assert "Traceback" not in done.err
