"""The order of the rooms: who may import whom, and what the pure ones may not touch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.arch.source_tree import (
    PACKAGE,
    Import,
    imports_of,
    module_id,
    modules,
    room_of,
    tree_of,
)

MAY_IMPORT = {
    "topology": {"topology"},
    "haproxy": {"haproxy"},
    "plan": {"plan", "topology", "haproxy"},
    "engine": {"engine", "plan", "topology", "haproxy"},
    "run": {"run", "engine", "plan", "topology", "haproxy"},
    "view": {"view", "plan", "topology", "haproxy"},
    "cli": {"cli", "view", "run", "engine", "plan", "topology", "haproxy"},
}
PURE = {"topology", "haproxy", "plan"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "datetime", "docker", "fcntl", "getpass", "glob", "io.open",
    "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil",
    "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
    "warnings", "watchfiles",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
LOADED_WHEN_NEEDED = {"docker", "prometheus_client", "rich", "watchfiles", "jsonschema"}
ROOMED = [path for path in modules() if room_of(path)]


def _ours(imported: Import) -> str | None:
    parts = imported.name.split(".")
    return parts[1] if parts[0] == "reconciler" and (PACKAGE / parts[1]).is_dir() else None


def _is_below(name: str, roots: set[str]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def test_every_room_has_its_rule() -> None:
    assert {room_of(path) for path in ROOMED} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", ROOMED, ids=module_id)
def test_imports_go_one_way(path: Path) -> None:
    allowed = MAY_IMPORT[room_of(path)]
    wrong = [i for i in imports_of(path) if (room := _ours(i)) is not None and room not in allowed]
    assert wrong == [], f"{room_of(path)} may import {sorted(allowed)}"


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_docker_is_imported_in_one_place(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "engine" / "docker"):
        return
    assert [i for i in imports_of(path) if _is_below(i.name, {"docker"})] == []


@pytest.mark.parametrize("path", [p for p in ROOMED if room_of(p) in PURE], ids=module_id)
def test_pure_rooms_touch_nothing_outside(path: Path) -> None:
    assert [i for i in imports_of(path) if _is_below(i.name, IMPURE_MODULES)] == []
    names = {getattr(node, "id", None) for node in _calls(path)}
    assert names & IMPURE_CALLS == set()


def _calls(path: Path) -> list[object]:
    return [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


@pytest.mark.parametrize(
    "path", [p for p in ROOMED if room_of(p) in {"cli", "view"}], ids=module_id
)
def test_slow_imports_wait_until_they_are_needed(path: Path) -> None:
    early = [i for i in imports_of(path) if i.at_start and _is_below(i.name, LOADED_WHEN_NEEDED)]
    assert early == [], "import it in the function that needs it: the command starts faster"


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_every_module_states_its_rule(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "a module's docstring states its rule"
