"""One value of a topology file changed, and all else kept byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ruamel.yaml.nodes import ScalarNode

from reconciler.topology.reading.source import Source
from reconciler.topology.reading.syntax import compose
from reconciler.topology.writing.tree import Part, properties_of, read_tree

_LINE_END = re.compile(r"\r?\n")


class EditError(Exception):
    """The value cannot be put there; the message says why, and the hint what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def put_value(text: str, path: str, value: str) -> str:
    """The text with `value` at `path`, keys and indexes with dots between them. The value is YAML,
    in one line; a text that YAML would take for something else is quoted.

    Raises EditError. The text can be composed, and holds one document.
    """
    return _Edit(text, path, value).result()


class _Edit:
    def __init__(self, text: str, path: str, value: str) -> None:
        self.text, self.path, self.value = text, path, value

    def result(self) -> str:
        parts = self.path.split(".")
        if not all(parts):
            raise EditError(f"`{self.path}` is no path", "write one like `backends.web.replicas`")
        here, owner = read_tree(self.text), None
        while parts:
            found, used = self.child(here, parts)
            if found is None:
                return self.added(here, owner, parts)
            here, owner, parts = found, here, parts[used:]
        return self.replaced(here)

    def child(self, part: Part, path: Sequence[str]) -> tuple[Part | None, int]:
        """What stands at the beginning of a path, and how many parts of the path that is: a key may
        have dots in it."""
        if part.items is not None:
            index = int(path[0]) if path[0].isdecimal() else -1
            if not 0 <= index < len(part.items):
                here = self.path.removesuffix(".".join(path)).rstrip(".")
                raise EditError(
                    f"`{here}` is a list of {len(part.items)}, and `{path[0]}` is none of them",
                    f"count from 0, `{here}.0`",
                )
            return part.items[index], 1
        keys = {self.name_of(key): value for key, value in part.pairs or ()}
        for used in range(len(path), 0, -1):
            if ".".join(path[:used]) in keys:
                return keys[".".join(path[:used])], used
        return None, 0

    def replaced(self, part: Part) -> str:
        written = self.text[part.start.index : part.end.index]
        if written.startswith("*"):
            raise EditError(
                f"`{self.path}` is `{written}`, which stands for what is written elsewhere",
                "change it there, or write the value here first",
            )
        if part.is_block or part.is_block_scalar:
            raise EditError(
                f"`{self.path}` has lines of its own", "set one of its keys, or edit it"
            )
        kept = properties_of(written)
        new = self.as_yaml(part.style)
        if not written:  # nothing behind the key so far, and no space
            return self.text_with(self.behind_key(part), f" {new}", 0)
        return self.text_with(part.start.index + len(kept), new, len(written) - len(kept))

    def behind_key(self, part: Part) -> int:
        """The index behind the colon of a key that has no value: YAML takes that for what stands
        before the next thing."""
        return self.text.rfind(":", 0, part.start.index) + 1

    def added(self, owner: Part, above: Part | None, path: Sequence[str]) -> str:
        """With a new key, and mappings around it where more than one is new."""
        new = self.as_yaml("")
        for key in reversed(path[1:]):
            new = f"{{{key}: {new}}}"
        entry = f"{path[0]}: {new}"
        if owner.pairs is None:
            here = self.path.removesuffix(".".join(path)).rstrip(".")
            if owner.start.index == owner.end.index and above is not None:
                return self.text_with(self.behind_key(owner), f" {{{entry}}}", 0)
            written = self.text[owner.start.index : owner.end.index].split("\n")[0]
            raise EditError(
                f"`{here}` is `{written}` here, and has no `{path[0]}`",
                "write its long form first, as a mapping",
            )
        if owner.is_flow:
            separator = ", " if owner.pairs else ""
            return self.text_with(owner.end.index - 1, f"{separator}{entry}", 0)
        column = owner.pairs[0][0].start.column
        at = self.end_of(owner)
        newline = "\r\n" if "\r\n" in self.text else "\n"
        return self.text_with(at, f"{newline}{' ' * column}{entry}", 0)

    def end_of(self, part: Part) -> int:
        """The index of the end of the line in which a block mapping's last word stands."""
        last: Part = part
        while last.is_block:
            last = last.pairs[-1][1] if last.pairs else last.items[-1]  # type: ignore[index]  # one of both
        end = last.end.index
        if last.is_block_scalar or last.start.index == last.end.index:
            end = len(self.text[:end].rstrip())
        found = _LINE_END.search(self.text, end)
        return found.start() if found else len(self.text)

    def text_with(self, at: int, new: str, length: int) -> str:
        return self.text[:at] + new + self.text[at + length :]

    def name_of(self, key: Part) -> str:
        written = self.text[key.start.index : key.end.index]
        return written.strip("\"'")

    def as_yaml(self, style: str) -> str:
        """The value as it can stand anywhere in one line, quoted as what was there."""
        source = Source("", f"[{self.value}\n]")
        root = compose(source) if "\n" not in self.value and self.value.strip() else None
        found = root.value[0] if root is not None and len(root.value) == 1 else None
        is_whole = isinstance(found, ScalarNode) or self.value.startswith(("{", "["))
        if found is None or not is_whole or source.diagnostics or "#" in self.value:
            return json.dumps(self.value, ensure_ascii=False)
        is_text = str(found.tag).endswith(":str")
        if is_text and style == '"' and self.value[0] not in "\"'":
            return json.dumps(self.value, ensure_ascii=False)
        if is_text and style == "'" and self.value[0] not in "\"'":
            return f"'{self.value.replace(chr(39), chr(39) * 2)}'"
        return self.value
