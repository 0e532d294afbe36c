"""The servers of a configuration that we wrote, read back from its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenServer:
    """A `server` line. Its own weight, not the one it has at run time."""

    backend: str
    name: str
    host: str
    port: int
    weight: int
    is_checked: bool
    checks_http: bool


def read_servers(text: str) -> tuple[WrittenServer, ...]:
    """In the order of the text. Lines that are not as `render_config` writes them are left out."""
    return tuple(_servers(text))


def _servers(text: str) -> Iterator[WrittenServer]:
    backend, checks_http = "", False
    for line in text.splitlines():
        words = line.split()
        if line[:1].strip() and words:
            backend = words[1] if words[0] == "backend" and len(words) > 1 else ""
            checks_http = False
        elif words[:2] == ["option", "httpchk"]:
            checks_http = True
        elif backend and words[:1] == ["server"] and len(words) > 2:
            host, _, port = words[2].rpartition(":")
            if host and port.isdigit():
                weight = _value_of("weight", words)
                yield WrittenServer(
                    backend, words[1], host, int(port),
                    int(weight) if weight.isdigit() else 1, "check" in words[3:], checks_http,
                )  # fmt: skip


def _value_of(keyword: str, words: list[str]) -> str:
    return words[words.index(keyword) + 1] if keyword in words[3:-1] else ""
