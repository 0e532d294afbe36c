"""The layout of a topology file: indentation, spaces, blank lines, and the order of keys.

Comments, anchors, quotes and the words themselves stay. A comment belongs to the key below it, or
to the mapping whose keys it is level with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, key, model_of, step
from reconciler.topology.reading.lines import split_lines
from reconciler.topology.reading.source import Source
from reconciler.topology.reading.syntax import compose
from reconciler.topology.writing.tree import Part, properties_of, read_tree

INDENT = "  "


class LayoutError(Exception):
    """The text has something that cannot be laid out; the message says what."""


def lay_out(source: Source) -> str:
    """The same file, laid out, with its keys in the order of the reference, where anchors let them.
    It says what it said: both are read, and compared.

    Raises LayoutError. The source's text can be composed, and holds one document.
    """
    before = _meaning(source.text)
    for sorts_keys in (True, False):
        text = _laid_out(source.text, sorts_keys=sorts_keys)
        if _meaning(text) == before:
            return text
    raise LayoutError("it would say something else")


def _meaning(text: str) -> str | None:
    """A digest of the data, whatever the order of keys; None when there is none."""
    root = compose(Source("", text))
    return None if root is None else _digest(root, {})


def _digest(node: Node, known: dict[int, str]) -> str:
    """`known` are those of nodes that were met already: aliases may stand for many."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = ""  # an alias of itself
    if isinstance(node, MappingNode):
        parts = sorted(_digest(k, known) + _digest(value, known) for k, value in node.value)
    elif isinstance(node, SequenceNode):
        parts = [_digest(item, known) for item in node.value]
    else:
        parts = [node.value]
    content = "\0".join((str(node.tag), *parts))
    known[id(node)] = hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()
    return known[id(node)]


def _laid_out(text: str, *, sorts_keys: bool) -> str:
    return _Layout(split_lines(text.removeprefix("\ufeff")), sorts_keys).whole()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key with its value, or an item, and the comments above it."""

    lead: tuple[str, ...]
    body: tuple[str, ...]
    name: str = ""


class _Layout:
    def __init__(self, lines: Sequence[str], sorts_keys: bool) -> None:
        self.lines = lines
        self.text = "\n".join(lines)
        self.sorts_keys = sorts_keys

    def whole(self) -> str:
        root = read_tree(self.text)
        if not root.is_block or root.pairs is None:
            raise LayoutError("the file is no block mapping, with one key a line")
        first = self.first_line(root)
        head = [line.rstrip() for line in self.lines[:first]]
        entries, tail = self.entries(root, len(self.lines), "", Topology)
        out = _single_blanks(head)
        for entry in self.in_order(entries, Topology):
            if out and _is_apart(entry, out) and out[-1].strip():
                out.append("")
            out += _single_blanks(entry.lead, after=out) + list(entry.body)
        out += _single_blanks(tail, after=out)
        while out and not out[-1].strip():
            out.pop()
        return "\n".join(out) + "\n"

    def first_line(self, part: Part) -> int:
        """The line of the first key or dash of a block collection."""
        if part.pairs:
            return part.pairs[0][0].start.line
        return part.start.line

    # -- blocks ---------------------------------------------------------------------------------

    def block(self, part: Part, start: int, end: int, indent: str, kind: Kind) -> list[str]:
        """A block collection in the lines `start` to `end`, comments before its first key too."""
        above = [line for line in self.lines[start : self.first_line(part)] if line.strip()]
        entries, tail = self.entries(part, end, indent, kind)
        out = [indent + line.strip() for line in above]
        for entry in self.in_order(entries, kind):
            out += _single_blanks(entry.lead, after=out) + list(entry.body)
        return out + _single_blanks(tail, after=out)

    def entries(
        self, part: Part, end: int, indent: str, kind: Kind
    ) -> tuple[list[_Entry], list[str]]:
        """The entries of a block collection that reaches up to a line, and comments after them."""
        column = part.pairs[0][0].start.column if part.pairs else part.start.column
        starts = [k.start.line for k, _ in part.pairs] if part.pairs else self.dashes(part, end)
        number = len(part.pairs or part.items or ())
        if len(starts) != number or len(set(starts)) != number:
            raise LayoutError(f"line {part.start.line + 1}: several entries stand in one line")
        leads = [self.lead_of(start, column) for start in starts]
        tail = max(self.lead_of(end, column), starts[-1] + 1)
        untils = [*leads[1:], tail]
        entries = []
        for at, (start, until) in enumerate(zip(starts, untils, strict=True)):
            lead = tuple(_indented(self.lines[leads[at] : start], indent)) if at else ()
            if part.pairs:
                own, value = part.pairs[at]
                name = self.slice(own)
                body = self.keyed(own, value, until, indent, step(kind, name))
            else:
                item = (part.items or ())[at]
                name = ""
                body = self.item(start, column, item, until, indent, step(kind, at))
            entries.append(_Entry(lead, tuple(body), name))
        return entries, list(_indented(self.lines[tail:end], indent))

    def dashes(self, part: Part, end: int) -> list[int]:
        """The lines with a sequence's dashes: the first may stand behind another dash."""
        column, first = part.start.column, part.start.line
        below = (
            number
            for number in range(first + 1, end)
            if self.lines[number].startswith(" " * column + "-")
            and self.lines[number][column + 1 : column + 2].strip() == ""
        )
        return [first, *below]

    def lead_of(self, line: int, column: int) -> int:
        """Where the blank lines and comments start that stand above a line, and are not indented
        more than it."""
        while line > 0:
            text = self.lines[line - 1]
            bare = text.lstrip(" ")
            if bare.strip() and not (bare.startswith("#") and len(text) - len(bare) <= column):
                break
            line -= 1
        return line

    def in_order(self, entries: list[_Entry], kind: Kind) -> list[_Entry]:
        model = model_of(kind)
        if model is None or not self.sorts_keys:
            return entries
        order = {name: at for at, name in enumerate(_keys_in_order(model))}
        # What is merged in comes first, and so do anchors, which a user's own sections hold.
        order["<<"] = -1
        others = order["networks"] - 0.5 if model is Topology else len(order)
        return sorted(entries, key=lambda entry: order.get(entry.name, others))

    # -- entries --------------------------------------------------------------------------------

    def keyed(self, own: Part, value: Part, end: int, indent: str, kind: Kind) -> list[str]:
        head = f"{indent}{self.slice(own)}:"
        at = self.text.find(":", own.end.index)
        line = self.text.count("\n", own.end.index, at) + own.end.line
        if at < 0 or self.text[own.end.index : at].strip() or line != own.start.line:
            raise LayoutError(f"line {own.start.line + 1}: the key stands in several lines")
        column = at - own.end.index + own.end.column + 1
        return self.valued(head, line, column, value, end, indent, own.start.column, kind)

    def item(
        self, line: int, column: int, value: Part, end: int, indent: str, kind: Kind
    ) -> list[str]:
        head = f"{indent}-"
        if value.is_block and self.first_line(value) == line:
            inner = indent + INDENT
            lines = self.block(value, line, end, inner, kind)
            return [f"{head} {lines[0].removeprefix(inner)}", *lines[1:]]
        return self.valued(head, line, column + 1, value, end, indent, column, kind)

    def valued(
        self,
        head: str,
        line: int,
        column: int,
        value: Part,
        end: int,
        indent: str,
        owner: int,
        kind: Kind,
    ) -> list[str]:
        """What stands behind a key's colon or a dash, at a column of a line. `owner` is the column
        of the key or the dash."""
        inner = indent + INDENT
        rest = self.lines[line][column:]
        if value.is_block:
            first = self.first_line(value)
            has_properties = value.start.line == line and value.start.line != first
            told = f" {rest.strip()}" if rest.strip() else ""
            if has_properties:
                told = f" {_tidy_properties(rest)}"
            elif told and not rest.strip().startswith("#"):
                raise LayoutError(f"line {line + 1}: it cannot be told what belongs together")
            elif told:
                told = _comment(rest)
            return [head + told, *self.block(value, line + 1, end, inner, kind)]
        if value.is_block_scalar:
            return self.block_scalar(head, value, end, indent, owner)
        return self.inline(head, line, column, value, end, indent)

    def inline(
        self, head: str, line: int, column: int, value: Part, end: int, indent: str
    ) -> list[str]:
        """A value in the line of its key, or in several lines that start there."""
        inner = indent + INDENT
        is_nothing = value.start.index == value.end.index or value.start.line >= end
        if is_nothing:
            return [
                head + _comment(self.lines[line][column:]),
                *_indented([t for t in self.lines[line + 1 : end] if t.strip()], inner),
            ]
        written = self.spaced(value).split("\n")
        out = [f"{head} {written[0].rstrip()}"]
        between = self.lines[line][column:] if value.start.line > line else ""
        if between.strip() or any(t.strip() for t in self.lines[line + 1 : value.start.line]):
            raise LayoutError(f"line {line + 1}: a comment stands between a key and its value")
        if len(written) > 1:
            out += self.continued(value, written[1:], indent)
        after = _comment(self.lines[value.end.line][value.end.column :])
        out[-1] += after
        return out + list(
            _indented([t for t in self.lines[value.end.line + 1 : end] if t.strip()], inner)
        )

    def continued(self, value: Part, lines: Sequence[str], indent: str) -> Iterator[str]:
        """The further lines of a value: those of a text are level, others as far in as they were
        from its first."""
        if value.pairs is None and value.items is None:
            yield from (f"{indent}{INDENT}{line.strip()}" if line.strip() else "" for line in lines)
            return
        least = min((_width(line) for line in lines if line.strip()), default=0)
        closing = lines[-1].strip()[:1] in {"]", "}"} and _width(lines[-1]) == least
        base = indent if closing else indent + INDENT
        for line in lines:
            yield base + line.rstrip()[least:] if line.strip() else ""

    def block_scalar(self, head: str, value: Part, end: int, indent: str, owner: int) -> list[str]:
        header = self.lines[value.start.line][value.start.column :].rstrip()
        sign = header.removeprefix(properties_of(header)).partition("#")[0]
        if "+" in sign:
            raise LayoutError(f"line {value.start.line + 1}: `+` keeps the blank lines below")
        content = list(self.lines[value.start.line + 1 : end])
        while content and not content[-1].strip():
            content.pop()
        digit = re.search(r"[1-9]", sign)
        was = owner + int(digit[0]) if digit else _width(next(filter(str.strip, content), ""))
        inside = len(content)
        while inside and (not content[inside - 1].strip() or _width(content[inside - 1]) < was):
            inside -= 1
        now = indent + (" " * int(digit[0]) if digit else INDENT)
        body = [now + line[was:] if line.strip() else line[was:] for line in content[:inside]]
        if any(line.strip() for line in content[inside:]):
            raise LayoutError(f"line {value.start.line + 1}: a comment below stands too far in")
        return [f"{head} {header}", *body]

    # -- values ---------------------------------------------------------------------------------

    def slice(self, part: Part) -> str:
        return self.text[part.start.index : part.end.index]

    def spaced(self, part: Part) -> str:
        """A value with one space where spaces go; as it is where it stands in several lines."""
        text = self.slice(part)
        head = properties_of(text)
        opening = text[len(head) : len(head) + 1]
        if "\n" in text or opening not in {"{", "["}:
            return text
        if part.pairs is not None:
            return f"{head}{{{', '.join(self.pair(*pair) for pair in part.pairs)}}}"
        return f"{head}[{', '.join(self.flow_item(item) for item in part.items or ())}]"

    def pair(self, own: Part, value: Part) -> str:
        if value.start.index == value.end.index:
            has_colon = self.text[own.end.index : own.end.index + 1] == ":"
            return self.spaced(own) + (":" if has_colon else "")
        return f"{self.spaced(own)}: {self.spaced(value)}"

    def flow_item(self, item: Part) -> str:
        is_pair = item.pairs is not None and self.text[item.start.index] != "{"
        if is_pair and not self.slice(item).startswith(("&", "!")):
            return ", ".join(self.pair(*pair) for pair in item.pairs or ())
        return self.spaced(item)


def _keys_in_order(model: type[BaseModel]) -> Iterator[str]:
    """A model's own keys, and then those that it shares with others, as in the reference."""
    own = [name for name in model.model_fields if name in model.__annotations__]
    for name in (*own, *(name for name in model.model_fields if name not in own)):
        yield key(name, model.model_fields[name])


def _is_apart(entry: _Entry, before: Sequence[str]) -> bool:
    """Whether a blank line goes above a section: it, or the one above, has lines of its own."""
    return len(entry.body) > 1 or before[-1].startswith(" ")


def _indented(lines: Sequence[str], indent: str) -> Iterator[str]:
    return (indent + line.strip() if line.strip() else "" for line in lines)


def _single_blanks(lines: Sequence[str], after: Sequence[str] = ()) -> list[str]:
    """The same with one blank line at a time, and none at the top."""
    out: list[str] = []
    for line in lines:
        last = out or after
        if line.strip() or (last and last[-1].strip()):
            out.append(line)
    return out


def _comment(rest: str) -> str:
    """A comment behind a value, as far from it as it was: many stand below each other."""
    bare = rest.strip()
    if not bare:
        return ""
    if not bare.startswith("#"):
        raise LayoutError(f"`{bare}` stands where a comment was expected")
    gap = len(rest) - len(rest.lstrip())
    return " " * gap + bare


def _tidy_properties(rest: str) -> str:
    """An anchor or a tag before a block, with the comment behind it."""
    told, mark, comment = rest.partition(" #")
    return " ".join(told.split()) + (f"  #{comment.rstrip()}" if mark else "")


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
