"""Files with the labels of containers: who wins, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.spec import describe
from reconciler.files.inputs import Inputs, load_inputs
from reconciler.run.compiled import compile_inputs


def load(directory: Path, label_file: str, **files: str | bytes) -> Inputs:
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (directory / f"{name}.labels").write_bytes(data)
    file = directory / "shop.yaml"
    file.write_text(
        "name: shop\nbackends:\n  web: {image: web, labels: {tier: one}, "
        f"label_file: {label_file}}}\n"
    )
    return load_inputs([str(file)], [])


def test_who_wins(tmp_path: Path) -> None:
    inputs = load(tmp_path, "[a.labels, ./b.labels]", a="com.a/b-c=1\nx=1\ntier=2\n", b="x='2 3'\n")
    assert inputs.diagnostics == ()
    (wish,) = compile_inputs(inputs)
    (container,) = wish.desired.containers.values()
    assert dict(container.spec.labels) == {"com.a/b-c": "1", "x": "2 3", "tier": "one"}
    assert describe(container.spec, container.sensitive)["labels.x"] == "2 3"


WRONG: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "no file": ({}, "unreadable-file", "`a.labels` cannot be read: no such file or directory"),
    "no pair": (
        {"a": "a=1\nhush"},
        "bad-label-file",
        "`a.labels` is wrong in line 2: a line must be NAME=value",
    ),
    "no name": (
        {"a": "-a=hush"},
        "bad-label-file",
        "`a.labels` is wrong in line 1: a line must be NAME=value",
    ),
    "no text": ({"a": b"a=\xff"}, "unreadable-file", "`a.labels` cannot be read: it is not UTF-8"),
    "ours": (
        {"a": "io.haproxy-reconciler.slot=1"},
        "bad-label-file",
        "`a.labels` says `io.haproxy-reconciler.slot`, a label of this tool's own",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file(tmp_path: Path, name: str) -> None:
    files, code, message = WRONG[name]
    (found,) = load(tmp_path, "a.labels", **files).diagnostics
    assert (found.code, found.message) == (code, message)
    assert found.place.span is not None
    assert found.place.span.line == 3
