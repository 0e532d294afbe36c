"""Commands of HAProxy's runtime API, obeyed: those that this package sends, and no others."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.errors import refused_by_haproxy
from reconciler.engine.memory.parts import LiveServer, refused

HIGHEST_WEIGHT = 256


def obey(servers: Sequence[LiveServer], line: str) -> None:
    """One command. Raises EngineError, as for what HAProxy refuses."""
    match line.split():
        case ["set", "server", place, "fqdn" | "addr", host]:
            _find(servers, place).host = host
        case ["set", "server", place, "weight", weight]:
            if int(weight) > HIGHEST_WEIGHT:
                raise refused_by_haproxy(
                    f"Absolute weight can only be between 0 and {HIGHEST_WEIGHT} inclusive."
                )
            server = _find(servers, place)
            if not server.has_live_weight:
                raise refused_by_haproxy(
                    "Backend is using a static LB algorithm and only accepts weights '0%' and "
                    "'100%'."
                )
            server.weight = int(weight)
        case ["set", "server", place, "state", "ready"]:
            server = _find(servers, place)
            server.is_disabled = server.is_drained = False
        case ["set", "server", place, "state", "drain"]:
            server = _find(servers, place)
            server.is_disabled, server.is_drained = False, True
        case ["set", "server", place, "state", "maint"]:
            server = _find(servers, place)
            server.is_disabled, server.is_drained = True, False
        case ["set", "maxconn", "server", place, number]:
            _find(servers, place).maxconn = int(number) or None
        case _:
            raise refused(f"HAProxy says: unknown command: {line}")


def _find(servers: Sequence[LiveServer], place: str) -> LiveServer:
    found = next((s for s in servers if f"{s.backend}/{s.name}" == place), None)
    if found is None:
        raise refused(f"HAProxy says: no such server: {place}")
    return found
