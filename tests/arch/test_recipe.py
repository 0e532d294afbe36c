"""CONTRIBUTING's recipe for an option, followed to the letter on a copy of the package: what it
takes is counted, and what comes of it is what a user would want."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.arch.source_tree import PACKAGE

MOST_FILES = 4
Edits = dict[str, tuple[str, str]]
"""By file, a line that is there, and the line that follows it from now on."""

FOR_DOCKER: Edits = {
    "topology/model/options.py": (
        "    user: User | None = None\n",
        "    moods: Annotated[tuple[Text, ...], BeforeValidator(listed), Appends()] = ()\n",
    ),
    "desired/options.py": (
        '    user: str | None = option(None, config("User"))\n',
        '    moods: tuple[str, ...] = option((), host("Moods"))\n',
    ),
}
FOR_HAPROXY: Edits = {
    "topology/model/backend.py": (
        '    """Each server\'s weight."""\n',
        '    reuse: Annotated[Literal["safe", "always"] | None, HttpOnly()] = None\n',
    ),
    "desired/proxy/settings.py": (
        "        retries=backend.retries,\n",
        "        reuse=backend.reuse,\n",
    ),
    "haproxy/model/settings.py": (
        "    retries: int | None = None\n",
        "    reuse: str | None = None\n",
    ),
    "haproxy/render/settings.py": (
        "    yield from timeout_lines(settings.timeouts, path)\n",
        "    if settings.reuse is not None:\n"
        '        yield Line(f"    http-reuse {settings.reuse}", (*path, "reuse"))\n',
    ),
}

WALK = """
import json, sys
from reconciler.desired.compile import compile_topology
from reconciler.engine.docker.translate import create_body
from reconciler.topology.load import load_topology
from reconciler.topology.reading.layers import Document, Layers

file, overlays, variables = json.loads(sys.argv[1])
documents = tuple(Document(f"{at}", "/", text.encode()) for at, text in enumerate(overlays))
layers = Layers("/", documents)
loaded = load_topology(file.encode(), "shop.yaml", variables, layers)
if loaded.topology is None:
    print(json.dumps([d.code for d in loaded.diagnostics]))
else:
    desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
    server = next(c for c in desired.containers.values() if c.slot.backend == "web")
    config = desired.config()
    print(json.dumps([server.revision, create_body("shop", server, "x"), config.text]))
"""
WEB = """\
name: shop
backends:
  web: {image: a, port: 80%s}
frontends: {www: {bind: 80, default_backend: web}}
"""


def follow(edits: Edits, directory: Path) -> Path:
    shutil.copytree(PACKAGE, directory / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, new) in edits.items():
        path = directory / PACKAGE.name / name
        text = path.read_text(encoding="utf-8")
        assert text.count(line) == 1, f"the recipe is to be told anew for {name}"
        path.write_text(text.replace(line, line + new), encoding="utf-8")
    return directory


def walk(house: Path, more: str, *overlays: str, **variables: str) -> Any:
    asked = json.dumps([WEB % more, overlays, variables])
    found = subprocess.run(
        [sys.executable, "-c", WALK, asked],
        cwd=house,
        env={"PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.fixture(scope="module")
def with_moods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(FOR_DOCKER, tmp_path_factory.mktemp("docker"))


@pytest.fixture(scope="module")
def with_reuse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(FOR_HAPROXY, tmp_path_factory.mktemp("haproxy"))


@pytest.mark.parametrize("edits", [FOR_DOCKER, FOR_HAPROXY], ids=["Docker", "HAProxy"])
def test_an_option_takes_few_files(edits: Edits) -> None:
    assert len(edits) <= MOST_FILES


def test_docker_gets_the_option(with_moods: Path) -> None:
    revision, body, _ = walk(with_moods, ", moods: [calm, '${MOOD}']", MOOD="wry")
    assert body["HostConfig"]["Moods"] == ["calm", "wry"]
    spec = json.loads(body["Labels"]["io.haproxy-reconciler.spec"])
    assert spec["moods"].startswith("${MOOD}#")
    plain, body, _ = walk(with_moods, "")
    assert plain != revision
    assert "Moods" not in body["HostConfig"]


def test_nobodys_containers_are_made_anew_for_it(with_moods: Path) -> None:
    assert walk(with_moods, "")[0] == walk(PACKAGE.parent, "")[0]


def test_it_grows_where_files_are_merged(with_moods: Path) -> None:
    _, body, _ = walk(with_moods, ", moods: calm", "backends: {web: {moods: [wry]}}")
    assert body["HostConfig"]["Moods"] == ["calm", "wry"]


def test_it_is_refused_where_there_are_no_containers(with_moods: Path) -> None:
    more = "}\n  far: {servers: 'db.example.com:1', moods: calm"
    assert walk(with_moods, more) == ["no-containers"]


def test_haproxy_gets_the_option(with_reuse: Path) -> None:
    _, _, config = walk(with_reuse, ", reuse: always")
    assert "    http-reuse always\n" in config
    assert "http-reuse" not in walk(with_reuse, "")[2]


def test_it_is_refused_in_tcp(with_reuse: Path) -> None:
    assert walk(with_reuse, ", mode: tcp, reuse: always") == ["mode-mismatch"]
