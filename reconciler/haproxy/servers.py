"""The servers of a configuration that we wrote, read back from its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenServer:
    """A `server` line, with what its backend's `default-server` says of all."""

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
    common: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if line[:1].strip() and words:
            backend = words[1] if words[0] == "backend" and len(words) > 1 else ""
            checks_http, common = False, []
        elif words[:2] == ["option", "httpchk"]:
            checks_http = True
        elif words[:1] == ["default-server"]:
            common = words[1:]
        elif backend and words[:1] == ["server"] and len(words) > 2:
            host, _, port = words[2].rpartition(":")
            said = [*words[3:], *common]
            if host and port.isdigit():
                yield WrittenServer(
                    backend, words[1], host, int(port), _weight(said), "check" in said, checks_http
                )


def _weight(said: list[str]) -> int:
    value = said[said.index("weight") + 1] if "weight" in said[:-1] else ""
    return int(value) if value.isdigit() else 1
