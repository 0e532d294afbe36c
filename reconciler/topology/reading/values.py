"""Nodes of YAML to plain values, each with the place it came from.

They are built here, so that a duplicate key, an unknown tag or an alias that multiplies is an error
with a place, and so that a number keeps the text it was written as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.diagnostics.place import Path, Span
from reconciler.topology.reading.source import OVERRIDE, RESET, Source
from reconciler.topology.reading.syntax import MAX_DEPTH, TOO_DEEP, place_of
from reconciler.topology.reading.variables import MAX_EXPANDED, VariableError, interpolate

MAX_VALUES = 200_000

_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_CORE + t for t in ("str", "int", "float", "bool", "null", "timestamp")}


class WrittenInt(int):
    """An integer that remembers how it was written, since `007` may mean the text."""

    text: str


class WrittenFloat(float):
    """A float that remembers how it was written: `1.10` is a fine version number."""

    text: str


def build_values(source: Source, variables: dict[str, str], root: Node) -> Any:
    """The value of a whole file. Problems, and places, go into `source`."""
    return _Builder(source, variables).build_root(root)


class _Builder:
    """Values from nodes, once; a mistake is reported and the rest goes on."""

    def __init__(self, source: Source, variables: dict[str, str]) -> None:
        self.source = source
        self.variables = variables
        self.count = self.expanded = 0
        self.open: set[int] = set()
        self.reported_tags: set[int] = set()

    def build_root(self, node: Node) -> Any:
        try:
            return self.build(node, ())
        except _TooLargeError as error:
            self.source.report("too-large", str(error), place_of(error.node))
            return None

    def build(self, node: Node, path: Path) -> Any:
        self.expect(node, path)
        self.source.values.setdefault(path, place_of(node))
        if node.tag in {RESET, OVERRIDE}:
            self.source.tags[path] = str(node.tag)
        if isinstance(node, ScalarNode):
            return self.build_scalar(node, path)
        self.open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self.build_mapping(node, path)
            assert isinstance(node, SequenceNode)
            return self.build_sequence(node, path)
        finally:
            self.open.discard(id(node))

    def expect(self, node: Node, path: Path) -> None:
        """Refuse what has no end, or a far one: each value and each merge counts."""
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooLargeError(
                f"the file's aliases expand to more than {MAX_VALUES:,} values", node
            )
        if id(node) in self.open:
            raise _TooLargeError("an alias contains itself", node)
        if len(path) > MAX_DEPTH:
            raise _TooLargeError(TOO_DEEP, node)

    def build_sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        self.check_tag(node, {_CORE + "seq"})
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def build_mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        self.check_tag(node, {_CORE + "map"})
        own: dict[str, Any] = {}
        for key, key_node, value_node in self.keyed(node):
            here = (*path, key)
            self.source.keys[here] = place_of(key_node)
            self.place_empty(value_node, key_node, here)
            own[key] = self.build(value_node, here)
        for base in _bases(node):
            self.merge(base, own, path)
        return own

    def place_empty(self, node: Node, key_node: Node, path: Path) -> None:
        """Nothing after a key stands, for YAML, where the next thing does: its place is the key."""
        start, end = node.start_mark, node.end_mark
        if start.index == end.index and start.line > key_node.end_mark.line:
            self.source.values.setdefault(path, place_of(key_node))

    def keyed(self, node: MappingNode) -> Iterator[tuple[str, Node, Node]]:
        """Keys and values of a mapping without its merges; a key that comes again is reported."""
        first: dict[str, Span] = {}
        for key_node, value_node in node.value:
            is_merge = _is_merge(key_node)
            key = "<<" if is_merge else self.build_key(key_node)
            if key is None:
                continue
            if key in first:
                several = "merge several with a list: `<<: [*one, *two]`"
                self.source.report(
                    "duplicate-key",
                    f"`{key}` is written twice in one mapping",
                    place_of(key_node),
                    several if is_merge else "leave one of them",
                    first=first[key],
                )
                continue
            first[key] = place_of(key_node)
            if not is_merge:
                yield key, key_node, value_node

    def merge(self, base: Node, own: dict[str, Any], path: Path) -> None:
        """`<<`: what the base has and the mapping itself has not."""
        if not isinstance(base, MappingNode):
            self.source.report(
                "wrong-type", "`<<` takes a mapping or a list of mappings", place_of(base)
            )
            return
        self.expect(base, path)
        self.open.add(id(base))
        for key, key_node, value_node in self.keyed(base):
            if key not in own:
                here = (*path, key)
                self.source.keys.setdefault(here, place_of(key_node))
                self.place_empty(value_node, key_node, here)
                own[key] = self.build(value_node, here)
        for deeper in _bases(base):
            self.merge(deeper, own, path)
        self.open.discard(id(base))

    def build_key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.tag in _SCALAR_TAGS:
            return self.text_of(node)
        self.source.report("wrong-type", "a key must be a plain word", place_of(node))
        return None

    def text_of(self, node: ScalarNode) -> str:
        """JSON, which is YAML too, writes some characters as escapes of their two halves."""
        text = str(node.value)
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.source.report(
                "yaml-syntax", "an escape is only half of a character", place_of(node)
            )
            return text.encode(errors="replace").decode()

    def build_scalar(self, node: ScalarNode, path: Path) -> Any:
        self.check_tag(node, _SCALAR_TAGS)
        text = self.text_of(node)
        if "$" in text:
            try:
                result = interpolate(text, self.variables)
            except VariableError as error:
                span = place_of(node)
                if node.style is None and span.end_column - span.column == len(text):
                    start = span.column + error.start
                    span = Span(span.line, start, start + error.length)
                self.source.report(error.code, error.message, span, error.hint)
                self.source.broken.add(path)
                return text
            if result.used:
                self.source.variables[path] = text
                self.source.resolved[path] = result.used
            text = result.text
            self.expanded += len(text)
            if self.expanded > MAX_EXPANDED:
                raise _TooLargeError(
                    f"the file's variables expand to more than {MAX_EXPANDED:,} characters", node
                )
        if node.style is not None or (node.tag == _CORE + "str" and text == node.value):
            return text
        return _plain(text)

    def check_tag(self, node: Node, known: set[str]) -> None:
        if node.tag in known or node.tag in {RESET, OVERRIDE} or id(node) in self.reported_tags:
            return
        self.reported_tags.add(id(node))
        tag = str(node.tag).replace(_CORE, "!!")
        self.source.report(
            "unknown-tag",
            f"`{tag}` is not a tag of topology files",
            place_of(node),
            "write the value without a tag",
        )


class _TooLargeError(Exception):
    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


def _is_merge(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value == "<<" and node.style is None


def _bases(node: MappingNode) -> list[Node]:
    """What the `<<` of a mapping names, in the order in which it counts."""
    for key_node, value_node in node.value:
        if _is_merge(key_node):
            return value_node.value if isinstance(value_node, SequenceNode) else [value_node]
    return []


def _plain(text: str) -> Any:
    """What an unquoted scalar means in YAML 1.2: null, a boolean, a number, else the text."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if len(text) <= 40:
        if _INT.match(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            number = WrittenInt(int(text, base))
            number.text = text
            return number
        if _FLOAT.match(text):
            real = WrittenFloat(text)
            real.text = text
            return real
    return text
