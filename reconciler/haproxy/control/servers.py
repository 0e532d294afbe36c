"""The servers of a configuration that we wrote, read back from its text."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reconciler.haproxy.config import SENSITIVE_MARK
from reconciler.haproxy.model.balance import read_weighs


class WrittenServer(Struct, frozen=True):
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
    maxconn: int | None = None
    is_disabled: bool = False
    """A spare one, from a `server-template` line."""
    has_live_weight: bool = True
    """Whether it takes another weight at run time."""

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
    weighs = True
    for line in text.split("\n"):
        words = line.split()
        if line[:1].strip() and words:
            backend = words[1] if words[0] == "backend" and len(words) > 1 else ""
            check, common, weighs = [], [], True
        elif _is_of_check(words):
            check.append(line.removesuffix(SENSITIVE_MARK).strip())
        elif words[:1] == ["default-server"]:
            common += words[1:]
        elif backend and words[:1] in (["server"], ["server-template"]) and len(words) > 2:
            yield from _servers_of(line, backend, common, tuple(check), has_live_weight=weighs)
            continue
        told = read_weighs(line)
        weighs = weighs if told is None else told


def _is_of_check(words: list[str]) -> bool:
    match words:
        case ["option", option, *_]:
            return option.endswith(("chk", "-check"))
        case ["timeout", "check", *_] | ["http-check" | "tcp-check", *_]:
            return True
    return False


def _servers_of(
    line: str, backend: str, common: list[str], check: tuple[str, ...], *, has_live_weight: bool
) -> Iterator[WrittenServer]:
    """One server, or those that a template stands for."""
    keyword, *words = line.removesuffix(SENSITIVE_MARK).split()
    names, place, said = [words[0]], words[1], words[2:]
    if keyword == "server-template" and len(words) > 2:
        first, _, last = words[1].partition("-")
        if not (first.isdigit() and last.isdigit()):
            return
        names = [f"{words[0]}{number}" for number in range(int(first), int(last) + 1)]
        place, said = words[2], words[3:]
    host, _, port = place.rpartition(":")
    said = [*said, *common]
    if place.startswith("unix@"):
        host, port = place, "0"
    if not (host and port.isdigit()):
        return
    for name in names:
        yield WrittenServer(
            backend,
            name,
            host,
            int(port),
            _weight(said),
            "check" in said,
            "option httpchk" in check,
            check,
            _number("maxconn", said),
            "disabled" in said,
            has_live_weight,
        )


def _number(keyword: str, said: list[str]) -> int | None:
    value = said[said.index(keyword) + 1] if keyword in said[:-1] else ""
    return int(value) if value.isdigit() else None


def _weight(said: list[str]) -> int:
    weight = _number("weight", said)
    return 1 if weight is None else weight
