"""What is in the wheel: the types' marker and the schemas, and nothing of the tests."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from reconciler.view.schemas import NAMES
from tests.arch.source_tree import ROOT, imports_of, modules

WANTED = {"reconciler/py.typed", *(f"reconciler/schemas/{name}.v1.json" for name in NAMES)}


def test_what_the_wheel_is_told_to_hold() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = config["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["reconciler"]
    assert wheel["force-include"] == {"schemas": "reconciler/schemas"}
    assert (ROOT / "reconciler" / "py.typed").is_file()
    assert config["project"]["scripts"] == {"reconciler": "reconciler.cli.main:main"}


def test_the_wheel(tmp_path: Path) -> None:
    subprocess.run(  # pip, on our own sources
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            "--wheel-dir",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
        timeout=100,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert names >= WANTED
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "reconciler",
        "haproxy_reconciler",
    }


def test_what_is_imported_is_declared() -> None:
    """Also what comes with something else, which may do without it one day."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = (re.match(r"[\w.-]+", text) for text in config["project"]["dependencies"])
    declared = {match[0].replace("-", "_") for match in named if match}
    imported = {i.name for path in modules() for i in imports_of(path)}
    outside = {name.split(".")[0] for name in imported} - sys.stdlib_module_names - {"reconciler"}
    assert {"ruamel.yaml" if name == "ruamel" else name for name in outside} == declared


def test_few_places_are_kept_from_the_formatter() -> None:
    """Tables of words, which would stand one a line."""
    sources = [*ROOT.glob("reconciler/**/*.py"), *ROOT.glob("tests/**/*.py")]
    mark = "# fmt: " + "skip"
    assert sum(path.read_text(encoding="utf-8").count(mark) for path in sources) <= 20
