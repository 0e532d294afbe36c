"""Overlays, includes and profiles from the command line, and in a daemon's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.files.variant import Variant
from reconciler.watch.sources.files import WatchedFiles
from tests.unit.cli.conftest import Run

BASE = "include: part/a.yaml\nbackends:\n  web: {image: a}\n"
PART = "name: shop\nbackends:\n  web: {port: 80, volumes: ['./conf:/etc/a']}\n"
OVER = "backends:\n  web: {replicas: 3}\n"


@pytest.fixture(autouse=True)
def files(run: Run) -> None:  # noqa: ARG001  # it changes into an empty directory
    Path("part").mkdir()
    for name, text in {"base.yaml": BASE, "part/a.yaml": PART, "over.yaml": OVER}.items():
        Path(name).write_text(text, encoding="utf-8")


def test_render_shows_the_merged_file(run: Run) -> None:
    done = run("render", "base.yaml", "--topology", "--overlay", "over.yaml")
    assert done.code == 0, done.err
    assert "replicas: 3" in done.out
    assert "./part/conf:/etc/a" in done.out
    assert "include" not in done.out


def test_an_error_in_a_part_is_shown_there(run: Run) -> None:
    Path("part/a.yaml").write_text(PART + "    nope: 1\n", encoding="utf-8")
    done = run("validate", "base.yaml")
    assert done.code == 1
    assert "--> part/a.yaml:4:" in done.err
    assert "|     nope: 1" in done.err


def test_an_overlay_needs_one_file(run: Run) -> None:
    Path("b.yaml").write_text(PART.replace("shop", "b"), encoding="utf-8")
    done = run("validate", "base.yaml", "b.yaml", "--overlay", "over.yaml")
    assert done.code == 1
    assert "error[overlay-of-several]" in done.err


def test_profiles_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("over.yaml").write_text("backends: {web: {profiles: [a]}}\n", encoding="utf-8")
    command = ("render", "base.yaml", "--overlay", "over.yaml")
    text = "frontends: {www: {bind: 80, default_backend: web}}\n"
    Path("base.yaml").write_text(BASE + text, encoding="utf-8")
    assert "--profile a" in run(*command).err
    assert run(*command, "--profile", "a").code == 0
    monkeypatch.setenv("RECONCILER_PROFILES", "b,a")
    assert run(*command).code == 0
    assert run(*command, "--profile", "b").code == 1


def test_a_daemon_follows_each_part() -> None:
    watched = WatchedFiles(("base.yaml",), (), Variant(("over.yaml",)))
    assert set(watched.read().good) == {"shop"}
    part = Path("part/a.yaml").resolve()
    assert str(part.parent) in watched.directories()
    for file in (part, Path("over.yaml")):
        before = watched.signature()
        file.write_text(file.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
        assert watched.signature() != before


@pytest.mark.parametrize("gone", ["part/a.yaml", "over.yaml"])
@pytest.mark.parametrize("text", [None, "backends: {web: {nope: 1}}"])
def test_a_daemon_that_misses_a_part_takes_nothing(gone: str, text: str | None) -> None:
    watched = WatchedFiles(("base.yaml",), (), Variant(("over.yaml",)))
    watched.read()
    if text is None:
        Path(gone).unlink()
    else:
        Path(gone).write_text(text, encoding="utf-8")
    reading = watched.read()
    assert reading.good == {}
    assert "base.yaml" in reading.broken
    Path(gone).write_text(PART if gone.startswith("part") else OVER, encoding="utf-8")
    assert set(watched.read().good) == {"shop"}
