"""What a stranger reads first: docs/architecture.md, and the first words of docstrings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.arch.source_tree import PACKAGE, ROOT, module_id, modules, tree_of

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`([a-z_]+/(?:[a-z_0-9]+/)*(?:[a-z_0-9]+\.(?:py|md))?)`", PAGE)))
RIDDLE = re.compile(r"(Of|By|From|To|None) ")
LONGEST_MODULE = 410
USER_VISIBLE = PACKAGE / "topology" / "model"
"""Its docstrings are the reference of the file's keys, where the key is the subject."""


@pytest.mark.parametrize("path", PATHS)
def test_the_architecture_names_what_there_is(path: str) -> None:
    """From the top, from the package, or, in a room's own line, from the room."""
    assert (ROOT / path).exists() or any(PACKAGE.rglob(path.rstrip("/")))


def test_the_architecture_names_every_room() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `([a-z]+)/` \|", PAGE, re.M))


def _docstrings(tree: ast.Module) -> list[str]:
    """Those of modules, classes and functions, and the strings below fields and constants."""
    bodies = [getattr(node, "body", None) for node in ast.walk(tree)]
    return [
        statement.value.value
        for body in bodies
        if isinstance(body, list)
        for statement in body
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]


@pytest.mark.parametrize(
    "path", [p for p in modules() if not p.is_relative_to(USER_VISIBLE)], ids=module_id
)
def test_no_docstring_is_a_riddle(path: Path) -> None:
    """The thing is its subject: `Of a spec` and `None when it says nothing` leave that out."""
    assert [text for text in _docstrings(tree_of(path)) if RIDDLE.match(text)] == []


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_no_module_is_long(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_MODULE
