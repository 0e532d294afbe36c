"""Files that HAProxy reads beside haproxy.cfg: certificates, and whatever else a line may name.

Their content is never shown. haproxy.cfg has a comment line for each, with the digest of what is
in it, so that another content is another configuration. Certificates with their OCSP responses,
lists of them and maps are taken over by a running HAProxy (management guide, "set ssl cert", "add
ssl crt-list", "prepare map"); any other file needs a reload.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from reconciler.diagnostics.discreet import Discreet
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.paths import CHECK_DIRECTORY, FILES_DIRECTORY

_MOST_AT_RUN_TIME = 15_000
"""Bytes. A command with all it carries must fit into one of HAProxy's buffers, which has 16 kB."""
_MOST_IN_ONE_COMMAND = {
    "certificate": _MOST_AT_RUN_TIME,
    "ocsp-response": _MOST_AT_RUN_TIME // 4 * 3,  # as base64
}
RESPONSE = ".ocsp"
"""HAProxy looks for the response of a certificate in the file of that name and this."""
_UPDATES = "[ocsp-update on]"
_UNDER_WAY = "0" * 16
_LIVE = ("certificate", "ocsp-response", "crt-list", "map")
_COMMENT = re.compile(
    rf"^    # ({'|'.join(_LIVE)}|file) (\S+) ([0-9a-f]{{16}})\b(.*)$", re.MULTILINE
)

_OWN_NAME = re.compile(r"[A-Za-z0-9_.-]*-[0-9a-f]{8}(\.[A-Za-z0-9_.-]+)?")
"""As `file_name` makes them."""


class ProxyFile(Discreet, Struct, frozen=True):
    """`name` is one word of letters, digits and `._-`; `path` is where the user named the file."""

    unshown = ("content",)
    name: str
    content: bytes
    path: Path
    kind: Literal["certificate", "ocsp-response", "crt-list", "map", "file"] = "file"
    is_fixed: bool = False
    """Whether it needs a reload, though others of its kind need none."""

    @property
    def place(self) -> str:
        """In HAProxy's container."""
        return f"{FILES_DIRECTORY}/{self.name}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def comment(self) -> str:
        """Its line in haproxy.cfg."""
        most = _MOST_IN_ONE_COMMAND.get(self.kind)
        is_live = not self.is_fixed and (most is None or len(self.content) <= most)
        return f"    # {self.kind if is_live else 'file'} {self.name} {self.digest}"

    @property
    def certificate(self) -> str:
        """Where the certificate is that it belongs to, or is."""
        return self.place.removesuffix(RESPONSE)


def file_name(source: str, suffix: str = "") -> str:
    """A name for the file that the user knows as `source`: the same whatever is in it."""
    source = posixpath.normpath(source)
    base = re.sub(r"[^A-Za-z0-9_.-]+", "-", posixpath.basename(source))[:40].strip(".-")
    stem, ending = posixpath.splitext(base)
    key = hashlib.sha256(source.encode()).hexdigest()[:8]
    return f"{stem}-{key}{suffix or ending}"


def left_over(there: Iterable[str], files: Iterable[ProxyFile]) -> tuple[str, ...]:
    """Names in the directory of files that are ours by their form, and of no file that is wanted:
    former certificates with their keys."""
    wanted = {file.name for file in files}
    return tuple(sorted(n for n in there if _OWN_NAME.fullmatch(n) and n not in wanted))


def is_live_comment(line: str) -> bool:
    """Whether a line of `global` tells of a file that a running HAProxy takes over."""
    return line.startswith(tuple(f"    # {kind} " for kind in _LIVE))


def under_way(line: str, names: Collection[str]) -> str:
    """The line; one that tells of such a file without its digest, so that it is like no content."""
    match = _COMMENT.match(line)
    if match is None or match[2] not in names:
        return line
    return f"    # {match[1]} {match[2]} {_UNDER_WAY}{match[4]}"


def is_comment(line: str) -> bool:
    return _COMMENT.match(line if line.startswith("    ") else f"    {line}") is not None


def written_files(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and digest of each file that a haproxy.cfg of ours tells of."""
    return ((m[1], m[2], m[3]) for m in _COMMENT.finditer(_global_of(text)))


def _global_of(text: str) -> str:
    return text.partition("\ndefaults\n")[0]


def changed_names(before: str, after: str) -> list[str]:
    """Files that both configurations have, with another content: "certificate `www-3f2a91bc.pem`".
    The name of one that came from outside the topology file is not shown."""
    old = {name: digest for _, name, digest in written_files(before)}
    return [
        f"a {m[1]}" if m[4] else f"{m[1]} `{m[2]}`"
        for m in _COMMENT.finditer(_global_of(after))
        if old.get(m[2], m[3]) != m[3]
    ]


def listed_names(before: str, after: str) -> tuple[list[str], list[str]]:
    """Certificates that are new, and that go, where a list that both have is another one."""
    there = {name: digest for kind, name, digest in written_files(before) if kind == "crt-list"}
    if all(there.get(name, digest) == digest for _, name, digest in written_files(after)):
        return [], []
    old, new = (
        {
            m[2]: "a certificate" if m[4] else f"certificate `{m[2]}`"
            for m in _COMMENT.finditer(_global_of(text))
            if m[1] == "certificate"
        }
        for text in (before, after)
    )
    joined = [told for name, told in new.items() if name not in old]
    return joined, [told for name, told in old.items() if name not in new]


def come_and_gone_responses(before: str, after: str) -> tuple[list[str], list[str]]:
    """OCSP responses that are new, and that go, of certificates that stay."""
    old, new = (
        {
            m[2]: "an ocsp-response" if m[4] else f"ocsp-response `{m[2]}`"
            for m in _COMMENT.finditer(_global_of(text))
            if m[1] in {"certificate", "ocsp-response"}
        }
        for text in (before, after)
    )
    stay = {f"{name}{RESPONSE}" for name in old.keys() & new.keys()}
    come = [told for name, told in new.items() if name in stay - old.keys()]
    return come, [told for name, told in old.items() if name in stay - new.keys()]


def renewed(files: tuple[ProxyFile, ...], written: str) -> tuple[ProxyFile, ...]:
    """Those whose content is not the one that a haproxy.cfg tells of."""
    there = {(name, digest) for _, name, digest in written_files(written)}
    return tuple(file for file in files if (file.name, file.digest) not in there)


def for_check(text: str) -> str:
    """The configuration with the files that are to be checked, in place of those in use."""
    return text.replace(f"{FILES_DIRECTORY}/", f"{CHECK_DIRECTORY}/")


def files_for_check(files: Iterable[ProxyFile]) -> tuple[ProxyFile, ...]:
    """The files as they are checked: a list names others."""
    return tuple(
        replace(file, content=for_check(file.content.decode()).encode())
        if file.kind == "crt-list"
        else file
        for file in files
    )


def from_check(text: str) -> str:
    """What HAProxy said of it, with the files' names as they will be."""
    return text.replace(f"{CHECK_DIRECTORY}/", f"{FILES_DIRECTORY}/")


def renewal_command(file: ProxyFile) -> str:
    """Load a certificate, or its OCSP response, aside. An empty line would end it, so none is in
    it."""
    if file.kind == "ocsp-response":
        return f"set ssl cert {file.place} <<\n{base64.b64encode(file.content).decode()}\n"
    lines = [line for line in file.content.decode("ascii", "replace").splitlines() if line.strip()]
    return "\n".join([f"set ssl cert {file.place} <<", *lines, ""])


def new_command(file: ProxyFile) -> str:
    """Let HAProxy know a certificate that it has not had; nothing is in it yet."""
    return f"new ssl cert {file.place}"


def commit_command(file: ProxyFile) -> str:
    """Use what was loaded aside, for every new connection."""
    return f"commit ssl cert {file.certificate}"


def abort_command(file: ProxyFile) -> str:
    return f"abort ssl cert {file.certificate}"


def updated(place: str) -> str:
    """The line of a list for a certificate whose OCSP response HAProxy asks for."""
    return f"{place} {_UPDATES}"


def list_file(name: str, lines: Iterable[str], path: Path, *, is_fixed: bool = False) -> ProxyFile:
    """A list of certificates, by where they are in HAProxy's container."""
    content = "".join(f"{line}\n" for line in lines)
    return ProxyFile(name, content.encode(), path, "crt-list", is_fixed)


def show_list_command(file: ProxyFile) -> str:
    return f"show ssl crt-list -n {file.place}"


def join_commands(file: ProxyFile, shown: str) -> Iterator[str]:
    """Add to a list, as HAProxy has `shown` it, what it lacks."""
    there = {place for place, _ in _entries(shown)}
    for line in file.content.decode().splitlines():
        place, _, options = line.partition(" ")
        if place not in there:
            command = f"add ssl crt-list {file.place}"
            yield f"{command} <<\n{line}\n" if options else f"{command} {place}"


def leave_commands(file: ProxyFile, shown: str) -> Iterator[tuple[str, str]]:
    """Take from a list what it has too much, and let HAProxy forget that, if no other list has
    it."""
    kept = {line.partition(" ")[0] for line in file.content.decode().splitlines()}
    for place, line in _entries(shown):
        if place not in kept:
            take = f"del ssl crt-list {file.place} {place}:{line}"
            yield take, f"del ssl cert {place}"


def _entries(shown: str) -> Iterator[tuple[str, str]]:
    """Each certificate of a list with the number of its line."""
    return ((m[1], m[2]) for m in re.finditer(r"^(/\S+):(\d+)", shown, re.MULTILINE))


def prepare_command(file: ProxyFile) -> str:
    """Begin another version of a map, aside. HAProxy answers with its number."""
    return f"prepare map {file.place}"


def fill_commands(file: ProxyFile, version: str) -> Iterator[str]:
    """Put all lines into that version, as many at a time as a command can carry."""
    heading = f"add map @{version} {file.place} <<"
    for lines in _portions(file.content.decode().splitlines()):
        yield "\n".join([heading, *lines, ""])


def _portions(lines: Iterable[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > _MOST_AT_RUN_TIME:
            yield portion
            portion, size = [], len(line) + 1
        portion.append(line)
    if portion:
        yield portion


def switch_command(file: ProxyFile, version: str) -> str:
    """Look up in that version from now on, and forget the one before."""
    return f"commit map @{version} {file.place}"
