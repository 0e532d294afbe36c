"""YAML text to plain values, each with the place it came from.

Only ruamel's composer is used: it gives nodes with marks. The values are built here, so that a
duplicate key, an unknown tag or an alias that multiplies is an error with a place, and so that a
number keeps the text it was written as.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from reconciler.topology.diagnostic import Diagnostic, Path, Span
from reconciler.topology.variables import VariableError, interpolate

MAX_BYTES = 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 64

_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_CORE + t for t in ("str", "int", "float", "bool", "null", "timestamp")}


NAMED = frozenset({"networks", "depends_on"})
"""Lists that may be written as a mapping, by the name of each item."""
RESET, OVERRIDE = "!reset", "!override"
"""Tags for a value that takes away, or replaces, what another file says."""


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
    broken: set[Path] = field(default_factory=set)
    """Values whose variables could not be replaced; they stand for nothing."""
    tags: dict[Path, str] = field(default_factory=dict)
    """`!reset` and `!override`."""
    texts: dict[str, str] = field(default_factory=dict)
    """The text of each file, where it was put together from several."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def file_of(self, span: Span | None) -> str:
        """The file that a place is in."""
        return (span and span.file) or self.file

    def path_in_file(self, path: Path) -> Path:
        """`path` without what the file leaves out: an item may stand for a list, one for more."""
        return tuple(part for part, _ in self._walk(path))

    def value_at(self, path: Path) -> Any:
        """What stands at `path`; None when nothing does."""
        return [self.value, *(value for _, value in self._walk(path))][-1]

    def _walk(self, path: Path) -> Iterator[tuple[str | int, Any]]:
        here = self.value
        for before, part, after in zip((None, *path), path, (*path[1:], None), strict=False):
            if isinstance(here, list) and isinstance(part, int):
                here = here[part] if part < len(here) else None
            elif isinstance(here, dict) and isinstance(part, int) and before in NAMED:
                name = next(itertools.islice(here, part, None), "")
                here = here.get(name)
                yield name, here
                continue
            elif isinstance(part, int) or _is_short(here, after):
                continue
            else:
                here = here.get(part) if isinstance(here, dict) else None
            yield part, here

    def written(self, path: Path) -> str | None:
        """The text with a variable that the value at `path` was made from, if it was."""
        path = self.path_in_file(path)
        parents = (path[:end] for end in range(len(path), 0, -1))
        return next((self.variables[p] for p in parents if p in self.variables), None)

    def span_of(self, path: Path, *, key: bool = False) -> Span | None:
        """The place of `path`, or of the nearest thing around it that stands in the file."""
        path = self.path_in_file(path)
        if key and path in self.keys:
            return self.keys[path]
        for end in range(len(path), 0, -1):
            here = path[:end]
            if end < len(path) and here in self.keys and self._has_parts(here):
                return self.keys[here]
            if here in self.values:
                return self._heading(here) or self.values[here]
        return Span(1, 1, 2) if self.text else None

    def _heading(self, path: Path) -> Span | None:
        """The key of a mapping or list that begins in a line below: it says more than a `-`."""
        key, value = self.keys.get(path), self.values[path]
        is_block = isinstance(self.value_at(path), dict | list) and key and key.line != value.line
        return key if is_block else None

    def _has_parts(self, path: Path) -> bool:
        """Whether a mapping, a list or nothing stands there: not a short form of something."""
        value = self.value_at(path)
        return value is None or isinstance(value, dict | list)

    def report(self, code: str, message: str, span: Span | None, hint: str = "") -> None:
        self.diagnostics.append(Diagnostic(code, message, self.file, span, hint))


def _is_short(here: Any, after: str | int | None) -> bool:
    """Whether a list stands for the mapping that has it: `cors: [a]` for `cors: {origins: [a]}`."""
    return isinstance(here, list) and isinstance(after, int) and after < len(here)


def parse_source(data: bytes, file: str, variables: dict[str, str]) -> Source:
    """Read one YAML document. Problems are in `diagnostics`; `value` is None when it has none."""
    source = Source(file, "")
    if len(data) > MAX_BYTES:
        source.report("too-large", f"the file is {len(data):,} bytes; the limit is 1 MiB", None)
        return source
    try:
        source.text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source.text = data.decode("utf-8-sig", errors="replace")
        source.report(
            "not-utf8",
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            _place_after(data[: error.start].decode("utf-8-sig")),
            "save the file as UTF-8",
        )
        return source
    root = _compose(source)
    if root is not None:
        source.value = _Builder(source, variables).build_root(root)
    return source


def _compose(source: Source) -> Node | None:
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = MAX_DEPTH  # since ruamel.yaml 0.18.7; before it, Python's own limit ends it
    reader.composer.warn_double_anchors = False  # YAML allows an anchor to be set anew (7.1)
    try:
        documents: Iterator[Node] = reader.compose_all(source.text)
        root = next(documents, None)
        second = next(documents, None) if root is not None else None
    except RecursionError:
        source.report("too-large", _TOO_DEEP, Span(1, 1, 2))
        return None
    except ReaderError as error:
        source.report(
            "yaml-syntax",
            f"not YAML: the control character U+{ord(source.text[error.position]):04X}",
            _place_after(source.text[: error.position]),
            "remove it, or write it as an escape in double quotes",
        )
        return None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(mark.line + 1, mark.column + 1, mark.column + 2) if mark else None
        if "maximum depth" in str(error.problem):
            source.report("too-large", _TOO_DEEP, span)
        else:
            source.report("yaml-syntax", _syntax_message(error), span, _syntax_hint(source, span))
        return None
    except (YAMLError, ValueError, AttributeError, IndexError) as error:
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


_TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep"
_EMPTY_HINT = "`reconciler init` writes one to start from"


def _syntax_message(error: MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return "not YAML: " + (", ".join(parts) if parts else "it cannot be read")


def _syntax_hint(source: Source, span: Span | None) -> str:
    if span is None:
        return ""
    lines = split_lines(source.text)
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    if "\t" in line:
        return "YAML is indented with spaces, never tabs"
    if "${" in line:
        return "put quotes around a variable in braces"
    return ""


_LINE_END = re.compile("\r\n|[\r\n]")


def split_lines(text: str) -> list[str]:
    """Lines as YAML counts them (YAML 1.2.2, 5.4): the `line` of a place is one of these."""
    return _LINE_END.split(text)


def cover(text: str, span: Span) -> str:
    """Stars in one place of a text."""
    lines = _LINE_END.split(text)
    line = lines[span.line - 1]
    lines[span.line - 1] = (
        line[: span.column - 1]
        + "*" * (span.end_column - span.column)
        + line[span.end_column - 1 :]
    )
    return "\n".join(lines)


def _place_after(text: str) -> Span:
    """The place of the character that comes after `text`, which starts the file."""
    lines = split_lines(text)
    column = len(lines[-1]) + 1
    return Span(len(lines), column, column + 1)


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
        self.expect(node, path)
        self.source.values.setdefault(path, _span(node))
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
            raise _TooLargeError(_TOO_DEEP, node)

    def build_sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        self.check_tag(node, {_CORE + "seq"})
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def build_mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        self.check_tag(node, {_CORE + "map"})
        own: dict[str, Any] = {}
        for key, key_node, value_node in self.keyed(node):
            here = (*path, key)
            self.source.keys[here] = _span(key_node)
            self.place_empty(value_node, key_node, here)
            own[key] = self.build(value_node, here)
        for base in _bases(node):
            self.merge(base, own, path)
        return own

    def place_empty(self, node: Node, key_node: Node, path: Path) -> None:
        """Nothing after a key stands, for YAML, where the next thing does: its place is the key."""
        start, end = node.start_mark, node.end_mark
        if start.index == end.index and start.line > key_node.end_mark.line:
            self.source.values.setdefault(path, _span(key_node))

    def keyed(self, node: MappingNode) -> Iterator[tuple[str, Node, Node]]:
        """Keys and values of a mapping without its merges; a key that comes again is reported."""
        first: dict[str, Span] = {}
        for key_node, value_node in node.value:
            is_merge = _is_merge(key_node)
            key = "<<" if is_merge else self.build_key(key_node)
            if key is None:
                continue
            if key in first:
                hint = f"the first is in line {first[key].line}"
                if is_merge:
                    hint = "merge several with a list: `<<: [*one, *two]`"
                self.source.report(
                    "duplicate-key",
                    f"`{key}` is written twice in one mapping",
                    _span(key_node),
                    hint,
                )
                continue
            first[key] = _span(key_node)
            if not is_merge:
                yield key, key_node, value_node

    def merge(self, base: Node, own: dict[str, Any], path: Path) -> None:
        """`<<`: what the base has and the mapping itself has not."""
        if not isinstance(base, MappingNode):
            self.source.report(
                "wrong-type", "`<<` takes a mapping or a list of mappings", _span(base)
            )
            return
        self.expect(base, path)
        self.open.add(id(base))
        for key, key_node, value_node in self.keyed(base):
            if key not in own:
                here = (*path, key)
                self.source.keys.setdefault(here, _span(key_node))
                self.place_empty(value_node, key_node, here)
                own[key] = self.build(value_node, here)
        for deeper in _bases(base):
            self.merge(deeper, own, path)
        self.open.discard(id(base))

    def build_key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.tag in _SCALAR_TAGS:
            return self.text_of(node)
        self.source.report("wrong-type", "a key must be a plain word", _span(node))
        return None

    def text_of(self, node: ScalarNode) -> str:
        """JSON, which is YAML too, writes some characters as escapes of their two halves."""
        text = str(node.value)
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.source.report("yaml-syntax", "an escape is only half of a character", _span(node))
            return text.encode(errors="replace").decode()

    def build_scalar(self, node: ScalarNode, path: Path) -> Any:
        self.check_tag(node, _SCALAR_TAGS)
        text = self.text_of(node)
        if "$" in text:
            try:
                result = interpolate(text, self.variables)
            except VariableError as error:
                span = _span(node)
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
            _span(node),
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
