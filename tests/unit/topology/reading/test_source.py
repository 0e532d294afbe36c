"""YAML text to values with places: what is read, and what is refused at which place."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics.place import Span
from reconciler.topology.reading.parse import MAX_BYTES, parse_source
from reconciler.topology.reading.source import Source
from tests.unit.topology.loading import line_of


def parse(text: str | bytes, **variables: str) -> Source:
    return parse_source(text.encode() if isinstance(text, str) else text, "f.yaml", variables)


def value_of(text: str | bytes, **variables: str) -> Any:
    source = parse(text, **variables)
    assert source.diagnostics == []
    return source.value


def told(text: str | bytes, **variables: str) -> list[str]:
    return [line_of(d) for d in parse(text, **variables).diagnostics]


VALUES = {
    "text": ("a: some words", "some words"),
    "number": ("a: 12", 12),
    "negative": ("a: -3", -3),
    "octal of YAML 1.2": ("a: 0o17", 15),
    "hexadecimal": ("a: 0x1F", 31),
    "float": ("a: 1.5", 1.5),
    "boolean": ("a: true", True),
    "no boolean of YAML 1.1": ("a: yes", "yes"),
    "no boolean of YAML 1.1 by a directive": ("%YAML 1.1\n---\na: yes\n", "yes"),
    "null": ("a:", None),
    "tilde": ("a: ~", None),
    "quoted number is text": ('a: "12"', "12"),
    "tagged text": ("a: !!str 12", "12"),
    "timestamp is text": ("a: 2024-01-02", "2024-01-02"),
    "no sexagesimal": ("a: 22:80", "22:80"),
    "block": ("a: |\n  x\n  y\n", "x\ny\n"),
    "folded": ("a: >-\n  x\n  y\n", "x y"),
    "flow": ("a: {b: [1, c]}", {"b": [1, "c"]}),
    "long digits are text": ("a: " + "9" * 41, "9" * 41),
    "unicode": ("a: größe 日本", "größe 日本"),
    "BOM": (b"\xef\xbb\xbfa: 1", 1),
    "CRLF": (b"a: x\r\nb: y\r\n", "x"),
    "CR": (b"a: x\rb: y\r", "x"),
    "no line end": ("a: x", "x"),
    "anchor and alias": ("b: &n [1]\na: *n", [1]),
    "an anchor set anew": ("b: &n 1\nc: &n 2\na: *n", 2),
    "merge": ("b: &n {x: 1, y: 2}\na: {<<: *n, y: 3}", {"y": 3, "x": 1}),
    "merge after": ("b: &n {x: 1}\na:\n  x: 0\n  <<: *n\n", {"x": 0}),
    "merge of several, the first wins": (
        "b: &n {x: 1}\nc: &m {x: 2, y: 3}\na: {<<: [*n, *m]}",
        {"x": 1, "y": 3},
    ),
    "merge of a merge": ("b: &n {x: 1}\nc: &m {<<: *n, y: 2}\na: {<<: *m}", {"y": 2, "x": 1}),
    "quoted << is a key": ('a: {"<<": 1}', {"<<": 1}),
    "a number as a key": ("a: {80: b}", {"80": "b"}),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES.keys())
def test_values(text: str | bytes, value: Any) -> None:
    assert value_of(text)["a"] == value


@pytest.mark.parametrize("text", ["007", "1.10", "+5", "0x1F", "1e3", "-0", ".5"])
def test_numbers_remember_how_they_were_written(text: str) -> None:
    assert value_of(f"a: {text}")["a"].text == text


REFUSED = {
    "empty": ("", ["empty-file 1:1"]),
    "only comments": ("# nothing\n", ["empty-file 1:1"]),
    "only a marker": ("---\n", []),
    "half a character": ('a: "\\ud83d"\n', ["yaml-syntax 1:4"]),
    "tab": ("a:\n\tb: 1\n", ["yaml-syntax 2:1"]),
    "unclosed": ("a: [1, 2\n", ["yaml-syntax 1:4"]),
    "colon in a value": ("a: b: c\n", ["yaml-syntax 1:5"]),
    "unknown alias": ("a: *n\n", ["yaml-syntax 1:4"]),
    "NUL": ("a: b\nc: \0\n", ["yaml-syntax 2:4"]),
    "control character": ("a: b\nc: ä\x01\n", ["yaml-syntax 2:5"]),
    "not UTF-8": (b"a: b\nc: \xc3\xa4\xff\n", ["not-utf8 2:5"]),
    "UTF-16": ("a: b".encode("utf-16"), ["not-utf8 1:1"]),
    "several documents": ("a: 1\n---\nb: 2\n", ["several-documents 3:1"]),
    "a second document that is broken": ("a: 1\n---\n[", ["yaml-syntax 3:2"]),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", ["duplicate-key 3:1"]),
    "duplicate key, two ways to write it": ('a: 1\n"a": 2\n', ["duplicate-key 2:1"]),
    "duplicate key in a merged mapping": ("a: {<<: {x: 1, x: 2}}", ["duplicate-key 1:16"]),
    "two merges": ("b: &n {x: 1}\na: {<<: *n, <<: *n}\n", ["duplicate-key 2:13"]),
    "a tag": ("a: !vault x\n", ["unknown-tag 1:4"]),
    "a tag on a mapping": ("a: !Ref {b: 1}\n", ["unknown-tag 1:4"]),
    "python tag": ("a: !!python/object:os.system x\n", ["unknown-tag 1:4"]),
    "binary": ("a: !!binary aGk=\n", ["unknown-tag 1:4"]),
    "set": ("a: !!set {b}\n", ["unknown-tag 1:4"]),
    "a list as a key": ("? [a]\n: 1\n", ["wrong-type 1:3"]),
    "merge of a word": ("a: {<<: word}\n", ["wrong-type 1:9"]),
    "merge of a list of words": ("a: {<<: [word]}\n", ["wrong-type 1:10"]),
    "alias in itself": ("a: &n [*n]\n", ["too-large 1:4"]),
    "merge of itself": ("a: &n {b: {<<: *n}}\n", ["too-large 1:4"]),
    "deep": ("[" * 65 + "]" * 65, ["too-large 1:65"]),
    "very deep": ("[" * 100_000, ["too-large 1:65"]),
    "deep by aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 70)),
        ["too-large 1:10"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str | bytes, expected: list[str]) -> None:
    assert [" ".join(line.split()[:2]) for line in told(text)] == expected


BOMBS = {
    "aliases": "[" + ", ".join(["*a{0}"] * 9) + "]",
    "mappings": "{{" + ", ".join(f"k{i}: *a{{0}}" for i in range(9)) + "}}",
    "merges": "{{<<: [" + ", ".join(["*a{0}"] * 9) + "]}}",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("layer", BOMBS.values(), ids=BOMBS.keys())
def test_what_multiplies_is_refused(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a_tenth = 20_000
    monkeypatch.setattr("reconciler.topology.reading.values.MAX_VALUES", a_tenth)
    text = "a0: &a0 {k: v}\n" + "".join(
        f"a{i}: &a{i} {layer.format(i - 1)}\n" for i in range(1, 12)
    )
    assert [line.split()[0] for line in told(text)] == ["too-large"]


def test_a_file_that_is_too_large() -> None:
    assert told(b"a" * (MAX_BYTES + 1)) == [
        "too-large - the file is 1,048,577 bytes; the limit is 1 MiB"
    ]


def test_a_file_of_the_largest_size_is_read() -> None:
    assert value_of(b"a: b #" + b"x" * (MAX_BYTES - 6))["a"] == "b"


def test_hints() -> None:
    assert told("a:\n\tb: 1\n")[0].endswith("; indent with spaces")
    assert told("a: {b: ${C}}\n")[0].endswith("; put quotes around a variable in braces")
    assert told("")[0].endswith("; `reconciler init` writes one to start from")
    assert told("a: 1\nb: 2\na: 3\n")[0].endswith("; leave one of them")


def test_places() -> None:
    source = parse("a:\n  - b: größe\n    c: 1\n  - x\n")
    assert source.keys[("a",)] == Span(1, 1, 2)
    assert source.keys[("a", 0, "b")] == Span(2, 5, 6)
    assert source.values[("a", 0, "b")] == Span(2, 8, 13)
    assert source.values[("a", 1)] == Span(4, 5, 6)
    assert source.span_of(("a", 0, "c"), key=True) == Span(3, 5, 6)


def test_the_place_of_what_is_not_there_is_that_of_its_owner() -> None:
    source = parse("a:\n  b: 1\n")
    assert source.span_of(("a", "zzz")) == Span(1, 1, 2)
    assert source.span_of(("zzz",)) == Span(1, 1, 2)


def test_one_item_stands_for_a_list() -> None:
    source = parse("a:\n  b: {c: x}\n")
    assert source.path_in_file(("a", "b", 0, "c")) == ("a", "b", "c")
    assert source.span_of(("a", "b", 0, "c")) == Span(2, 10, 11)
    assert source.value_at(("a", "b", 0, "c")) == "x"


def test_a_list_stands_for_a_mapping_with_a_list() -> None:
    """`cors: [a, b]` is `cors: {origins: [a, b]}`: each item has its own place."""
    source = parse("x:\n  cors: [one, two]\n  bind: [{p: 1}, two]\n")
    assert source.span_of(("x", "cors", "origins", 1)) == Span(2, 15, 18)
    assert source.value_at(("x", "cors", "origins", 1)) == "two"
    assert source.span_of(("x", "cors", "origins")) == Span(2, 3, 7)
    assert source.span_of(("x", "cors", "origins", 7)) == Span(2, 3, 7)


def test_an_empty_value_has_the_place_of_its_key() -> None:
    source = parse("deny:\n\n# a comment\ntrusted: 1\nlast:\n")
    assert source.span_of(("deny",)) == Span(1, 1, 5)
    assert source.span_of(("last",)) == Span(5, 1, 5)
    assert parse("base: &b\n  deny:\n  x: 1\nuse:\n  <<: *b\n").span_of(("use", "deny")) == Span(
        2, 3, 7
    )


def test_what_an_alias_brings_has_the_place_of_the_anchor() -> None:
    source = parse("x: &n {b: 1}\na: *n\nc: {<<: *n}\n")
    assert source.values[("a", "b")] == source.values[("c", "b")] == Span(1, 11, 12)


def test_variables_in_values() -> None:
    source = parse("a: ${X}\nb: '${X}'\nc: v${X}\nd: $$X\n", X="80")
    assert source.value == {"a": 80, "b": "80", "c": "v80", "d": "$X"}
    assert source.variables == {("a",): "${X}", ("b",): "${X}", ("c",): "v${X}"}
    assert source.written(("a",)) == "${X}"
    assert source.written(("a", 0, "b")) == "${X}"
    assert source.written(("d",)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: ${X}", Span(1, 4, 8)),
        ("a: some ${X} words", Span(1, 9, 13)),
        ("a: [b, 'some ${X}']", Span(1, 8, 19)),
        ("a: größe ${X:?no}", Span(1, 10, 18)),
        ("a: b $", Span(1, 6, 7)),
        ("a: |\n  x\n  ${X}\n", Span(1, 4, 5)),
    ],
)
def test_the_place_of_a_variable_that_is_missing(text: str, expected: Span) -> None:
    assert [d.place.span for d in parse(text).diagnostics] == [expected]


def test_keys_hold_no_variables() -> None:
    assert value_of("${X}: 1", X="a") == {"${X}": 1}
