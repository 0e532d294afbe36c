"""The table of a keeper's phases: what each pass that ended makes of each of them.

docs/operations.md shows the same table; `tests/unit/watch/test_table.py` holds the two together.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reconciler.events.news import Outcome


class Phase(StrEnum):
    """What a keeper is about."""

    IDLE = "idle"
    """There is no file any more, or it says `suspend`: nothing is done, and the lock is free."""
    FOLLOWING = "following"
    """The topology is made what its file says, and kept so."""
    BLOCKED = "blocked"
    """That failed. What failed waits, and all else is repaired."""
    FALLBACK = "fallback"
    """That failed, and what the file said before is kept until it is tried again."""
    REMOVING = "removing"
    """The file is gone, and what it described is to go, too."""
    DONE = "done"
    """Nothing is left of it: the keeper ends."""


class Ending(StrEnum):
    """How a pass ended, as far as it matters to what comes next."""

    UNCHANGED = "unchanged"
    """There was nothing to do."""
    CHANGED = "changed"
    """All that there was to do is done."""
    DIFFERS = "differs"
    """There is something to do, and it is a dry run."""
    RECURRING = "recurring"
    """There is only to do what was repaired just now, and not for the first time."""
    BLOCKED = "blocked"
    """There is only to do what failed the last time. Nobody is told."""
    REFUSED = "refused"
    """The plan has a problem, or HAProxy refuses its configuration: only an edit helps."""
    FAILED = "failed"
    """Something else went wrong."""
    AWAY = "away"
    """The engine does not answer."""
    LOCKED = "locked"
    """Another daemon, or a run, has the topology."""
    SUPERSEDED = "superseded"
    """The file says something else now, so it was broken off."""
    STOPPED = "stopped"
    """The daemon was asked to end, so it was broken off."""


class Wait(StrEnum):
    """When the next pass is, if nothing happens before."""

    RESYNC = "at the resync"
    EDIT = "at the resync, which tries again"
    BACKOFF = "in 1 s to 1 min"
    RECONNECT = "in 0.2 s to 5 s"
    STANDBY = "in about 1 s"
    REPAIR = "when it may be repaired"
    RETRY = "when what failed is tried again"


IDLE, FOLLOWING, BLOCKED, FALLBACK, REMOVING, DONE = Phase


class Row(Struct, frozen=True):
    """The next phase after each phase in which there are passes, what is told, and how long
    nothing is done."""

    following: Phase
    blocked: Phase
    fallback: Phase
    removing: Phase
    told: Outcome
    wait: Wait

    def after(self, phase: Phase) -> Phase:
        following = {
            FOLLOWING: self.following,
            BLOCKED: self.blocked,
            FALLBACK: self.fallback,
            REMOVING: self.removing,
        }
        return following[phase]


TABLE = {
    # how it ended             following, blocked, fallback, removing     told as, next pass
    Ending.UNCHANGED: Row(FOLLOWING, FOLLOWING, FALLBACK, DONE, Outcome.UNCHANGED, Wait.RESYNC),
    Ending.CHANGED: Row(FOLLOWING, FOLLOWING, FALLBACK, DONE, Outcome.CONVERGED, Wait.RESYNC),
    Ending.DIFFERS: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.DRIFT, Wait.RESYNC),
    Ending.RECURRING: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.DEFERRED, Wait.REPAIR),
    Ending.BLOCKED: Row(BLOCKED, BLOCKED, FALLBACK, REMOVING, Outcome.DEFERRED, Wait.RETRY),
    Ending.REFUSED: Row(FALLBACK, FALLBACK, FALLBACK, REMOVING, Outcome.FAILED, Wait.EDIT),
    Ending.FAILED: Row(FALLBACK, FALLBACK, FALLBACK, REMOVING, Outcome.FAILED, Wait.BACKOFF),
    Ending.AWAY: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.FAILED, Wait.RECONNECT),
    Ending.LOCKED: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.STANDBY, Wait.STANDBY),
    Ending.SUPERSEDED: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.SUPERSEDED, Wait.RESYNC),
    Ending.STOPPED: Row(FOLLOWING, BLOCKED, FALLBACK, REMOVING, Outcome.STOPPED, Wait.RESYNC),
}
"""Two rules beside it. A fallback begins only where the daemon saw a state that was whole and
nothing but repairs leads back to it; else it is `blocked`. And in a fallback, `unchanged` and
`changed` are told as `kept`.

What happens between passes: new words of the file lead to `following`, `removing` or `idle`; so
does a wakeup that everybody gets (SIGHUP, an engine that is back), with what they said last. When
it is time to try again, `fallback` becomes `following`.
"""
REACHED = frozenset({Ending.UNCHANGED, Ending.CHANGED})
FAILURES = frozenset({Ending.REFUSED, Ending.FAILED, Ending.AWAY})
