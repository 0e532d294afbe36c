"""Thousands of broken topologies: always diagnostics, never a traceback, always inside the file."""

from __future__ import annotations

import json
import os
import random
import time
from copy import deepcopy
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.diagnostics.codes import CODES
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.reading.layers import Document, Layers
from reconciler.topology.reading.lines import split_lines
from reconciler.topology.reading.parse import parse_source
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
from tests.golden.rendering import TOPOLOGIES, VARIABLES
from tests.unit.topology.grammar import SCHEMA, extend, grow

FILES = int(os.environ.get("FUZZ_FILES", "2400"))
"""How many in all: `make fuzz` takes 100,000."""
EACH = -(-FILES // 20)
SEEDS = [path.read_bytes() for path in TOPOLOGIES]
PIECES = [
    b"${", b"}", b"$", b"${NOPE}", b"${TOKEN}", b"\n", b"\n  ", b"\t", b": ", b"- ", b"&a ", b"*a",
    b"<<: ", b"<<: *a", b"!x ", b"!!int ", b"---\n", b"...\n", b"'", b'"', b"|\n", b">-\n", b"[",
    b"]", b"{", b"}", b"#", b"\xff", b"\x00", b"\x85", "é".encode(), "日".encode(),
    "\u2028".encode(),
    b"\r", b"\r\n", b"null", b"true", b"0", b"-1", b"1e999", b"99999999999999999999",
    b"\xef\xbb\xbf",
    b"? ", b"%YAML 1.1\n", b"`", b"@", b"~",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1e300, 10**30, "", "x", "X Y", [], {}, [None], {"": None}, [[]], [{}],
    {"a": {"b": {}}}, "${TOKEN}", "${NOPE}", "$", "a:b", "/a", "a:/b:c", "1s", "\0", "\n", "é",
    ["x", 1],
    "99999", "9" * 400 + "g", "frontend x",
]  # fmt: skip

TAGS = [b": !reset {", b": !override {", b": {"]


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:at] + chance.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randint(1, 12) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 3:
                data = data[:at] + data[other : other + chance.randint(1, 80)] + data[at:]
            case _:
                lines = data.split(b"\n")
                chance.shuffle(lines)
                data = b"\n".join(lines) if chance.random() < 0.2 else data[: max(at, 20)]
    return data


def mutate_structure(value: Any, chance: random.Random) -> bytes:
    value = deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        owner = value
        while True:
            keys = list(owner) if isinstance(owner, dict) else list(range(len(owner)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(owner[key], dict | list) and owner[key] and chance.random() < 0.8:
                owner = owner[key]
                continue
            match chance.randrange(4):
                case 0:
                    owner[key] = deepcopy(chance.choice(VALUES))
                case 1 if isinstance(owner, dict):
                    owner[chance.choice(["x", "image", "port", "Bad Key", "", "a.b"])] = owner.pop(
                        key
                    )
                case 2:
                    del owner[key]
                case _:
                    owner[key] = [owner[key]] if chance.random() < 0.5 else {"x": owner[key]}
            break
    return json.dumps(value, ensure_ascii=False, indent=chance.choice([None, 1])).encode()


def check(data: bytes, layers: Layers | None = None) -> Loaded:
    loaded = load_topology(data, "f.yaml", VARIABLES, layers)
    assert (loaded.topology is None) == any(d.severity == "error" for d in loaded.diagnostics)
    texts = loaded.source.texts or {"f.yaml": loaded.source.text}
    for diagnostic in loaded.diagnostics:
        lines = split_lines(texts[diagnostic.place.file])
        assert diagnostic.code in CODES
        assert diagnostic.message
        if diagnostic.place.span is not None:
            assert 1 <= diagnostic.place.span.line <= len(lines)
            line = lines[diagnostic.place.span.line - 1]
            assert 1 <= diagnostic.place.span.column <= len(line) + 1
            assert diagnostic.place.span.column < diagnostic.place.span.end_column <= len(line) + 2
    assert list(loaded.diagnostics) == sorted(loaded.diagnostics, key=lambda d: d.sort_key)
    for line in render_diagnostics(loaded.diagnostics, texts, Paint()):
        assert line.isprintable()
    if loaded.topology is not None:
        desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
        config = desired.config()
        # What HAProxy takes for the end of a line, or of its text; the rest are bytes of a word.
        controls = {*map(chr, range(32)), chr(127)}
        assert config is None or all(controls.isdisjoint(line.text) for line in config.lines)
    return loaded


@pytest.mark.timeout(300 + FILES // 10)
@pytest.mark.parametrize("seed", range(6))
def test_mutated_bytes(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a seed that repeats, not a secret
    slowest = 0.0
    for _ in range(EACH):
        data = mutate_bytes(chance.choice(SEEDS), chance)
        started = time.process_time()
        try:
            check(data)
        except Exception as error:
            raise AssertionError(f"this file: {data!r}") from error
        slowest = max(slowest, time.process_time() - started)
    assert slowest < 5


@pytest.mark.timeout(300 + FILES // 10)
@pytest.mark.parametrize("seed", range(6))
def test_mutated_structures(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a seed that repeats, not a secret
    values = [parse_source(data, "f", {}).value for data in SEEDS]
    sound = 0
    for _ in range(EACH):
        data = mutate_structure(chance.choice([v for v in values if v]), chance)
        try:
            sound += check(data).topology is not None
        except Exception as error:
            raise AssertionError(f"this file: {data!r}") from error
    assert sound


@pytest.mark.timeout(300 + FILES // 10)
@pytest.mark.parametrize("seed", range(4))
def test_files_that_grow_as_the_schema_says(seed: int) -> None:
    """Sound ones, with more keys of those that are known, or all of it anew."""
    chance = random.Random(seed)  # noqa: S311  # a seed that repeats, not a secret
    values = [value for data in SEEDS if (value := parse_source(data, "f", {}).value)]
    sound = 0
    for _ in range(EACH):
        value = (
            grow(SCHEMA, chance, 6) if chance.random() < 0.2 else deepcopy(chance.choice(values))
        )
        for _ in range(chance.randint(1, 6)):
            extend(value, SCHEMA, chance)
        data = json.dumps(value, ensure_ascii=False).encode()
        try:
            sound += check(data).topology is not None
        except Exception as error:
            raise AssertionError(f"this file: {data!r}") from error
    assert sound


@pytest.mark.timeout(300 + FILES // 10)
@pytest.mark.parametrize("seed", range(4))
def test_mutated_overlays(seed: int) -> None:
    """Over a file that is sound: half of them are parts of it, so that much is merged; some include
    themselves, one another, or what is not there."""
    chance = random.Random(seed)  # noqa: S311  # a seed that repeats, not a secret
    values = [parse_source(data, "f", {}).value for data in SEEDS]
    documents: dict[str, bytes] = {}

    def read(name: str, directory: str, _: str) -> Document:
        if name not in documents:
            raise FileNotFoundError(2, "No such file or directory")
        return Document(name, directory, documents[name])

    for _ in range(EACH):
        data, base = chance.choice(SEEDS), chance.choice(values)
        part = dict(chance.sample(sorted(base.items()), chance.randint(1, len(base))))
        if chance.random() < 0.3:
            part["include"] = chance.sample(["f.yaml", "over.yaml", "more.yaml", "none", ""], 2)
        over = mutate_structure(part, chance)
        if chance.random() < 0.3:
            over = mutate_bytes(over, chance).replace(b": {", chance.choice(TAGS), 1)
        documents = {"f.yaml": data, "over.yaml": over, "more.yaml": mutate_bytes(data, chance)}
        layers = Layers("/srv", (Document("over.yaml", "/srv", over),), read)
        try:
            check(data, layers)
        except Exception as error:
            raise AssertionError(f"this file: {data!r} with {documents!r}") from error
