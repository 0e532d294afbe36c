"""What only a process of its own shows: the module, colour on a terminal, what is imported."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.support.waiting import LONGEST_S

BROKEN = "name: Shop\n"
GOOD = """\
name: shop
backends: {web: {image: a, port: 80}}
frontends: {w: {bind: 80, default_backend: web}}
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "reconciler", *arguments]


def test_python_m(tmp_path: Path) -> None:
    done = subprocess.run(  # our own command
        command("validate", "-"),
        input=GOOD,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=LONGEST_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "<stdin>: valid\n", "")


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(  # our own command
        command("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def on_a_terminal(arguments: list[str], **environment: str) -> str:
    main, other = pty.openpty()
    try:
        subprocess.run(  # our own command
            arguments,
            stdin=other,
            stdout=other,
            stderr=other,
            timeout=LONGEST_S,
            check=False,
            env={**os.environ, "TERM": "xterm", **environment},
        )
        os.close(other)
        output = b""
        while True:
            try:
                output += os.read(main, 65536)
            except OSError:
                return output.decode()
    finally:
        os.close(main)


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour(tmp_path: Path, environment: dict[str, str], coloured: bool) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    clean = {name: "" for name in ("NO_COLOR",) if name in os.environ}
    output = on_a_terminal(command("validate", str(path)), **(clean | environment))
    assert "bad-name" in output
    assert ("\x1b[" in output) == coloured


SLOW = {"docker", "requests", "urllib3", "rich", "watchfiles", "jsonschema", "asyncio"}


@pytest.mark.parametrize("arguments", [["version"], ["validate", "-"], ["render", "-"], ["--help"]])
def test_what_needs_no_engine_loads_none(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['reconciler', *{arguments!r}]\n"
        "from reconciler.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert done.code == 0, done.code\n"
        "print('@', *{name.split('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(  # our own command
        [sys.executable, "-c", code],
        input=GOOD,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=LONGEST_S,
        check=True,
    )
    loaded = set(done.stdout.rpartition("@ ")[2].split())
    assert "click" in loaded
    assert loaded & SLOW == set()
