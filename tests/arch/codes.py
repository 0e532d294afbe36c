"""The codes that the sources say, as syntax trees show them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.diagnostics.codes import CODES
from tests.arch.source_tree import PACKAGE, modules, tree_of

REGISTER = PACKAGE / "diagnostics" / "codes.py"
SAYERS = {
    "Diagnostic", "EngineError", "VariableError", "error", "report", "_report", "_tell", "told",
    "_Refusal",
}  # fmt: skip
"""Whoever is called with a code, as their first text."""


def said_in(sources: Iterable[Path]) -> Iterator[str]:
    """Registered codes, wherever they stand."""
    for path in sources:
        if path != REGISTER:
            yield from (text for text in _texts(tree_of(path)) if text in CODES)


def codes_given() -> Iterator[tuple[Path, str]]:
    """What is given as a code, registered or not."""
    for path in modules():
        for call in ast.walk(tree_of(path)):
            if isinstance(call, ast.Call) and _name(call.func) in SAYERS:
                codes = [t for arg in call.args for t in _texts(arg)][:1]
                codes += [t for k in call.keywords if k.arg == "code" for t in _texts(k.value)]
                yield from ((path, code) for code in codes if _is_like_a_code(code))


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _name(called: ast.expr) -> str:
    return getattr(called, "id", "") or getattr(called, "attr", "")


def _is_like_a_code(text: str) -> bool:
    return text.islower() and not set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789-")
