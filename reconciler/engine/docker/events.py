"""Docker's events in words: what happened to which topology. Reads no socket.

Only what changes something that a plan looks at; an exec, which HAProxy may be asked with, is not.
"""

from __future__ import annotations

from typing import Any

from reconciler.desired import names
from reconciler.engine.protocol import Wakeup

_ROLES = {names.SERVER_ROLE, names.PROXY_ROLE, names.ANCHOR_ROLE}
"""Locks and checks come and go with passes, and are not part of what is kept."""
_SAID = {
    "start": "started",
    "destroy": "was removed",
    "pause": "was paused",
    "unpause": "was unpaused",
    "rename": "was renamed",
    "update": "got other limits",
}
FILTERS = {
    "type": ["container", "network"],
    "event": [*_SAID, "die", "oom", "health_status", "connect", "disconnect"],
}


def container_of(event: dict[str, Any]) -> str:
    """The id of the container that an event is about; networks tell of one that joins or leaves."""
    actor = event.get("Actor") or {}
    if event.get("Type") == "network":
        return str((actor.get("Attributes") or {}).get("container", ""))
    return str(actor.get("ID", ""))


class EventReader:
    """Remembers what one event needs of another."""

    def __init__(self) -> None:
        self._killed_for_memory: set[str] = set()
        self._unhealthy: set[str] = set()
        """That one is healthy is no news, but where it was not."""
        self._topologies: dict[str, str] = {}
        """The topology of each container: events of networks name containers only."""

    def know(self, container: str, topology: str, *, is_unhealthy: bool = False) -> None:
        self._topologies[container] = topology
        if is_unhealthy:
            self._unhealthy.add(container)

    def read(self, event: dict[str, Any]) -> Wakeup | None:
        """The wakeup that an event gives; None when it is about nothing of ours, or changes
        nothing."""
        action, actor = str(event.get("Action", "")), event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        if event.get("Type") == "network":
            return self._of_network(action, attributes)
        topology = attributes.get(names.TOPOLOGY, "")
        if not topology or attributes.get(names.ROLE) not in _ROLES:
            return None
        container = container_of(event)
        self.know(container, topology)
        what = self._said(action, container, attributes)
        if action == "destroy":
            self._topologies.pop(container, None)
            self._unhealthy.discard(container)
        return Wakeup(topology, f"container {attributes.get('name')} {what}") if what else None

    def _said(self, action: str, container: str, attributes: dict[str, str]) -> str:
        if action == "oom":
            self._killed_for_memory.add(container)
            return ""
        if action == "die":
            memory = ", out of memory" if container in self._killed_for_memory else ""
            self._killed_for_memory.discard(container)
            return f"died (exit {attributes.get('exitCode', '?')}{memory})"
        if action == "health_status: unhealthy":
            self._unhealthy.add(container)
            return "is unhealthy"
        if action == "health_status: healthy" and container in self._unhealthy:
            self._unhealthy.discard(container)
            return "is healthy again"
        return _SAID.get(action, "")

    def _of_network(self, action: str, attributes: dict[str, str]) -> Wakeup | None:
        """A network that is removed had nobody on it; that its containers left is told before."""
        topology = self._topologies.get(attributes.get("container", ""))
        if topology is None or action not in {"connect", "disconnect"}:
            return None
        does = "joined" if action == "connect" else "left"
        return Wakeup(topology, f"a container {does} network {attributes.get('name')}")
