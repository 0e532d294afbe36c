"""The audience of a daemon: all who are told what happens, and must not show what is secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from reconciler.events.news import News


class Listener(Protocol):
    def __call__(self, topology: str, news: News) -> None:
        """May be called from several threads."""

    def hide(self, secrets: Sequence[str]) -> None:
        """Strike these from all that is shown from now on."""


class Audience(Struct, frozen=True):
    """Several listeners as one; each is told everything."""

    listeners: tuple[Listener, ...]

    def __call__(self, topology: str, news: News) -> None:
        for listener in self.listeners:
            listener(topology, news)

    def hide(self, secrets: Sequence[str]) -> None:
        for listener in self.listeners:
            listener.hide(secrets)
