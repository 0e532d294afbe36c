"""What a change means for traffic: one ordered scale. Of which impact a change is, the field of a
container's spec says itself."""

from __future__ import annotations

from enum import IntEnum


class Impact(IntEnum):
    """A plan's impact is the highest of its changes'."""

    NONE = 0
    """Traffic is not touched."""
    RUNTIME = 1
    """Changed in running containers or in the running HAProxy, without a reload."""
    RELOAD = 2
    """HAProxy reloads: no request is refused; the old worker finishes what it has."""
    REPLACE = 3
    """New containers take over from old ones, which finish what they have."""
    INTERRUPT = 4
    """New connections are refused for a moment, or running ones are cut."""

    def __str__(self) -> str:
        return self.name.lower()


EXPLANATION: dict[Impact, str] = {
    Impact.NONE: "Traffic is not touched.",
    Impact.RUNTIME: "Changed in place, without a reload; no connection is closed.",
    Impact.RELOAD: "HAProxy reloads without refusing a request; connections that the old worker "
    "still has after `hard_stop_after` are closed.",
    Impact.REPLACE: "New containers take traffic before old ones leave; no request is refused.",
    Impact.INTERRUPT: "Connections are refused for a moment, and open ones are closed; a run "
    "that is killed in that moment leaves them refused until the next one.",
}
