"""What reaches the screen of a command, and the log of a daemon."""

from __future__ import annotations

import io
import json
import os
import select
import sys
from pathlib import Path

import pytest

from reconciler.cli.terminal import forget_typed
from reconciler.watch.logpipe import LogPipe
from tests.unit.cli.conftest import Run

ESCAPES = "\\e[2K\\e]0;owned\\a\\u202e\\x9b"


def test_a_topology_file_moves_no_cursor(run: Run) -> None:
    Path("shop.yaml").write_text(f'name: shop\nbackends: {{web: {{image: a, "{ESCAPES}": 1}}}}\n')
    done = run("validate", "shop.yaml")
    assert done.code == 1
    assert all(line.isprintable() for line in done.err.split("\n"))
    (found,) = json.loads(run("validate", "shop.yaml", "--output", "json").out)["diagnostics"]
    assert "\x1b[2K" in found["message"]


def test_what_is_wrong_with_a_file_is_json_whatever_is_in_it(run: Run) -> None:
    Path("shop.yaml").write_text('{"name": "shop", "\\u202e\\udc00x": 1}')
    done = run("validate", "shop.yaml", "--output", "json")
    assert all(line.isprintable() for line in done.out.split("\n"))
    assert json.loads(done.out)["diagnostics"]


def test_a_line_of_a_daemon_is_one_line_and_moves_no_cursor() -> None:
    stream = io.StringIO()
    pipe = LogPipe(stream)
    pipe.write("app: \x1b[2Kgone\nshop: converged")
    pipe.flush(10)
    assert stream.getvalue() == "app: \ufffd[2Kgone\ufffdshop: converged\n"


def test_what_was_typed_before_a_question_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, keyboard = os.openpty()
    with open(keyboard, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        os.write(screen, b"y\n")
        assert select.select([keyboard], [], [], 10)[0], "it is there to be read"
        forget_typed()
        assert not select.select([keyboard], [], [], 0)[0]
        os.write(screen, b"n\n")
        assert stream.readline() == "n\n"
    os.close(screen)


def test_no_terminal_has_nothing_to_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO("y\n")
    monkeypatch.setattr(sys, "stdin", stream)
    forget_typed()
    assert stream.read() == "y\n"
