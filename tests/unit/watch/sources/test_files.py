"""What is read of the watched paths, and which of the files are gone for certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.files import inputs
from reconciler.topology.reading.layers import Document
from reconciler.watch.sources.files import WatchedFiles

GOOD = "name: {}\nbackends: {{web: {{image: a, port: 80}}}}\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(GOOD.format(f"t{name}"), encoding="utf-8")
    return tmp_path


def known(directory: Path) -> list[str]:
    return [str(directory / f"{name}.yaml") for name in ("a", "b", "c")]


def test_a_file_that_cannot_be_opened_hides_no_other(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = inputs._read

    def refuse(file: Path) -> Document:
        if file.name == "b.yaml":
            raise OSError(24, "Too many open files")
        return read(file)

    monkeypatch.setattr(inputs, "_read", refuse)
    reading = WatchedFiles((str(directory),), ()).read(known(directory))
    assert set(reading.good) == {"ta", "tc"}
    assert set(reading.broken) == {str(directory / "b.yaml")}
    assert reading.gone == frozenset()


def test_a_deleted_file_is_gone(directory: Path) -> None:
    watched = WatchedFiles((str(directory),), ())
    watched.read()
    (directory / "b.yaml").unlink()
    assert watched.read(known(directory)).gone == {str(directory / "b.yaml")}


def test_a_file_that_was_named_itself(directory: Path) -> None:
    file = str(directory / "a.yaml")
    watched = WatchedFiles((file,), ())
    watched.read()
    Path(file).unlink()
    reading = watched.read([file])
    assert reading.gone == {file}
    assert not reading.broken


@pytest.mark.parametrize("disk", [7, None], ids=["unmounted", "away"])
def test_what_is_out_of_sight_is_not_gone(
    directory: Path, monkeypatch: pytest.MonkeyPatch, disk: int | None
) -> None:
    watched = WatchedFiles((str(directory),), ())
    watched.read()
    for file in known(directory):
        Path(file).unlink()
    monkeypatch.setattr("reconciler.watch.sources.files._disk", lambda _: disk)
    assert watched.read(known(directory)).gone == frozenset()
