"""What is written of traffic, to HAProxy's own model."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from reconciler.diagnostics.place import Path
from reconciler.haproxy.model.log import DEFAULT_TARGET, Log, LogTarget
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.log import sample_of
from reconciler.topology.model.types.scalar import Mode

_OF_TCP = ("tcp", "json")


def target_of_all(topology: Topology) -> LogTarget:
    """The target of HAProxy's own messages: every one of them."""
    wishes = _wishes(topology, None)
    return replace(_target(wishes), sample=(1, 1))


def compile_log(topology: Topology, name: str, frontend: Frontend, mode: Mode) -> Log | None:
    """The log of a frontend; None is as HAProxy's `defaults` have it."""
    wishes = _wishes(topology, frontend)
    if not wishes:
        return None
    own: Path = ("frontends", name, "log")
    return Log(
        target=_target(wishes) if wishes["enabled"] else None,
        format=_format(wishes, frontend, mode),
        has_normal=wishes.get("normal", True),
        has_null=wishes.get("null", False),
        path=own if frontend.log else ("haproxy", "log"),
    )


def _wishes(topology: Topology, frontend: Frontend | None) -> dict[str, Any]:
    """Key by key, the frontend's before HAProxy's."""
    logs = (topology.haproxy.log, frontend.log if frontend else None)
    found: dict[str, Any] = {}
    for log in filter(None, logs):
        found |= log.model_dump(exclude_unset=True) | {"enabled": log.enabled}
    return found


def _format(wishes: dict[str, Any], frontend: Frontend, mode: Mode) -> str:
    """What HAProxy says for all is about requests, unless it is about both."""
    own = frontend.log.format if frontend.log else None
    wish: str = own or wishes.get("format") or mode
    return wish if mode == "http" or own or wish in _OF_TCP else "tcp"


def _target(wishes: dict[str, Any]) -> LogTarget:
    part = sample_of(wishes.get("sample") or "100%")
    return LogTarget(
        places=wishes.get("target") or DEFAULT_TARGET.places,
        facility=wishes.get("facility") or DEFAULT_TARGET.facility,
        level=wishes.get("level") or DEFAULT_TARGET.level,
        sample=(part.numerator, part.denominator),
    )
