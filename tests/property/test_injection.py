"""No value of a topology file says more in haproxy.cfg than one value can.

Every text in every golden topology, so every key there is, is followed by something hostile. It is
refused with a place in the file, or the configuration has the lines and words that it has with a
harmless end instead.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.desired.compile import compile_topology
from reconciler.haproxy.config import Config
from reconciler.topology.load import validate
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, model_of, step
from reconciler.topology.reading.source import Source
from tests.golden.docker_images import check_all
from tests.golden.rendering import CONTENTS, TOPOLOGIES, load
from tests.images import CHECKING_HAPROXIES

HOSTILE = {
    "lines": "x\n    http-request deny\nbackend evil\n    server e 192.0.2.1:80",
    "carriage return": "x\rbackend evil",
    "comment": "x # y",
    "quotes": "x'y\"z",
    "backslash": "x\\",
    "condition": "x if { always_true } or",
    "expression": "x%[env(HOME)]%o",
    "variable": "x\"${HOME}\"'$HOME'",
    "unicode": "x\u2028y\u0085z\u202e\U0001f600",
    "very long": "x" * 3000,
}
"""All of them go on after an `x`, which is the harmless end."""
Where = tuple[Any, ...]


class Name(str):
    """The last part of a place: the key itself is meant, which is the user's own."""


def texts(value: Any, at: Where = (), kind: Kind = Topology) -> Iterator[Where]:
    """Places of texts, and of names; raw lines are meant to say what they like."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*at, index), step(kind, index))
    elif isinstance(value, dict):
        is_model = model_of(kind) is not None
        for key, item in value.items():
            if is_model and key == "raw":
                continue
            if not is_model:
                yield (*at, Name(key))
            yield from texts(item, (*at, key), step(kind, key))


def with_end(value: Any, at: Where, end: str) -> Any:
    """A copy of it in which the text or name at a place ends otherwise."""
    if not at:
        return value + end
    if isinstance(at[0], Name):
        return {key + end if key == at[0] else key: item for key, item in value.items()}
    changed = copy.copy(value)
    changed[at[0]] = with_end(value[at[0]], at[1:], end)
    return changed


def config_with(source: Source, at: Where, end: str) -> Config | None:
    """None when it is refused, which is for a reason with a place."""
    loaded = validate(replace(source, value=with_end(source.value, at, end)))
    if loaded.topology is None:
        assert loaded.diagnostics
        assert all(d.place.span is not None and d.place.span.line > 0 for d in loaded.diagnostics)
        return None
    return compile_topology(loaded.topology, "/srv/shop", loaded.sensitive, CONTENTS).config()


@functools.cache  # most lines of a configuration are those of the one before
def words(line: str) -> tuple[str, ...]:
    """As HAProxy splits a line (manual, 2.2); ends at a comment."""
    found, word, quote, position = [], None, "", 0
    while position < len(line):
        char = line[position]
        position += 1
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"':
                word = (word or "") + line[position : position + 1]
                position += 1
            else:
                word = (word or "") + char
        elif char in "'\"":
            quote, word = char, word or ""
        elif char == "\\":
            word = (word or "") + line[position : position + 1]
            position += 1
        elif char in " \t":
            if word is not None:
                found.append(word)
            word = None
        elif char == "#":
            break
        else:
            word = (word or "") + char
    assert not quote, f"a quote is open: {line}"
    return tuple(found) if word is None else (*found, word)


EXPRESSION = re.compile(r"(?<!%)(%%)*%\[env")


def evaluates(line: str) -> bool:
    """Whether HAProxy looks for expressions in it; a regular expression and a body are none."""
    is_rule = re.match(r" +(http-re|redirect|tcp-re)", line) is not None
    return is_rule and " replace-" not in line and " string " not in line


def shape(config: Config | None) -> list[tuple[bool, str, int]]:
    """Of each line whether it begins a section, its first word, and how many there are."""
    lines = config.text.split("\n") if config else []
    split = [(line.startswith(" "), words(line)) for line in lines]
    return [(inside, found[0], len(found)) for inside, found in split if found]


def kind_of(at: Where) -> Where:
    """The same for all places that mean the same."""
    kind: Kind = Topology
    same: list[Any] = []
    for key in at:
        same.append(key if model_of(kind) is not None else type(key).__name__)
        kind = step(kind, key)
    return tuple(same)


SOURCES = {path: load(path).source for path in TOPOLOGIES}


def _cases() -> dict[Path, list[Where]]:
    """Each kind of place once, in the first file that has it."""
    seen: set[Where] = set()
    found: dict[Path, list[Where]] = {}
    for path, source in SOURCES.items():
        for at in texts(source.value):
            if kind_of(at) not in seen:
                seen.add(kind_of(at))
                found.setdefault(path, []).append(at)
    return found


CASES = _cases()


def test_every_text_is_tried() -> None:
    assert sum(map(len, CASES.values())) > 150


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_hostile_value_is_one_value(path: Path) -> None:
    for at in CASES[path]:
        harmless = shape(config_with(SOURCES[path], at, "x"))
        for kind, end in HOSTILE.items():
            config = config_with(SOURCES[path], at, end)
            if config is None:
                continue
            where = f"{'.'.join(map(str, at))} with {kind}"
            assert shape(config) == harmless, where
            for line in filter(evaluates, config.text.split("\n")):
                assert not EXPRESSION.search(line), f"{where}: {line}"


@pytest.mark.engine
def test_haproxy_reads_them() -> None:
    """What is not refused here is not refused there either, by any version."""
    texts_of = {}
    for path, places in CASES.items():
        for number, at in enumerate(places):
            for kind in ("quotes", "condition", "expression"):
                config = config_with(SOURCES[path], at, HOSTILE[kind])
                if config is not None and not config.files:
                    texts_of[f"{path.stem}-{number}-{kind}"] = config.text
    assert len(texts_of) > 50
    for image in CHECKING_HAPROXIES.values():
        complaints = check_all(image, texts_of)
        assert {name: text for name, text in complaints.items() if text} == {}, image
