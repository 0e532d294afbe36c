"""The order of the rooms and of what is inside them: who may import whom, and what the pure ones
may not touch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.arch.source_tree import PACKAGE, Import, imports_of, module_id, modules, room_of, tree_of

BELOW_PLAN = {"diagnostics", "topology", "haproxy", "desired"}
MAY_IMPORT = {
    "diagnostics": set[str](),
    "topology": {"diagnostics"},
    "haproxy": {"diagnostics"},
    "desired": {"diagnostics", "topology", "haproxy"},
    "plan": BELOW_PLAN,
    "events": BELOW_PLAN | {"plan"},
    "engine": BELOW_PLAN | {"plan", "events", "files"},
    "files": {"diagnostics", "topology"},
    "view": BELOW_PLAN | {"plan", "events"},
    "run": BELOW_PLAN | {"plan", "events", "engine", "files"},
    "watch": BELOW_PLAN | {"plan", "events", "engine", "files", "run", "view"},
    "cli": BELOW_PLAN | {"plan", "events", "engine", "files", "run", "view", "watch"},
}
FROM_THE_GROUND_UP = {
    "topology": (
        "duration", "labels", "model/", "reading/", "wording/", "mounts", "placeholders", "traffic",
        "networks", "profiles", "rules/", "references", "load", "difference", "schema", "writing/",
    ),
    "topology/model": ("marks", "types/", "*"),
    "haproxy": ("paths", "slots", "model/", "config", "render/", "control/"),
    "desired": (
        "alike", "impact", "marks", "resources", "names", "ownership", "options", "order",
        "rollout", "spec", "networks", "sensitive", "desired", "addresses", "proxy/", "containers/",
        "compile",
    ),
    "plan": (
        "actions", "observed", "action_labels", "plan", "decide/", "max_impact", "review",
        "situation", "changes", "steps/", "planner",
    ),
    "plan/steps": (
        "task", "effects", "gate", "prerequisites", "in_place", "containers", "jobs", "holders",
        "rollout/", "backends", "proxy/", "removals",
    ),
    "engine": ("bounds", "errors", "protocol", "waiting", "trace", "memory/", "docker/"),
    "engine/docker": (
        "answers", "connect", "options", "remove", "times", "exec", "images", "files", "refusals",
        "wait", "haproxy/", "translate", "events", "snapshot", "host", "inspections", "lock",
        "observe", "perform", "engine", "wakeups",
    ),
    "watch": (
        "clock", "repairs", "mailbox", "table", "state", "lock", "current_pass",
        "keeper", "audience", "daemon", "follower", "sources/", "http", "logpipe", "signals",
        "systemd", "service",
    ),
    "view": ("*", "reports/"),
    "cli": ("*", "commands/"),
}  # fmt: skip
"""In rooms with rooms inside: each module or folder (with a slash) imports those before it, and
none that follow. `*` are all modules that are not named."""
PURE = {"diagnostics", "topology", "haproxy", "desired", "plan", "events"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "datetime", "docker", "fcntl", "getpass", "glob", "io.open",
    "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil",
    "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
    "warnings", "watchfiles",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
LOADED_WHEN_NEEDED = {"docker", "prometheus_client", "rich", "watchfiles", "jsonschema"}
MOST_MODULES = 20
CROWDED = {"topology/model"}
"""It has a module for each section of the file, and there are many."""
ROOMED = [path for path in modules() if room_of(path)]
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in modules()
}


def _ours(imported: Import) -> str | None:
    parts = imported.name.split(".")
    return parts[1] if parts[0] == "reconciler" and (PACKAGE / parts[1]).is_dir() else None


def _is_below(name: str, roots: set[str]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def _imported(path: Path) -> set[Path]:
    """The modules of the package that one imports, itself aside."""
    found = set()
    for imported in imports_of(path):
        whole, _, parent = imported.name, *imported.name.rpartition(".")[1::-1]
        names = (whole, parent, f"{whole}.__init__", f"{parent}.__init__")
        found |= {MODULES[name] for name in names if name in MODULES}
    return found - {path}


def _folder(path: Path) -> str:
    return str(path.parent.relative_to(PACKAGE))


def _node_in(room: str, path: Path) -> str:
    """What stands in a room for a module of it: the module, or the folder that it is in."""
    inside = path.relative_to(PACKAGE / room)
    return inside.stem if len(inside.parts) == 1 else f"{inside.parts[0]}/"


def _floor(room: str, node: str) -> int:
    order = FROM_THE_GROUND_UP[room]
    return order.index(node if node in order else "*")


def test_every_room_has_its_rule() -> None:
    assert {room_of(path) for path in ROOMED} == set(MAY_IMPORT)


def test_every_room_with_rooms_inside_has_its_order() -> None:
    with_folders = {_folder(path.parent) for path in ROOMED} - {"."}
    assert set(FROM_THE_GROUND_UP) == with_folders


@pytest.mark.parametrize("path", ROOMED, ids=module_id)
def test_imports_go_one_way(path: Path) -> None:
    allowed = MAY_IMPORT[room_of(path)] | {room_of(path)}
    wrong = [i for i in imports_of(path) if (room := _ours(i)) is not None and room not in allowed]
    assert wrong == [], f"{room_of(path)} may import {sorted(allowed)}"


@pytest.mark.parametrize("room", FROM_THE_GROUND_UP)
def test_imports_inside_a_room_go_one_way(room: str) -> None:
    inside = [p for p in ROOMED if (PACKAGE / room) in p.parents and p.stem != "__init__"]
    wrong = [
        f"{module_id(path)} imports {module_id(other)}"
        for path in inside
        for other in _imported(path).intersection(inside)
        if _floor(room, _node_in(room, other)) > _floor(room, _node_in(room, path))
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    imports = {path: _imported(path) for path in modules() if path.stem != "__init__"}
    while free := [path for path, others in imports.items() if not others & imports.keys()]:
        for path in free:
            del imports[path]
    assert {module_id(path) for path in imports} == set()


def test_no_room_is_crowded() -> None:
    numbers: dict[str, int] = {}
    for path in ROOMED:
        if path.stem != "__init__":
            numbers[_folder(path)] = numbers.get(_folder(path), 0) + 1
    crowded = {folder: number for folder, number in numbers.items() if number > MOST_MODULES}
    assert set(crowded) == CROWDED, crowded


def test_no_module_is_a_crumb() -> None:
    """Under 15 lines, and one other module could hold it."""
    short = [
        path
        for path in ROOMED
        if path.stem != "__init__" and path.read_text(encoding="utf-8").count("\n") < 15
    ]
    users = {path: [m for m in modules() if path in _imported(m)] for path in short}
    assert [module_id(path) for path, by in users.items() if len(by) == 1] == []


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
    "path", [p for p in ROOMED if room_of(p) in {"cli", "view", "watch", "files"}], ids=module_id
)
def test_slow_imports_wait_until_they_are_needed(path: Path) -> None:
    early = [i for i in imports_of(path) if i.at_start and _is_below(i.name, LOADED_WHEN_NEEDED)]
    assert early == [], "import it in the function that needs it: the command starts faster"


def test_the_public_api_is_for_others() -> None:
    """It imports what the command does, and nothing of the command; nobody in the house uses it."""
    users = [
        p for p in modules() if any(_is_below(i.name, {"reconciler.api"}) for i in imports_of(p))
    ]
    assert [module_id(path) for path in users if path != PACKAGE / "__init__.py"] == []
    assert [i for i in imports_of(PACKAGE / "api.py") if _ours(i) == "cli"] == []


def test_only_one_module_sleeps() -> None:
    """Who waits asks `tries`, or waits for an event."""
    sleepers = [path for path in modules() if any(i.name == "time.sleep" for i in imports_of(path))]
    calls = [p for p in modules() if any(getattr(n, "attr", "") == "sleep" for n in _calls(p))]
    assert [module_id(path) for path in {*sleepers, *calls}] == ["reconciler/engine/waiting.py"]


@pytest.mark.parametrize("path", modules(), ids=module_id)
def test_every_module_states_its_rule(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "a module's docstring states its rule"
