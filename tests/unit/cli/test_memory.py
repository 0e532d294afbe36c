"""What is remembered is this user's own: not what somebody else has laid there."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.memory import read_memory, write_memory


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "haproxy-reconciler"


def test_it_is_read_again_and_is_nobody_else_s(place: Path) -> None:
    write_memory("a.json", b"1")
    write_memory("a.json", b"2")
    assert read_memory("a.json") == b"2"
    assert [file.name for file in place.iterdir()] == ["a.json"]
    assert place.stat().st_mode & 0o777 == 0o700
    assert (place / "a.json").stat().st_mode & 0o777 == 0o600


def test_a_directory_that_is_a_link_is_none(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (other / "a.json").write_bytes(b"theirs")
    place.symlink_to(other)
    with pytest.raises(OSError, match="haproxy-reconciler"):
        read_memory("a.json")
    with pytest.raises(OSError, match="haproxy-reconciler"):
        write_memory("b.json", b"1")
    assert [file.name for file in other.iterdir()] == ["a.json"]


def test_a_directory_that_others_may_write_into_is_none(place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)
    (place / "a.json").write_bytes(b"theirs")
    with pytest.raises(OSError, match="not this user's alone"):
        read_memory("a.json")
    with pytest.raises(OSError, match="not this user's alone"):
        write_memory("b.json", b"1")


def test_a_file_that_is_a_link_is_neither_read_nor_followed(place: Path, tmp_path: Path) -> None:
    place.mkdir(mode=0o700)
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")
    (place / "a.json").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        read_memory("a.json")
    write_memory("a.json", b"1")
    assert secret.read_bytes() == b"mine"
    assert read_memory("a.json") == b"1"
