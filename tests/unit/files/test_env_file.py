"""Files with the environment of containers: who wins, what is told, and what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.spec import describe
from reconciler.files.inputs import Inputs, load_inputs
from reconciler.run.compiled import CompiledTopology, compile_inputs


def load(directory: Path, env_file: str, **files: str | bytes) -> Inputs:
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (directory / f"{name}.env").write_bytes(data)
    file = directory / "shop.yaml"
    file.write_text(
        "name: shop\nbackends:\n  web: {image: web, env: {LEVEL: info}, "
        f"env_file: {env_file}}}\n"
    )
    return load_inputs([str(file)], [])


def wish_of(inputs: Inputs) -> CompiledTopology:
    assert inputs.diagnostics == ()
    (wish,) = compile_inputs(inputs)
    return wish


def container_of(inputs: Inputs) -> DesiredContainer:
    (container,) = wish_of(inputs).desired.containers.values()
    return container


def test_who_wins(tmp_path: Path) -> None:
    inputs = load(tmp_path, "[a.env, {path: ./b.env}]", a="A=1\nB=1\nLEVEL=debug\n", b="B=2\n")
    assert dict(container_of(inputs).spec.env) == {"A": "1", "B": "2", "LEVEL": "info"}


def test_a_file_that_need_not_be_there(tmp_path: Path) -> None:
    env_file = "[{path: a.env, required: false}]"
    before = container_of(load(tmp_path, env_file))
    assert dict(before.spec.env) == {"LEVEL": "info"}
    after = container_of(load(tmp_path, env_file, a="A=1"))
    assert dict(after.spec.env) == {"A": "1", "LEVEL": "info"}
    assert after.revision != before.revision


def test_a_value_is_in_the_revision_and_is_not_shown(tmp_path: Path) -> None:
    wishes = [wish_of(load(tmp_path, "a.env", a=f"TOKEN={text}")) for text in ("hunter1", "other2")]
    before, after = (next(iter(wish.desired.containers.values())) for wish in wishes)
    assert before.revision != after.revision
    shown = describe(before.spec, before.sensitive)
    assert shown["env.LEVEL"] == "info"
    assert shown["env.TOKEN"].startswith("${env_file}#")
    assert "hunter1" not in str(shown)
    assert wishes[0].secrets == ("hunter1",)


WRONG: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "no file": ({}, "unreadable-file", "`a.env` cannot be read: no such file or directory"),
    "no pair": (
        {"a": "A=1\nhush"},
        "bad-env-file",
        "`a.env` is wrong in line 2: a line must be NAME=value",
    ),
    "no text": ({"a": b"A=\xff"}, "unreadable-file", "`a.env` cannot be read: it is not UTF-8"),
    "a NUL": ({"a": "A=\0"}, "unreadable-file", "`a.env` cannot be read: there is a NUL in it"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file(tmp_path: Path, name: str) -> None:
    files, code, message = WRONG[name]
    (found,) = load(tmp_path, "a.env", **files).diagnostics
    assert (found.code, found.message) == (code, message)
    assert found.place.span is not None
    assert found.place.span.line == 3
