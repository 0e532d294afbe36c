"""Modules that are loaded late are as ever to whoever uses them. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

DEFERRED = """
import sys
from reconciler.cli.deferred import defer_imports
defer_imports()
before = set(sys.modules)
"""
USES = {
    "a module": (
        "import importlib.metadata\nassert importlib.metadata.version('click')",
        "importlib.metadata",
    ),
    "a name of it": (
        "from importlib.metadata import PackageNotFoundError\nPackageNotFoundError.mro()",
        "importlib.metadata",
    ),
    "a function that pydantic takes": (
        "from importlib.metadata import entry_points\nassert entry_points(group='console_scripts')",
        "importlib.metadata",
    ),
    "another": ("import secrets\nassert len(secrets.token_hex(4)) == 8", "secrets"),
    "two threads": (
        "import secrets, threading\n"
        "found = []\n"
        "both = [threading.Thread(target=lambda: found.append(secrets.token_hex)) for _ in '12']\n"
        "[one.start() for one in both], [one.join() for one in both]\n"
        "assert len(found) == 2 and found[0] is found[1]",
        "secrets",
    ),
}


def run(code: str) -> None:
    done = subprocess.run(  # our own code
        [sys.executable, "-c", DEFERRED + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("use", "name"), USES.values(), ids=USES.keys())
def test_it_is_as_ever_when_it_is_used(use: str, name: str) -> None:
    run(f"{use}\nassert sys.modules[{name!r}].__spec__.origin")


def test_an_import_alone_loads_nothing() -> None:
    run(
        "import secrets, importlib.metadata\n"
        "from importlib.metadata import entry_points\n"
        "assert set(sys.modules) == before, set(sys.modules) - before\n"
    )


def test_what_is_loaded_by_then_stays() -> None:
    run(
        "import secrets\n"
        "real = secrets.token_hex\n"
        "defer_imports()\n"
        "assert sys.modules['secrets'].token_hex is real\n"
    )
