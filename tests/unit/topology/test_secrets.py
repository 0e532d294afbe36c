"""What a variable stood for is in no message: each value of a whole topology becomes a bad one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.spec import describe
from reconciler.diagnostics.place import Path
from reconciler.haproxy.control.sections import diff_config
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.reading.parse import parse_source
from tests.golden.rendering import DIRECTORY

PLAIN = parse_source((DIRECTORY / "everything.yaml").read_bytes(), "f", {}).value
NASTY = (
    "zq9",
    "zq9 Zq9!",
    "zq9:zq9",
    "zq9:/zq9:zq9",
    "99zq9",
    "zq9=zq9",
    "/zq9",
    "./zq9:/zq9",
    "zq9\nzq9",
    "zq9\0",
    "'zq9",
    "frontend zq9",
    "zq9:99999",
    "10.11.12.13",
)
SHOWS = re.compile(r"zq9|10\.11\.12\.13", re.IGNORECASE)


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every value; and every mapping or list, since a short form may stand for the whole."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))


def around(path: Path) -> Any:
    """The part of the topology that matters to `path`, which reads faster than all of it."""
    document = deepcopy(PLAIN)
    kept = {"name", "networks", path[0]}
    if path[0] in {"backends", "frontends"}:
        kept |= {"backends", "frontends"}
    for section in set(document) - kept:
        del document[section]
    for section in {"backends", "frontends"} & set(document):
        name = path[1] if path[0] == section and len(path) > 1 else {"backends": "web"}.get(section)
        document[section] = {
            k: v for k, v in document[section].items() if k in {name, "web", "www"}
        }
    return document


def load_with(paths: Iterable[Path], document: Any, text: str) -> Loaded:
    for path in paths:
        owner = document
        for part in path[:-1]:
            owner = owner[part]
        owner[path[-1]] = "${SECRET}"
    return load_topology(json.dumps(document).encode(), "f.yaml", {"SECRET": text})


def assert_silent(loaded: Loaded) -> None:
    for diagnostic in loaded.diagnostics:
        told = diagnostic.message + diagnostic.hint
        assert not SHOWS.search(told), (diagnostic.place.path, told)


@pytest.mark.parametrize("text", NASTY, ids=repr)
def test_no_message_shows_a_value_from_outside(text: str) -> None:
    """Many at once: each mistake is told, so each can be looked at."""
    ends = [path for path in leaves(PLAIN) if not isinstance(_at(path), dict | list)]
    assert len(ends) > 90
    for start in range(4):
        assert_silent(load_with(ends[start::4], deepcopy(PLAIN), text))


@pytest.mark.parametrize("text", ["zq9", "zq9:/zq9", "10.11.12.13"])
def test_no_message_shows_the_only_value_from_outside(text: str) -> None:
    """One at a time: what is right around it lets rules between fields speak."""
    for path in leaves(PLAIN):
        assert_silent(load_with([path], around(path), text))


@pytest.mark.parametrize("text", ["zq9", "/zq9", "7319", "7319s", "10.11.12.13"])
def test_no_plan_shows_a_value_from_outside(text: str) -> None:
    tried = 0
    for path in leaves(PLAIN):
        if path in {("name",), ("backends", "web", "image")} or {"networks", "replicas"} & set(
            path
        ):
            continue  # these name things that everybody sees in Docker
        loaded = load_with([path], around(path), text)
        if loaded.topology is None:
            continue
        tried += 1
        desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
        config = desired.config()
        shown = diff_config("", config.text) if config else []
        for container in desired.containers.values():
            shown += describe(container.spec, container.sensitive).values()
        assert text not in "\n".join(shown), path
    assert tried


def _at(path: Path) -> Any:
    value = PLAIN
    for part in path:
        value = value[part]
    return value
