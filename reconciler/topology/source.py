"""YAML text to plain values, each with the place it came from.

Only ruamel's composer is used: it gives nodes with marks. The values are built here, so that a
duplicate key, an unknown tag or an alias that multiplies is an error with a place, and so that a
number keeps the text it was written as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.topology.diagnostic import Diagnostic, Path, Span
from reconciler.topology.variables import VariableError, interpolate

MAX_BYTES = 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 64

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


@dataclass(slots=True)
class Source:
    """A parsed file: its value and, by path, where each key and value stands."""

    file: str
    text: str
    value: Any = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    variables: dict[Path, str] = field(default_factory=dict)
    """Values that hold something from outside the file: path to the text as written, `${PORT}`."""
    resolved: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """What those variables stood for; never to be shown."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def span_of(self, path: Path, *, key: bool = False) -> Span | None:
        """The place of `path`, or of the nearest thing around it that stands in the file."""
        if key and path in self.keys:
            return self.keys[path]
        for end in range(len(path), 0, -1):
            here = path[:end]
            if here in self.values and (end == len(path) or here not in self.keys):
                return self.values[here]
            if here in self.keys:
                return self.keys[here] if end < len(path) else self.values.get(here)
        return Span(1, 1, 2) if self.text else None

    def report(self, code: str, message: str, span: Span | None, hint: str = "") -> None:
        self.diagnostics.append(Diagnostic(code, message, self.file, span, hint))


def parse_source(data: bytes, file: str, variables: dict[str, str]) -> Source:
    """Read one YAML document. Problems are in `diagnostics`; `value` is None when it has none."""
    source = Source(file, "")
    if len(data) > MAX_BYTES:
        source.report("too-large", f"the file is {len(data):,} bytes; the limit is 1 MiB", None)
        return source
    try:
        source.text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        source.report(
            "not-utf8",
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            Span(line, column, column + 1),
            "save the file as UTF-8",
        )
        return source
    root = _compose(source)
    if root is not None:
        source.value = _Builder(source, variables).build_root(root)
    return source


def _compose(source: Source) -> Node | None:
    reader = YAML(typ="safe", pure=True)
    try:
        documents: Iterator[Node] = reader.compose_all(source.text)
        root = next(documents, None)
        second = next(documents, None) if root is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(mark.line + 1, mark.column + 1, mark.column + 2) if mark else None
        source.report("yaml-syntax", _syntax_message(error), span, _syntax_hint(source, span))
        return None
    except (YAMLError, ValueError, RecursionError, AttributeError, IndexError) as error:
        # ruamel lets a few inner errors of its scanner out on hostile text.
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        source.report("yaml-syntax", f"this is not YAML: {first}", Span(1, 1, 2))
        return None
    if root is None:
        source.report("empty-file", "the file holds no topology", Span(1, 1, 2), _EMPTY_HINT)
    if second is not None:
        source.report(
            "several-documents",
            "a second YAML document starts here",
            _span(second),
            "one file is one topology: put the second into a file of its own",
        )
        return None
    return root


_EMPTY_HINT = "`reconciler init` writes one to start from"


def _syntax_message(error: MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return "not YAML: " + (", ".join(parts) if parts else "it cannot be read")


def _syntax_hint(source: Source, span: Span | None) -> str:
    if span is None:
        return ""
    lines = source.text.splitlines()
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    if "\t" in line:
        return "YAML is indented with spaces, never tabs"
    return ""


def _span(node: Node) -> Span:
    start, end = node.start_mark, node.end_mark
    same_line = end.line == start.line and end.column > start.column
    end_column = end.column if same_line else start.column + 1
    return Span(start.line + 1, start.column + 1, end_column + 1)


class _Builder:
    """Values from nodes, once; a mistake is reported and the rest goes on."""

    def __init__(self, source: Source, variables: dict[str, str]) -> None:
        self.source = source
        self.variables = variables
        self.count = 0
        self.open: set[int] = set()
        self.reported_tags: set[int] = set()

    def build_root(self, node: Node) -> Any:
        try:
            return self.build(node, ())
        except _TooLargeError as error:
            self.source.report("too-large", str(error), _span(error.node))
            return None

    def build(self, node: Node, path: Path) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooLargeError("the file's aliases expand to more than 200,000 values", node)
        if id(node) in self.open:
            raise _TooLargeError("an alias contains itself", node)
        if len(path) > MAX_DEPTH:
            raise _TooLargeError(f"values are nested more than {MAX_DEPTH} deep", node)
        self.source.values.setdefault(path, _span(node))
        if isinstance(node, ScalarNode):
            return self.build_scalar(node, path)
        self.open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self.build_mapping(node, path)
            return self.build_sequence(node, path)
        finally:
            self.open.discard(id(node))

    def build_sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        self.check_tag(node, {_CORE + "seq"})
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def build_mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        self.check_tag(node, {_CORE + "map"})
        own: dict[str, Any] = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                merged += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
                continue
            key = self.build_key(key_node)
            if key is None:
                continue
            here = (*path, key)
            if key in own:
                first = self.source.keys[here].line
                self.source.report(
                    "duplicate-key",
                    f"`{key}` is written twice in one mapping",
                    _span(key_node),
                    f"the first is in line {first}",
                )
                continue
            self.source.keys[here] = _span(key_node)
            own[key] = self.build(value_node, here)
        for base in merged:
            self.merge(base, own, path)
        return own

    def merge(self, base: Node, own: dict[str, Any], path: Path) -> None:
        """`<<`: what the base has and the mapping itself has not."""
        if not isinstance(base, MappingNode):
            self.source.report(
                "wrong-type", "`<<` takes a mapping or a list of mappings", _span(base)
            )
            return
        if id(base) in self.open:
            raise _TooLargeError("an alias contains itself", base)
        self.open.add(id(base))
        later: list[Node] = []
        for key_node, value_node in base.value:
            if _is_merge(key_node):
                later += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
                continue
            key = self.build_key(key_node)
            if key is None or key in own:
                continue
            here = (*path, key)
            self.source.keys.setdefault(here, _span(key_node))
            own[key] = self.build(value_node, here)
        for deeper in later:
            self.merge(deeper, own, path)
        self.open.discard(id(base))

    def build_key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.tag in _SCALAR_TAGS:
            return str(node.value)
        self.source.report("wrong-type", "a key must be a plain word", _span(node))
        return None

    def build_scalar(self, node: ScalarNode, path: Path) -> Any:
        self.check_tag(node, _SCALAR_TAGS)
        text = str(node.value)
        if "$" in text:
            try:
                result = interpolate(text, self.variables)
            except VariableError as error:
                span = _span(node)
                if node.style is None and span.end_column - span.column == len(text):
                    start = span.column + error.start
                    span = Span(span.line, start, start + error.length)
                self.source.report(error.code, error.message, span, error.hint)
                return text
            if result.used:
                self.source.variables[path] = text
                self.source.resolved[path] = result.used
            text = result.text
        if node.style is not None or node.tag == _CORE + "str" and text == node.value:
            return text
        return _plain(text)

    def check_tag(self, node: Node, known: set[str]) -> None:
        if node.tag in known or id(node) in self.reported_tags:
            return
        self.reported_tags.add(id(node))
        tag = str(node.tag).replace(_CORE, "!!")
        self.source.report(
            "unknown-tag",
            f"`{tag}` is not a tag of topology files",
            _span(node),
            "write the value without a tag",
        )


class _TooLargeError(Exception):
    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


def _is_merge(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value == "<<" and node.style is None


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
