"""News of a daemon, as values: for its log, its metrics and the status of each topology."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.events import Event
from reconciler.plan.plan import Plan


class Outcome(StrEnum):
    """How a pass ended."""

    UNCHANGED = "unchanged"
    """Nothing was to be done."""
    CONVERGED = "converged"
    """All is as the file says, and was not."""
    DRIFT = "drift"
    """Something is different, and is left so: a dry run."""
    DEFERRED = "deferred"
    """What breaks again and again is not repaired again yet."""
    FAILED = "failed"
    KEPT = "kept"
    """What the file says cannot be had; all is as it said before."""
    SUPERSEDED = "superseded"
    """The file says something else now: the next pass goes on from here."""
    STANDBY = "standby"
    """Another daemon, or a run, has the topology."""
    STOPPED = "stopped"
    """The daemon was asked to end."""


class PassBegun(Struct, frozen=True):
    """A pass has found something to do, and why it looked."""

    pass_id: str
    cause: str
    plan: Plan
    is_news: bool = True
    """False when what failed before is only tried again."""


class PassEnded(Struct, frozen=True):
    pass_id: str
    cause: str
    outcome: Outcome
    elapsed_s: float
    is_edit: bool = False
    """Whether the file changed; else what was done is a repair."""
    is_news: bool = True
    """Whether it ended otherwise than the one before: an error is told once."""
    plan: Plan = field(default_factory=lambda: Plan(""))
    failures: tuple[Diagnostic, ...] = ()
    """Also, while what the file said before is kept, those for which it is."""
    reloads: int = 0
    servers_up: int = 0
    servers: int = 0
    retry_s: float | None = None
    """When it is tried again by itself; None for the usual time."""

    @property
    def has_healed(self) -> bool:
        """Whether it repaired something, and nothing is left to repair."""
        did = self.outcome is Outcome.CONVERGED or bool(self.plan.changes)
        return did and not self.is_edit and self.outcome in {Outcome.CONVERGED, Outcome.KEPT}


class Noticed(Struct, frozen=True):
    """Something about a topology that is no pass: `what` goes on after its name."""

    what: str
    is_idle: bool = False
    """Whether nothing is done for it from now on: suspended, removed, or no longer in a file."""


class FileBroken(Struct, frozen=True):
    """A file that cannot be used; what was last read from it stays in force."""

    file: str
    diagnostics: tuple[Diagnostic, ...]
    text: str
    is_in_force: bool
    """Whether something was ever read from it."""


class FileMended(Struct, frozen=True):
    """A file that could not be used can be again."""

    file: str


News = PassBegun | PassEnded | Noticed | FileBroken | FileMended | Event
