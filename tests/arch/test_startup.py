"""What commands pay at each start, held without a clock: which modules they load, and how classes
are made. ADR 16 has the reasons and the figures."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.arch.source_tree import PACKAGE, imports_of, module_id, modules, tree_of

TOPOLOGY = """\
name: s
frontends: {f: {bind: 80, default_backend: b}}
backends: {b: {image: i, port: 1}}
"""
LOADED = """
import sys
sys.argv = ["reconciler", "validate", "-"]
from reconciler.cli.main import main
try:
    main()
except SystemExit as done:
    assert done.code == 0, done.code
print("@", *sys.modules)
"""
NOT_ON_THE_WAY = {"difflib", "email", "zipfile", "hashlib", "tempfile", "concurrent", "logging"}
MOST_MODULES = 135
"""Of ours: each costs a search, a file and a code object."""
MOST_ON_THE_SHORT_WAY = 40
COUNTED = {"reconciler/desired/spec.py", "reconciler/desired/options.py"}
"""Content that counts in no comparison, which dataclasses can say of a field."""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    done = subprocess.run(  # our own command
        [sys.executable, "-c", LOADED],
        input=TOPOLOGY,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.rpartition("@ ")[2].split())


def test_what_a_valid_file_does_not_load(loaded: set[str]) -> None:
    assert "pydantic" in loaded
    assert loaded & NOT_ON_THE_WAY == set()


def test_how_many_modules_a_valid_file_loads(loaded: set[str]) -> None:
    ours = {name for name in loaded if name.startswith("reconciler")}
    assert 80 < len(ours) <= MOST_MODULES


def test_the_short_way_of_an_apply_loads_little() -> None:
    code = (
        "import sys; from reconciler.cli.deferred import defer_imports; defer_imports(); "
        "import reconciler.cli.main, reconciler.cli.commands.apply; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    found = set(done.stdout.split())
    assert sum(name.startswith("reconciler") for name in found) <= MOST_ON_THE_SHORT_WAY
    assert found & {"pydantic", "docker", "ruamel.yaml", "reconciler.haproxy.model"} == set()


def test_values_are_structs() -> None:
    """Also because `dataclasses.replace` takes no struct, and the type checker thinks it does."""
    found = {
        module_id(path)
        for path in modules()
        if any(i.name.startswith("dataclasses.") for i in imports_of(path))
    }
    assert found == COUNTED


def test_models_read_their_annotations_once() -> None:
    """Text is compiled for each field, at each start: a fifth of what the models cost."""
    models, postponed = set(), set()
    for path in (PACKAGE / "topology" / "model").rglob("*.py"):
        if any(isinstance(n, ast.ClassDef) and _is_model(n) for n in tree_of(path).body):
            models.add(path)
        if any(i.name == "__future__.annotations" for i in imports_of(path)):
            postponed.add(path)
    assert len(models) > 25
    assert {module_id(path) for path in models & postponed} == set()


def _is_model(node: ast.ClassDef) -> bool:
    fields = any(isinstance(part, ast.AnnAssign) for part in node.body)
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return fields and not bases & {"Struct", "NamedTuple"}
