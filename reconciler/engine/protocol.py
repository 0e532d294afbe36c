"""What the rest of the package may ask of an engine. Docker is one; a cluster may be another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from reconciler.desired.desired import Scope
from reconciler.plan.actions import Action
from reconciler.plan.observed import Observed


class EngineError(Exception):
    """Something the engine could not do, in words for the user.

    `details` are lines that help to find out why, such as the last lines of a container's log.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", details: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.details = tuple(details)


def foreign_volume(name: str) -> EngineError:
    """For a volume that has a name we need."""
    return EngineError(
        "name-taken",
        f"volume `{name}` exists and was not made by this tool",
        "remove it, or give the volume another name",
    )


def no_spare_server(backend: str) -> EngineError:
    """For a server that joins a backend in which HAProxy has none to spare."""
    return EngineError(
        "no-spare-server",
        f"HAProxy has no free server slot in backend `{backend}`",
        "something else uses them; apply again, which loads more",
    )


def refused_by_haproxy(said: str) -> EngineError:
    """For a command of the runtime API that was not obeyed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return EngineError(
        "haproxy-refused",
        f"HAProxy says: {lines[-1] if lines else 'nothing'}",
        "apply again to go on from here",
    )


def edited_meanwhile() -> EngineError:
    """For a haproxy.cfg that is not ours any more when a part of it is to be written."""
    return EngineError(
        "haproxy-edited",
        "haproxy.cfg was edited in the container meanwhile",
        "apply again, which writes it anew",
    )


def restarted(name: str, details: Sequence[str] = ()) -> EngineError:
    """The same words whenever it is seen, so that who looks often tells it once."""
    return EngineError(
        "not-ready",
        f"{name} ended and was restarted by Docker",
        "its log says why; it counts as well again when it goes on running",
        details,
    )


def removed_meanwhile(container: str) -> EngineError:
    """For a container that somebody else has removed while it was waited for."""
    return EngineError(
        "not-ready", f"{container} was removed meanwhile", "apply again, which makes it anew"
    )


def job_failed(container: str, what: str, log: Sequence[str] = ()) -> EngineError:
    """For a job that has not succeeded."""
    return EngineError(
        "job-failed",
        f"{container} {what}",
        f"what runs goes on as it was; `docker logs {container}` has all that the job said",
        log,
    )


class ConfigRejectedError(EngineError):
    """HAProxy refuses a configuration; `alerts` are (line of haproxy.cfg or None, message)."""

    def __init__(self, alerts: Sequence[tuple[int | None, str]]) -> None:
        first = alerts[0][1] if alerts else "no reason given"
        super().__init__("config-rejected", f"HAProxy refuses the configuration: {first}")
        self.alerts = tuple(alerts)


class CancelledError(EngineError):
    """A wait that was given up because the user asked to stop."""

    def __init__(self) -> None:
        super().__init__("cancelled", "stopped while waiting")


WATCHING = " (watch)"
"""At the end of a holder's name when it is a daemon, which does not let go by itself."""


class LockedError(EngineError):
    """Another run holds the topology."""

    def __init__(self, topology: str, holder: str) -> None:
        self.holder = holder
        self.is_watch = holder.endswith(WATCHING)
        does = "is kept as its file says by" if self.is_watch else "is being changed by"
        super().__init__(
            "locked",
            f"topology `{topology}` {does} {holder}",
            "edit the watched file, or write `suspend: true` into it, or stop the daemon"
            if self.is_watch
            else "wait for it, or give more time with --lock-timeout",
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long action is. `total` is None when it is not known; units are bytes."""

    done: int
    total: int | None


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long waits may last, in seconds, and whether they should be given up."""

    timeout_s: float = 60.0
    is_cancelled: Callable[[], bool] = field(default=_never)

    def within(self, timeout_s: float | None) -> Patience:
        """The same with a time of its own; None leaves it."""
        return self if timeout_s is None else replace(self, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class Closed:
    """How long listening ports were closed, in seconds, by an action that closes them."""

    for_s: float


Report = Callable[[Progress | Closed], None]


@dataclass(frozen=True, slots=True)
class Wakeup:
    """Something that a topology consists of may have changed. Whoever is woken looks for himself.

    `topology` is "" when it may be any of them. `cause` is for people: `container web-2 died`.
    """

    topology: str
    cause: str


Wake = Callable[[Wakeup], None]
"""Returns at once, and may be called from any thread."""


class Lock(Protocol):
    """A topology that nobody else changes."""

    def is_held(self) -> bool:
        """Whether it still is so. Asks nobody: an engine that restarts ends all locks."""


class Engine(Protocol):
    """All methods may raise EngineError, and may be called from several threads."""

    @property
    def description(self) -> str:
        """Where the engine is: `unix:///var/run/docker.sock`."""

    def observe(self, scope: Scope) -> Observed:
        """What is there of a topology. Changes nothing. What cannot be read is a gap."""

    def perform(self, action: Action, patience: Patience, report: Report) -> None:
        """Carry out one action. Repeating one that was done already succeeds."""

    def lock(
        self, topology: str, holder: str, images: Sequence[str], timeout_s: float
    ) -> AbstractContextManager[Lock]:
        """Keep every other run away from a topology, for as long as this process lives."""

    def close(self) -> None:
        """Let go of connections."""


class Engines(Protocol):
    """Where engines come from, one for each topology, and what happens to all of them."""

    def open(self, topology: str) -> Engine:
        """The engine for one topology's actions. Raises EngineError when none answers."""

    def wakeups(self, wake: Wake) -> AbstractContextManager[None]:
        """Call `wake` for all that happens to any topology, until the context ends.

        What happens after this has returned is not missed: an engine that goes away and comes back
        is a wakeup of its own, after it was subscribed to again. Never raises EngineError.
        """
