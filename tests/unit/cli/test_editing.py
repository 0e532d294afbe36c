"""`fmt`, `set` and `scale`, as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

FILE = "name: a\nbackends:\n  web: {image: x,   port: 80}\n"
TIDY = "name: a\n\nbackends:\n  web: {image: x, port: 80}\n"
BUMPED = FILE.replace("image: x", "image: x:2")


@pytest.fixture
def shop() -> Path:
    path = Path("shop.yaml").resolve()
    path.write_text(FILE)
    return path


def test_fmt_writes_and_has_nothing_to_say(run: Run, shop: Path) -> None:
    shop.chmod(0o640)
    assert run("fmt", "shop.yaml") == run("fmt", "--check", "shop.yaml")
    assert shop.read_text() == TIDY
    assert shop.stat().st_mode & 0o777 == 0o640
    assert os.listdir(shop.parent) == ["shop.yaml"]


def test_fmt_check_and_diff_write_nothing(run: Run, shop: Path) -> None:
    done = run("fmt", "--check", "--diff", "shop.yaml")
    assert done.code == 1
    assert "+  web: {image: x, port: 80}\n" in done.out
    assert done.err == "shop.yaml: not laid out; `reconciler fmt` does it\n"
    assert run("fmt", "--diff", "shop.yaml").code == 0
    assert shop.read_text() == FILE


def test_fmt_of_a_link_writes_what_it_leads_to(run: Run, shop: Path) -> None:
    Path("link.yaml").symlink_to(shop)
    assert run("fmt", "link.yaml").code == 0
    assert Path("link.yaml").is_symlink()
    assert shop.read_text() == TIDY


def test_fmt_of_what_is_no_yaml_touches_no_file(run: Run, shop: Path) -> None:
    Path("bad.yaml").write_text("name: [\n")
    done = run("fmt", "shop.yaml", "bad.yaml")
    assert done.code == 1
    assert "error[yaml-syntax]" in done.err
    assert shop.read_text() == FILE


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        (("set", "backends.web.image=x:2", "shop.yaml"), BUMPED),
        (("scale", "web=3", "shop.yaml"), FILE.replace("80}", "80, replicas: 3}")),
        (("set", "shop.yaml", "name=b", "suspend=true"), FILE.replace("name: a", "name: b")
         + "suspend: true\n"),
    ],
)  # fmt: skip
def test_a_value_is_set(run: Run, shop: Path, arguments: tuple[str, ...], after: str) -> None:
    assert run(*arguments).code == 0
    assert shop.read_text() == after


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scale", "web=-1", "shop.yaml"), "error[out-of-range]: `replicas` is `-1`"),
        (("scale", "wbe=1", "shop.yaml"), "backend `wbe` has neither"),
        (("set", "backends.web=1", "shop.yaml"), "error[wrong-type]"),
        (("set", "name.x=1", "shop.yaml"), "error[not-set]: `name.x` is not set"),
        (("set", "shop.yaml"), "at least one value, `PATH=VALUE`"),
        (("set", "name=b", "shop.yaml", "other.yaml"), "one file at most"),
        (("set", "name=b"), "`topology.yaml` cannot be read"),
    ],
)
def test_nothing_is_written(run: Run, shop: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.code == 1
    assert said in done.err
    assert shop.read_text() == FILE


def test_what_was_wrong_before_is_another_matter(run: Run, shop: Path) -> None:
    shop.write_text(FILE + "haproxy: {image: '${NOWHERE}'}\n")
    assert run("set", "backends.web.image=x:2", "shop.yaml").code == 0
    assert shop.read_text() == BUMPED + "haproxy: {image: '${NOWHERE}'}\n"


def test_a_file_that_cannot_be_written_is_told(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    done = run("fmt", "shop.yaml")
    assert done.code == 1
    assert "error[not-written]: `shop.yaml` cannot be written" in done.err
    assert shop.read_text() == FILE
