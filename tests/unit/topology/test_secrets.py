"""What a variable stood for is in no message: each value of a whole topology becomes a bad one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from reconciler.haproxy.sections import diff_config
from reconciler.plan.compile import compile_topology
from reconciler.plan.spec import describe
from reconciler.topology.diagnostic import Path
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.source import parse_source
from tests.golden.rendering import DIRECTORY

PLAIN = parse_source((DIRECTORY / "everything.yaml").read_bytes(), "f", {}).value
MARK = "zq9"
NASTY = ("zq9", "zq9 Zq9!", "zq9:zq9", "zq9:/zq9:zq9", "99zq9", "zq9=zq9", "/zq9", "./zq9:/zq9",
         "zq9\nzq9", "zq9\0", "'zq9", "frontend zq9", "zq9:99999", "10.11.12.13")  # fmt: skip


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*path, key))
            if isinstance(item, dict | list):
                yield (*path, key)  # a short form may stand for the whole
    elif path:
        yield path


def load_with(path: Path, text: str) -> Loaded:
    document = deepcopy(PLAIN)
    owner = document
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = "${SECRET}"
    return load_topology(json.dumps(document).encode(), "f.yaml", {"SECRET": text})


@pytest.mark.parametrize("text", NASTY, ids=repr)
def test_no_message_shows_a_value_from_outside(text: str) -> None:
    for path in leaves(PLAIN):
        loaded = load_with(path, text)
        for diagnostic in loaded.diagnostics:
            told = diagnostic.message + diagnostic.hint
            assert MARK not in told.lower(), (path, told)
            assert "10.11.12.13" not in told, (path, told)


GOOD_FOR = ("zq9", "/zq9", "zq9:/zq9", "7319", "7319s", "7319m", "10.11.12.13", "zq9:zq9", "73%")


@pytest.mark.parametrize("text", GOOD_FOR)
def test_no_plan_shows_a_value_from_outside(text: str) -> None:
    tried = 0
    for path in leaves(PLAIN):
        if path in {("name",), ("backends", "web", "image")} or path[-1] in {"networks", "bind"}:
            continue  # these name things that everybody sees in Docker
        topology = (loaded := load_with(path, text)).topology
        if topology is None:
            continue
        tried += 1
        desired = compile_topology(topology, "/srv", loaded.sensitive)
        config = desired.config()
        shown = "\n".join(diff_config("", config.text)) if config else ""
        for container in desired.containers.values():
            if path[0] == "backends":
                shown += "\n".join(describe(container.spec, container.sensitive).values())
        assert text not in shown, path
    assert tried
