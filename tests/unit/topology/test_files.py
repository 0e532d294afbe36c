"""Secrets and configs: where they are, what is wrong with them, and that nothing shows them."""

from __future__ import annotations

import pytest

from reconciler.topology.difference import describe_difference
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.mounts import file_mounts
from reconciler.view.topology import render_topology

FILE = """\
name: shop
secrets: {{db: {source}}}
configs: {{app: {{content: "level = $LEVEL"}}}}
backends:
  web: {{image: a, {more}}}
"""


def load(source: str = "{content: hunter2}", more: str = "secrets: [db]") -> Loaded:
    text = FILE.format(source=source, more=more)
    return load_topology(text.encode(), "t", {"LEVEL": "info"})


TARGETS = {
    "secrets: db": ["/run/secrets/db"],
    "configs: [app]": ["/app"],
    "secrets: [db, {source: db, target: x/y}]": ["/run/secrets/db", "/run/secrets/x/y"],
    "secrets: {source: db, target: /etc//db}": ["/etc/db"],
    "configs: [{source: app, target: etc/app.conf}]": ["/etc/app.conf"],
}


@pytest.mark.parametrize(("more", "targets"), TARGETS.items())
def test_where_they_are(more: str, targets: list[str]) -> None:
    topology = load(more=more).topology
    assert topology is not None
    assert [mounted.target for mounted in file_mounts(topology.backends["web"])] == targets


@pytest.mark.parametrize("mode", ["0440", "0o440", '"0440"'])
def test_a_mode_is_octal(mode: str) -> None:
    topology = load(more=f'secrets: {{source: db, mode: {mode}, uid: "7"}}').topology
    assert topology is not None
    (wish,) = topology.backends["web"].secrets
    assert (wish.mode, wish.uid, wish.gid) == (0o440, 7, 0)


SOURCES = {
    "{}": ("missing-key", (2, 15)),
    "{file: }": ("missing-key", (2, 15)),
    "{file: a, content: hunter2}": ("bad-value", (2, 22)),
    "{environment: a, content: hunter2}": ("bad-value", (2, 29)),
    "{external: true}": ("bad-value", (2, 26)),
    "{external: true, content: hunter2}": ("bad-value", (2, 26)),
    "{environment: $$A}": ("bad-value", (2, 29)),
    "{content: [hunter2]}": ("wrong-type", (2, 25)),
    "{file: ~/x}": ("bad-value", (2, 22)),
    "hunter2": ("wrong-type", (2, 15)),
}


@pytest.mark.parametrize(("source", "problem"), SOURCES.items())
def test_what_they_hold_is_said_once(source: str, problem: tuple[str, tuple[int, int]]) -> None:
    loaded = load(source)
    (found,) = loaded.diagnostics
    assert found.place.span is not None
    assert (found.code, (found.place.span.line, found.place.span.column)) == problem
    if "content: " in source:
        assert "hunter2" not in f"{loaded.diagnostics} {loaded.texts}"


USES = {
    "secrets: [bd]": "unknown-secret",
    "configs: [db]": "unknown-config",
    "secrets: [{source: db, mode: 440}]": "bad-value",
    "secrets: [{source: db, mode: u+r}]": "bad-value",
    "secrets: [{source: db, target: x/}]": "bad-value",
    "secrets: [{source: db, target: ../x}]": "bad-value",
    "secrets: [{target: x}]": "missing-key",
    "secrets: [db, {source: db, uid: 1}]": "same-target",
    "secrets: [db], tmpfs: /run/secrets/db": "same-target",
    "secrets: [db], tmpfs: /run/secrets": "no-place-for-file",
    'secrets: [db], volumes: ["d:/run"]': "no-place-for-file",
    "configs: [app], read_only: true": "no-place-for-file",
}


@pytest.mark.parametrize(("more", "code"), USES.items())
def test_what_is_wrong_with_a_use(more: str, code: str) -> None:
    (found,) = load(more=more).diagnostics
    assert found.code == code
    assert found.place.span is not None
    assert found.place.span.line == 5


def test_servers_that_are_no_containers_have_none() -> None:
    text = FILE.format(source="{file: x}", more="").replace("image: a", 'servers: "a.b:80"')
    loaded = load_topology(text.replace(", }", ", secrets: [db]}").encode(), "t", {"LEVEL": "info"})
    assert [found.code for found in loaded.diagnostics] == ["no-containers"]


def test_a_log_tells_that_content_changed_and_not_what_it_is() -> None:
    assert describe_difference(load(), load("{content: hunter3}")) == "secrets.db.content"
    assert describe_difference(load(), load("{file: ./x}")) == (
        "secrets.db.file unset → ./x, secrets.db.content"
    )


def test_a_merged_file_has_a_variable_in_place_of_content() -> None:
    loaded = load()
    text = "\n".join(render_topology(loaded.source))
    assert "hunter2" not in text
    assert "hunter2" not in repr(loaded.topology)
    again = load_topology(text.encode(), "t", {"SECRETS_DB": "x", "CONFIGS_APP": "y"})
    assert again.topology is not None
    assert again.topology.secrets["db"].content == "x"
    lost = load_topology(text.encode(), "t", {})
    assert {found.code for found in lost.diagnostics} == {"missing-variable"}
