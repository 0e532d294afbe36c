"""What a frontend believes of its clients, as data."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.haproxy.origin import Path


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What headers say of a client and its request: `trusted` are the networks that are believed,
    `tells` is whether servers get `X-Forwarded-*`. `path` is the frontend's."""

    tells: bool
    trusted: tuple[str, ...]
    path: Path
    request_id: str = ""
    """The header that carries one; none when empty."""
    has_sockets: bool = False
    """Whether clients may have no address."""
    asks_scheme: bool = False
    """Whether something else in the section asks what a client came by."""
