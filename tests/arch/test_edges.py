"""Files are read, and screens written to, in few places, which hold what must be held there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.arch.source_tree import PACKAGE, module_id, modules, tree_of

OPENERS = {"open", "fdopen", "read_text", "read_bytes"}
OPEN_THEMSELVES = {
    "files/reading.py": "the one that reads",
    "files/writing.py": "the one that puts a file in the place of another",
    "files/self_signed.py": "writes a certificate that it has made",
    "cli/shortcut.py": "writes what it remembers",
    "cli/commands/init.py": "writes a topology to start from",
    "engine/docker/haproxy/procfs.py": "walks into a container, by descriptors",
}
OTHERS = {"engines.open", "self._engines.open", "tarfile.open", "written.read_text"}
"""Methods of that name that open no file."""


def _opened(path: Path) -> list[str]:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    names = [
        ast.unparse(call)
        for call in calls
        if getattr(call, "attr", getattr(call, "id", "")) in OPENERS
    ]
    own = {alias for alias in names if alias == "read_text"}  # the function of `written.py`
    return sorted(set(names) - OTHERS - own)


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_a_module_opens_no_file_itself(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    assert not _opened(path) or name in OPEN_THEMSELVES


def test_the_exceptions_are_needed() -> None:
    assert [name for name in OPEN_THEMSELVES if not _opened(PACKAGE / name)] == []


SHOW_THEMSELVES = {"cli/terminal.py", "watch/logpipe.py"}
"""The edges: what goes out there has been made printable."""


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_a_module_writes_to_no_screen_itself(path: Path) -> None:
    calls = [ast.unparse(n.func) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]
    written = [name for name in calls if name.endswith((".echo", ".secho", ".write", "print"))]
    own = {"daemon.write", "self._keepers.write", "self._write", "file.write", "self.wfile.write"}
    screens = [
        name for name in written if name not in own and not name.startswith("self._progress")
    ]
    assert not screens or path.relative_to(PACKAGE).as_posix() in SHOW_THEMSELVES
