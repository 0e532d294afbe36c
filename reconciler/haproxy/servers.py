"""The servers of a configuration that we wrote, read back from its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.haproxy.render import SENSITIVE_MARK


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
    check: tuple[str, ...] = ()
    """What its check asks for, line by line; how often it asks is left out."""

    @property
    def place(self) -> tuple[str, str, int, bool, tuple[str, ...]]:
        """Equal for two servers when what is known of the one holds for the other."""
        return (self.backend, self.host, self.port, self.is_checked, self.check)


def read_servers(text: str) -> tuple[WrittenServer, ...]:
    """In the order of the text. Lines that are not as `render_config` writes them are left out."""
    return tuple(_servers(text))


def _servers(text: str) -> Iterator[WrittenServer]:
    backend, common = "", list[str]()
    check: list[str] = []
    for line in text.split("\n"):
        words = line.split()
        if line[:1].strip() and words:
            backend = words[1] if words[0] == "backend" and len(words) > 1 else ""
            check, common = [], []
        elif words[:2] in (["option", "httpchk"], ["timeout", "check"]) or words[:1] == [
            "http-check"
        ]:
            check.append(line.removesuffix(SENSITIVE_MARK).strip())
        elif words[:1] == ["default-server"]:
            common = words[1:]
        elif backend and words[:1] == ["server"] and len(words) > 2:
            host, _, port = words[2].rpartition(":")
            said = [*words[3:], *common]
            if host and port.isdigit():
                yield WrittenServer(
                    backend, words[1], host, int(port), _weight(said), "check" in said,
                    "option httpchk" in check, tuple(check),
                )  # fmt: skip


def _weight(said: list[str]) -> int:
    value = said[said.index("weight") + 1] if "weight" in said[:-1] else ""
    return int(value) if value.isdigit() else 1
