"""One file over another, as Compose merges: mappings merge, scalars replace, and of lists those
append that say so by a mark, as Compose's do; HAProxy's own, whose order has a meaning, replace.

Works on trees of parts, so that each value keeps the place that it came from. `!reset` takes away
what is beneath, `!override` puts a value in its place without merging.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.diagnostics.place import Path, Span
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, files_in, mark_of, step
from reconciler.topology.model.marks import Appends, AsPairs, ByName, NamesFile
from reconciler.topology.reading.source import OVERRIDE, RESET, Source


class Part(Struct, frozen=True):
    """A value with all that is known of it; mappings and lists hold parts."""

    value: Any
    span: Span | None = None
    key: Span | None = None
    written: str | None = None
    resolved: tuple[str, ...] = ()
    is_broken: bool = False
    tag: str = ""

    @property
    def is_plain(self) -> bool:
        return not isinstance(self.value, dict | list)


def grow(source: Source, directory: str, path: Path = ()) -> Part:
    """The tree of a parsed file. Files that it names are then relative to `directory`'s place:
    `directory` is how to come from where they count from to this file."""

    files = {} if directory == "." else dict(files_in(source.value, Topology))

    def visit(value: Any, path: Path) -> Part:
        written = source.variables.get(path)
        if isinstance(value, dict):
            value = {key: visit(item, (*path, key)) for key, item in value.items()}
        elif isinstance(value, list):
            value = [visit(item, (*path, at)) for at, item in enumerate(value)]
        elif isinstance(value, str) and path in files:
            value = _moved(value, files[path], directory)
            written = written and _moved(written, files[path], directory)
        return Part(
            value,
            _in_file(source.values.get(path), source.file),
            _in_file(source.keys.get(path), source.file),
            written,
            source.resolved.get(path, ()),
            path in source.broken,
            source.tags.get(path, ""),
        )

    return visit(source.value, path)


def _in_file(span: Span | None, file: str) -> Span | None:
    return span and replace(span, file=file)


def _moved(text: str, mark: NamesFile, directory: str) -> str:
    """A relative path that was written in another directory than the one that paths count from.
    One with a dot may be the first part of a mount: `./a:/b`."""
    if mark.with_dot:
        head, colon, rest = text.partition(":")
        is_path = head in {".", ".."} or head.startswith(("./", "../"))
        return _beside(directory, head) + colon + rest if is_path else text
    head, name = mark.parts_of(text) or ("", text)
    return text if name.startswith(("/", "$", "~")) else head + _beside(directory, name)


def _beside(directory: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(directory, path))
    return joined if joined.startswith(("/", "..")) else f"./{joined}"


def merge(base: Part | None, over: Part, kind: Kind = Topology) -> Part | None:
    """What stands afterwards where something of this kind is; None for nothing."""
    if over.tag == RESET:
        return None
    if base is None or over.tag == OVERRIDE:
        return _settled(over)
    # A key may be written in a short form here and in a long one there: only like is merged.
    base, over = _alike(base, over, kind)
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        merged = dict(base.value)
        for key, part in over.value.items():
            result = merge(merged.get(key), part, step(kind, key))
            if result is None:
                merged.pop(key, None)
            else:
                merged[key] = result
        return replace(base, value=merged)
    appends = mark_of(kind, Appends)
    if isinstance(base.value, list) and isinstance(over.value, list) and appends:
        return replace(base, value=_appended(base.value, over.value, appends))
    if over.value is None and not base.is_plain:
        return base  # a section with nothing in it says nothing
    return _settled(over)


def _settled(part: Part) -> Part:
    """What nothing is beneath: its own resets leave nothing."""
    if isinstance(part.value, dict):
        kept = {k: _settled(item) for k, item in part.value.items() if item.tag != RESET}
        return replace(part, value=kept)
    if isinstance(part.value, list):
        return replace(part, value=[_settled(i) for i in part.value if i.tag != RESET])
    return part


def _alike(base: Part, over: Part, kind: Kind) -> tuple[Part, Part]:
    """Both in one form, where a key has several."""
    if mark_of(kind, AsPairs):
        return _as_pairs(base), _as_pairs(over)
    if mark_of(kind, Appends) and None not in (base.value, over.value):
        base, over = _as_list(base), _as_list(over)
        if mark_of(kind, ByName) and isinstance(base.value, dict) != isinstance(over.value, dict):
            return _as_names(base), _as_names(over)
    return base, over


def _as_list(part: Part) -> Part:
    return replace(part, value=[part], key=part.key, written=None) if part.is_plain else part


def _as_names(part: Part) -> Part:
    if not isinstance(part.value, list) or not all(isinstance(i.value, str) for i in part.value):
        return part
    return replace(part, value={i.value: Part(None, i.span, i.span, i.written) for i in part.value})


def _as_pairs(part: Part) -> Part:
    if not isinstance(part.value, list):
        return part
    pairs = {}
    for item in part.value:
        if not isinstance(item.value, str) or "=" not in item.value:
            return part  # the model tells what is wrong with it
        key, _, value = item.value.partition("=")
        written = item.written and item.written.partition("=")[2]
        pairs[key] = replace(item, value=value, key=item.span, written=written)
    return replace(part, value=pairs)


def _appended(base: list[Part], over: list[Part], appends: Appends) -> list[Part]:
    merged = {_identity(part, appends, at): part for at, part in enumerate(base)}
    for at, part in enumerate(over, len(base)):
        if part.tag != RESET:
            merged[_identity(part, appends, at)] = _settled(part)
    return list(merged.values())


def _identity(part: Part, appends: Appends, at: int) -> object:
    """Two of one identity are the same: the later one counts."""
    if isinstance(part.value, dict) and appends.same == "all":
        return tuple((key, str(item.value)) for key, item in sorted(part.value.items()))
    if isinstance(part.value, dict):
        for key in ("target", "source"):
            if key in part.value and part.value[key].is_plain:
                return str(part.value[key].value)
        return at
    if isinstance(part.value, list):
        return at
    text = str(part.value)
    pieces = text.split(":")
    return pieces[1] if appends.same == "target" and len(pieces) > 1 else text


def flatten(root: Part, source: Source) -> None:
    """Put the tree into a source, path by path."""
    source.value = _write((), root, source)


def _write(path: Path, part: Part, source: Source) -> Any:
    if part.span is not None:
        source.values[path] = part.span
    if part.key is not None:
        source.keys[path] = part.key
    if part.written is not None:
        source.variables[path] = part.written
    if part.resolved:
        source.resolved[path] = part.resolved
    if part.is_broken:
        source.broken.add(path)
    if part.is_plain:
        return part.value
    return (
        dict(_written(path, part, source))
        if isinstance(part.value, dict)
        else [_write((*path, at), item, source) for at, item in enumerate(part.value)]
    )


def _written(path: Path, part: Part, source: Source) -> Iterator[tuple[str, Any]]:
    for key, item in part.value.items():
        yield key, _write((*path, key), item, source)
