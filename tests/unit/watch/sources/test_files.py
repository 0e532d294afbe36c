"""What is read of the watched paths, and which of the files are gone for certain."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.events.news import News
from reconciler.files import inputs
from reconciler.topology.reading.layers import Document
from reconciler.watch.follower import Follower
from reconciler.watch.mailbox import Goal
from reconciler.watch.sources.files import WatchedFiles, follow_files
from tests.integration.support.waiting import await_true
from tests.unit.watch.watching import Ear

GOOD = "name: {}\nbackends: {{web: {{image: '${{IMAGE:-a}}', port: 80}}}}\n"


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


def write(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(name), encoding="utf-8")
    return path


def test_a_directory_and_what_is_wrong_in_it(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "a")
    bad = write(tmp_path / "b.yml", "B")
    write(tmp_path / "c.txt", "c")
    reading = WatchedFiles((str(tmp_path),), ()).read()
    assert set(reading.good) == {"a"}
    assert set(reading.broken) == {str(bad)}


def test_two_files_of_one_name(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "a")
    second = write(tmp_path / "b.yaml", "a")
    reading = WatchedFiles((str(tmp_path),), ()).read()
    assert set(reading.broken) == {str(second)}
    assert reading.good["a"].loaded.file == str(tmp_path / "a.yaml")


def test_variables_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "a")
    env = tmp_path / "env"
    reading = WatchedFiles((str(file),), (str(env),)).read()
    assert reading.good == {}
    assert set(reading.broken) == {str(file), str(env)}
    env.write_text("IMAGE=b\n", encoding="utf-8")
    watched = WatchedFiles((str(file),), (str(env),))
    before = watched.signature()
    assert set(watched.read().good) == {"a"}
    env.write_text("IMAGE=bc\n", encoding="utf-8")
    assert watched.signature() != before


def test_directories_of_links_and_of_what_is_not_there(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.yaml", "a")
    (tmp_path / "current").symlink_to("one")
    watched = WatchedFiles((str(tmp_path / "current"), str(tmp_path / "x" / "y" / "b.yaml")), ())
    before = watched.directories()
    assert {str(tmp_path), str(tmp_path / "one")} <= set(before)
    assert str(tmp_path / "x") not in before
    write(tmp_path / "two" / "a.yaml", "a")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("two")
    assert watched.directories() != before
    assert watched.concerns(None, str(tmp_path / "current"))
    assert watched.concerns(None, str(tmp_path / "x"))
    assert not watched.concerns(None, str(tmp_path / "app.log"))


class Told:
    """Keepers that remember who was told something."""

    def __init__(self) -> None:
        self.topologies: list[str] = []

    def write(self, topology: str, _cause: str, _goal: Goal) -> None:
        self.topologies.append(topology)


def test_a_pipe_among_the_files_ends_the_following_of_none(directory: Path) -> None:
    os.mkfifo(directory / "pipe.yaml")
    told, broken, stop, looked = Told(), list[News](), threading.Event(), threading.Event()
    follower = Follower(told, Ear(lambda _, news: broken.append(news)), prune=False)
    watched = WatchedFiles((str(directory),), ())
    thread = threading.Thread(
        target=follow_files, args=(watched, follower, stop, looked.set), daemon=True
    )
    thread.start()
    try:
        await_true(looked.is_set, "the look is told")
        assert told.topologies == ["ta", "tb", "tc"]
        assert [getattr(news, "file", "") for news in broken] == [str(directory / "pipe.yaml")]
        (directory / "new.yaml").write_text(GOOD.format("new"))
        await_true(lambda: "new" in told.topologies, "the edit is seen")
    finally:
        stop.set()
        thread.join(10)
