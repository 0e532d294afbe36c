"""`diff`, between files and between revisions of a real git repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

SHOP = """\
name: shop
backends:
  web: {{image: "echo:{version}", port: 80, replicas: {replicas}, volumes: ["./data:/data"]}}
frontends:
  www: {{bind: 80, default_backend: web}}
"""


def shop(version: int = 1, replicas: int = 2) -> str:
    return SHOP.format(version=version, replicas=replicas)


def git(*arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(run: Run) -> Run:
    """Two commits: version 1, and version 2 that includes another file."""
    git("init", "-b", "main", ".")
    Path("more").mkdir()
    Path("more/shop.yaml").write_text(shop())
    git("add", ".")
    git("commit", "-m", "one")
    Path("more/shop.yaml").write_text("include: base.yaml\n" + shop(2))
    Path("more/base.yaml").write_text("haproxy: {timeouts: {client: 33s}}\n")
    git("add", ".")
    git("commit", "-m", "two")
    return run


def test_between_two_files(run: Run) -> None:
    Path("a.yaml").write_text(shop())
    Path("b.yaml").write_text(shop(2, 3))
    done = run("diff", "a.yaml", "b.yaml", "--detailed-exitcode")
    assert done.code == 2
    assert "image  echo:1 → echo:2" in " ".join(done.out.split()).replace("image ", "image  ")
    assert "1 to create, 2 to replace, 1 to change, 0 to remove" in done.out
    assert run("diff", "a.yaml", "a.yaml", "--detailed-exitcode").out == "shop: no difference\n"


def test_between_revisions(repository: Run) -> None:
    done = repository("diff", "HEAD~1..HEAD", "more/shop.yaml")
    assert done.code == 0, done.err
    assert "roll 2 containers" in done.out
    assert "timeout client 33s" in done.out
    assert "volumes" not in done.out, "what is relative begins where it always did"
    assert repository("diff", "HEAD..", "more/shop.yaml").out == "shop: no difference\n"
    Path("more/shop.yaml").write_text(shop(3))
    (plan,) = json.loads(repository("diff", "main..", "more/shop.yaml", "-o", "json").out)["plans"]
    assert plan["impact"] == "replace"
    assert (
        "<!-- haproxy-reconciler: shop -->"
        in repository("diff", "main..", "more/shop.yaml", "-o", "markdown").out
    )


def test_what_is_wrong_at_a_revision_is_told_there(repository: Run) -> None:
    Path("more/shop.yaml").write_text("name: shop\nbackend: 1\n")
    git("commit", "-am", "three")
    done = repository("diff", "HEAD~1..HEAD", "more/shop.yaml")
    assert done.code == 1
    assert "--> HEAD:more/shop.yaml:2:1" in done.err
    assert "2 | backend: 1" in done.err


@pytest.mark.parametrize("revisions", ["nothing..HEAD", "--help..HEAD", "HEAD..-x"])
def test_a_revision_that_is_none(repository: Run, revisions: str) -> None:
    done = repository("diff", "--", revisions, "more/shop.yaml")
    assert done.code == 1
    assert revisions in done.err


def test_two_topologies(run: Run) -> None:
    Path("a.yaml").write_text(shop())
    Path("b.yaml").write_text(shop().replace("name: shop", "name: other"))
    done = run("diff", "a.yaml", "b.yaml")
    assert (done.code, "two topologies" in done.err) == (1, True)
