"""What a keeper gets to hear between two turns. Wakeups pile up to no more than a few words."""

from __future__ import annotations

import threading

from msgspec import Struct, field

from reconciler.desired.desired import Desired

MOST_CAUSES = 20
"""More are not kept: one look finds all that has happened."""


class Goal(Struct, frozen=True):
    """What a keeper is to bring about, as its topology's file says."""

    desired: Desired | None
    """The wish; None when there is no file any more, and what runs is left alone."""
    suspended: bool = False
    forget: bool = False
    """Nothing is to be left, and then this topology is no more."""


class Mail(Struct):
    goal: Goal | None = None
    """The new goal; None when the file says what it said."""
    causes: list[str] = field(default_factory=list)
    is_urgent: bool = False
    """Whether somebody wants it done now, however often it failed before."""


class Mailbox:
    """Written to from any thread, read by one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._mail = Mail()
        self._is_new = False

    def put(self, cause: str, *, goal: Goal | None = None, is_urgent: bool = False) -> None:
        with self._changed:
            self._mail.goal = goal or self._mail.goal
            self._mail.is_urgent = self._mail.is_urgent or is_urgent or goal is not None
            if goal is not None:
                # What else happened is the work of the edit before it, or is healed along the way.
                self._mail.causes = [cause]
            elif self._mail.goal is None and cause not in self._mail.causes:
                self._mail.causes.append(cause)
                del self._mail.causes[MOST_CAUSES:]
            self._is_new = True
            self._changed.notify()

    @property
    def is_new(self) -> bool:
        """Whether there is something that nobody took."""
        with self._changed:
            return self._is_new

    def wants_other(self, desired: Desired | None) -> bool:
        """Whether there is mail that wants another state than this one."""
        with self._changed:
            goal = self._mail.goal
            return goal is not None and not goal.suspended and goal.desired not in (None, desired)

    def ring(self) -> None:
        """End a wait, and say nothing."""
        with self._changed:
            self._is_new = True
            self._changed.notify()

    def take(self) -> Mail:
        with self._changed:
            mail, self._mail, self._is_new = self._mail, Mail(), False
            return mail

    def wait(self, timeout_s: float | None) -> None:
        """Until there is something new, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_new, timeout_s)
