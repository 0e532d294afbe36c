"""A configuration of ours with a part of it changed: probes, a backend's servers, or its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from reconciler.haproxy.config import Config, frozen, live_lines, rewritten
from reconciler.haproxy.model import Backend
from reconciler.haproxy.model.files import is_live_comment, renewed, under_way
from reconciler.haproxy.render.backend import backend_lines
from reconciler.haproxy.slots import PROBE_SUFFIX


def add_backends(config: Config, backends: tuple[Backend, ...]) -> Config:
    """The same with these probes at its end, in place of any that are there."""
    lines = _without_probes(config)
    lines += [line.text for backend in backends for line in backend_lines(backend)]
    return rewritten(config, lines)


def _without_probes(config: Config) -> list[str]:
    """The lines but for backends of new servers that an earlier run left at the end."""
    lines: list[str] = []
    for line in config.lines:
        if line.text.startswith("backend ") and line.text.split()[1].endswith(PROBE_SUFFIX):
            break
        lines.append(line.text)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def put_servers(config: Config, backend: str, servers: Sequence[str]) -> Config:
    """The same with other servers in a backend, as `render.server_lines` writes them."""
    texts = [line.text for line in config.lines]
    start, end = _section(texts, backend)
    live = live_lines(texts)
    kept = [text for at, text in enumerate(texts[start:end], start) if not live[at]]
    while kept and not kept[-1]:
        kept.pop()
    blank = [""] if end < len(texts) else []
    return rewritten(config, [*texts[:start], *kept, *servers, *blank, *texts[end:]])


def mark_renewal(config: Config, files: Collection[str]) -> Config:
    """The same while a running HAProxy takes over these files, by their names: until it has, and
    all is written, what it uses cannot be told."""
    return rewritten(config, [under_way(line.text, files) for line in config.lines])


def mark_reload(config: Config, written: str | None) -> Config:
    """The same until a worker is seen to run it, so that what was written and never loaded is known
    later: what else a worker runs it tells itself, but not which certificates and maps. Those are
    marked that differ from what is `written` now."""
    live = (file for file in renewed(config.files, written or "") if is_live_comment(file.comment))
    names = [file.name for file in live]
    return mark_renewal(config, names) if names else config


def backend_structure(config: Config, backend: str) -> tuple[str, ...] | None:
    """What a backend's section says but for its servers; None when there is no such backend."""
    texts = [line.text for line in config.lines]
    start, end = _section(texts, backend)
    if start == end:
        return None
    live = live_lines(texts)
    fixed = [text for at, text in enumerate(texts[start:end], start) if text and not live[at]]
    return tuple(frozen(fixed))


def _section(texts: Sequence[str], backend: str) -> tuple[int, int]:
    """Where a backend's section starts and ends; twice the same when there is none."""
    heading = f"backend {backend}"
    if heading not in texts:
        return 0, 0
    start = texts.index(heading)
    after = (at for at in range(start + 1, len(texts)) if texts[at][:1].strip())
    return start, next(after, len(texts))


_KNOWN_ADDRESS = re.compile(r" init-addr libc,[0-9a-fA-F.:]+,none(?= |$)", re.MULTILINE)
_NAMED_SERVER = re.compile(r"^    server \S+ (?P<host>[^\s:]+):\d+", re.MULTILINE)


def with_addresses(text: str, addresses: Mapping[str, str]) -> str:
    """The same with the addresses of servers, by their names: a worker that starts while nobody
    answers for names takes them. No part of the configuration: they are taken off when it is read,
    since containers that start anew change them."""

    def told(server: re.Match[str]) -> str:
        address = addresses.get(server["host"])
        return f"{server[0]} init-addr libc,{address},none" if address else server[0]

    return _NAMED_SERVER.sub(told, text)


def without_addresses(text: str) -> str:
    return _KNOWN_ADDRESS.sub("", text)


def number_after(keyword: str, lines: Iterable[str]) -> int | None:
    """What a section's last line with a keyword says."""
    found = [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == keyword]
    return int(found[-1]) if found and found[-1].isdigit() else None
