"""A configuration as text, and its two digests.

`digest` covers every line: it tells whether somebody edited the file, and whether a worker has
loaded it. `structure` covers what only a reload can change, so all but the servers and the content
of certificates, of lists of them and of maps: those change in a running HAProxy as well, and are
compared one by one. Both stand in `global`, where the worker shows them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reconciler.haproxy.model.balance import read_weighs
from reconciler.haproxy.model.files import ProxyFile, is_live_comment
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.slots import is_slot

_SERVER = "    server "
_LIMIT = re.compile(r" maxconn \d+")
_AMOUNTS = re.compile(r" (weight|maxconn) \d+")
SENSITIVE_MARK = "  # holds a value from outside the topology file"

_IDENTITY = re.compile(
    r"^    description topology=(\S+) config=[0-9a-f]{16} text=[0-9a-f]{16}$", re.MULTILINE
)
_LIVE = re.compile(r"    (server-template|default-server (weight|maxconn)) ")


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is where the user wrote it; `values` are further places that its values come from."""

    text: str
    path: Path = ()
    values: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """A rendered configuration with its digests, which are part of the text."""

    lines: tuple[Line, ...]
    digest: str
    structure: str
    files: tuple[ProxyFile, ...] = field(default=(), repr=False)
    """The files to write with it; none when it was read back, and they are there already."""

    @property
    def text(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)

    def path_of_line(self, number: int) -> Path:
        """The user's path that line `number` (from 1) came from; () for lines of our own."""
        return self.lines[number - 1].path if 0 < number <= len(self.lines) else ()


def identified(lines: Sequence[Line], topology: str) -> Config:
    """Lines without identity, and the same with it."""
    texts = [line.text for line in lines]
    structure, digest = _hash(_structure(texts)), _hash(texts)
    at = texts.index("global") + 1
    identity = f"    description topology={topology} config={structure} text={digest}"
    return Config((*lines[:at], Line(identity), *lines[at:]), digest, structure)


def read_config(text: str) -> Config | None:
    """A text of ours that nobody edited; else None."""
    identity = _IDENTITY.search(text)
    bare = text.removesuffix("\n").split("\n")
    if identity is None or "global" not in bare:
        return None
    bare.remove(identity[0])
    config = identified([Line(line) for line in bare], identity[1])
    return config if config.text == text else None


def rewritten(config: Config, lines: Iterable[str]) -> Config:
    """Other lines, with or without an identity, for the same topology and with the same files."""
    identity = _IDENTITY.search(config.text)
    assert identity is not None
    other = identified([Line(line) for line in lines if line != identity[0]], identity[1])
    return replace(other, files=config.files)


_SECTION = re.compile(r"(global|defaults|frontend|backend|resolvers|userlist|listen|cache|peers)\b")


def sections_of(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each section: its heading (`backend web`), and the lines below it, as they stand. What
    comes before the first heading is left."""
    heading, below = "", list[str]()
    for line in lines:
        if not _SECTION.match(line):
            below.append(line)
            continue
        if heading:
            yield heading, below
        heading, below = line.strip(), []
    if heading:
        yield heading, below


def live_lines(lines: Iterable[str]) -> list[bool]:
    """For each line, whether what it says can be changed in a running HAProxy."""
    found, backend, in_global = [], "", False
    for line in lines:
        if line[:1].strip():
            backend = line.split()[1] if line.startswith("backend ") else ""
            in_global = line == "global"
        is_server = bool(backend) and (bool(_LIVE.match(line)) or _is_slot(backend, line))
        found.append(is_server or (in_global and is_live_comment(line)))
    return found


def _is_slot(backend: str, line: str) -> bool:
    return line.startswith(_SERVER) and is_slot(backend, line.split()[1])


def frozen(lines: Iterable[str]) -> Iterator[str]:
    """Lines that are not live, without the parts of them that are: other weights and limits of
    servers that are no containers."""
    weighs = True
    for line in lines:
        if line[:1].strip():
            weighs = True
        elif (told := read_weighs(line)) is not None:
            weighs = told
        if line.startswith(_SERVER):
            yield (_AMOUNTS if weighs else _LIMIT).sub("", line)
        else:
            yield line


def _structure(lines: Sequence[str]) -> list[str]:
    live = live_lines(lines)
    return list(frozen(line for line, is_live in zip(lines, live, strict=True) if not is_live))


def _hash(lines: Iterable[str]) -> str:
    content = "".join(f"{line}\n" for line in lines)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
