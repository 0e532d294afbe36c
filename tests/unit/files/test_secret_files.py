"""Secrets and configs from outside of the file: read, told when they are missing, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.spec import describe
from reconciler.files.inputs import OF_FILES, Inputs, load_inputs
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.watch.sources.files import WatchedFiles

FILE = """\
name: shop
secrets:
  db: {file: ./db}
  token: {environment: SHOP_TOKEN}
  unused: {file: ./nowhere}
configs:
  app: {content: level = info}
backends:
  web: {image: web, secrets: [token, db], configs: [app], before: migrate}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "db").write_bytes(b"hunter one\nx\n\xff\0")
    monkeypatch.setenv("SHOP_TOKEN", "hunter two")
    (file := tmp_path / "shop.yaml").write_text(FILE)
    return file


def wish_of(inputs: Inputs) -> CompiledTopology:
    assert inputs.diagnostics == ()
    (wish,) = compile_inputs(inputs)
    return wish


def test_contents_are_in_files_and_revisions_and_nowhere_else(file: Path) -> None:
    wish = wish_of(load_inputs([str(file)], []))
    (server,) = wish.desired.containers.values()
    contents = {one.target: one.content for one in server.spec.files}
    assert contents == {
        "/app": b"level = info",
        "/run/secrets/db": b"hunter one\nx\n\xff\0",
        "/run/secrets/token": b"hunter two",
    }
    ((job,),) = wish.desired.jobs.values()
    assert job.container.spec.files == server.spec.files
    assert wish.secrets == ("hunter one", "hunter two")

    (file.parent / "db").write_bytes(b"hunter three")
    ((after),) = wish_of(load_inputs([str(file)], [])).desired.containers.values()
    assert after.revision != server.revision
    shown = [describe(one.spec, one.sensitive) for one in (server, job.container, after)]
    kinds = {
        "configs.app": "${content}",
        "secrets.db": "${file}",
        "secrets.token": "${environment}",
    }
    for text in shown:
        assert {name: text[name].partition("#")[0] for name in kinds} == kinds
    assert shown[0]["secrets.db"] != shown[2]["secrets.db"]
    assert shown[0]["secrets.token"] == shown[2]["secrets.token"]
    assert "hunter" not in f"{shown} {wish.desired}"


def test_a_daemon_follows_the_file(file: Path) -> None:
    watched = WatchedFiles((str(file),), ())
    watched.read()
    assert str(file.parent / "db") in watched.referred
    assert not any("nowhere" in name or "SHOP_TOKEN" in name for name in watched.referred)


def test_what_is_missing_is_told_at_its_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "db").unlink()
    monkeypatch.delenv("SHOP_TOKEN")
    found = load_inputs([str(file)], [])
    told = [
        (d.code, d.place.span and (d.place.span.line, d.place.span.column))
        for d in found.diagnostics
    ]
    assert told == [("missing-variable", (4, 24)), ("unreadable-file", (3, 14))]
    assert not load_inputs([str(file)], [], OF_FILES).has_errors

    (file.parent / "more.env").write_text("SHOP_TOKEN=hunter\n")
    (file.parent / "db").touch()
    assert not load_inputs([str(file)], [str(file.parent / "more.env")]).has_errors
