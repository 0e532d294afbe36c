"""Changes of servers in a running HAProxy, as commands of its runtime API (management guide, 9.3).

A change names the host that a server points to, never the server: which of a backend's servers
that is, is looked up when the change is made. So nothing is done to the wrong one when HAProxy was
restarted meanwhile, and has put its servers in another order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Literal

from msgspec import Struct

from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.paths import IDLE_ADDRESS, IDLE_HOST

Aim = Literal["ready", "adjust", "check", "drain", "away", "gone"]
"""Take traffic; have another weight or limit; be checked, without traffic; finish what there is;
the same, and nobody sticks to it; stand by as a spare one."""
_STATE = {"ready": "ready", "check": "drain", "drain": "drain", "away": "maint"}
_OF_THOSE_THERE = frozenset({"adjust", "drain", "away", "gone"})
"""No spare server is taken for these."""
LONGEST = 4096
"""Bytes of one line of commands. HAProxy's buffer for them has 16 KiB, unless told otherwise."""


class ServerSetting(Struct, frozen=True):
    """What a server of a backend shall be like. A host that no server points to gets a spare one
    when it shall take traffic or be checked.

    `weight` None leaves it as it is; `maxconn` 0 is no limit, None as it is.
    """

    backend: str
    host: str
    aim: Aim
    weight: int | None = None
    maxconn: int | None = None
    is_outside: bool = False
    """Whether `host` is the name of a server that is no container, and points where it points."""


class NoSpareServerError(Exception):
    """A backend has no spare server left; `backend` is its name."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"backend {backend} has no spare server")
        self.backend = backend


def commands_for(
    settings: Iterable[ServerSetting],
    states: Sequence[ServerState],
    addresses: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The commands, in order. Raises NoSpareServerError before the first.

    `addresses` are those of hosts. A spare server that has not served yet has HAProxy's own, and
    would be checked there until the new name resolves: so it is told the address as well. One that
    has no address takes none, and is out of reach until its name resolves.
    """
    taken: set[tuple[str, str]] = set()
    found: list[str] = []
    for setting in settings:
        server = _find(setting, states)
        if server is None and (setting.is_outside or setting.aim in _OF_THOSE_THERE):
            continue
        if server is None:
            server = _spare(setting.backend, states, taken)
            taken.add((server.backend, server.name))
            found.append(_point(f"{server.backend}/{server.name}", setting.host))
            if server.address and (address := (addresses or {}).get(setting.host)):
                found.append(f"set server {server.backend}/{server.name} addr {address}")
        found += _adjust(setting, server)
    return iter(found)


def _find(setting: ServerSetting, states: Sequence[ServerState]) -> ServerState | None:
    there = (
        s
        for s in states
        if (s.backend, s.known_as) == (setting.backend, setting.host)
        and setting.is_outside == (s.known_as == s.name)
    )
    return next(there, None)


def _spare(
    backend: str, states: Sequence[ServerState], taken: Collection[tuple[str, str]]
) -> ServerState:
    """The last one: it comes from the template, whose servers are checked sooner, where the first
    may be one that has served as its line in the configuration says."""
    spare = (s for s in reversed(states) if s.backend == backend and s.is_idle)
    free = next((s for s in spare if (s.backend, s.name) not in taken), None)
    if free is None:
        raise NoSpareServerError(backend)
    return free


def _adjust(setting: ServerSetting, server: ServerState) -> Iterator[str]:
    place = f"{server.backend}/{server.name}"
    if setting.aim == "gone":
        yield f"set server {place} state maint"
        yield _point(place, IDLE_ADDRESS if _is_address(setting.host) else IDLE_HOST)
        return
    if setting.weight is not None and setting.weight != server.weight:
        yield f"set server {place} weight {setting.weight}"
    if setting.maxconn is not None and setting.maxconn != (server.maxconn or 0):
        yield f"set maxconn server {place} {setting.maxconn}"
    if setting.aim != "adjust":
        yield from _with_agent(server, f"set server {place} state {_STATE[setting.aim]}")


def _with_agent(server: ServerState, command: str) -> Iterator[str]:
    """An agent is not asked while its server is out of rotation by command: it may say `ready`."""
    if not server.has_agent:
        yield command
    elif command.endswith(" ready"):
        yield from (command, f"enable agent {server.backend}/{server.name}")
    else:
        yield from (f"disable agent {server.backend}/{server.name}", command)


def _point(place: str, host: str) -> str:
    """A server has its port already, and keeps it."""
    return f"set server {place} {'addr' if _is_address(host) else 'fqdn'} {host}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def lines_of(commands: Iterable[str]) -> Iterator[str]:
    """Several commands a line, none longer than HAProxy reads."""
    line = ""
    for command in commands:
        if line and len(line) + len(command) >= LONGEST:
            yield line
            line = ""
        line = f"{line};{command}" if line else command
    if line:
        yield line


def find_refusal(reply: str) -> str:
    """The first line of a reply that is no consent; "" when all was taken."""
    for line in reply.splitlines():
        said = line.strip()
        if said and not any(word in said for word in _CONSENT):
            return said
    return ""


_CONSENT = (
    "changed its FQDN",
    "no need to change",
    "nothing changed",
    "IP changed from",
    "only supported through configuration file",  # of an address: there is none, and a name follows
)
