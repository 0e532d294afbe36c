"""What a frontend believes of its clients, as data."""

from __future__ import annotations

from msgspec import Struct

from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.model.routing import Condition


class Forwarding(Struct, frozen=True):
    """What headers say of a client and its request: whom `trusted` matches is believed, `tells` is
    whether servers get `X-Forwarded-*`. `path` is the frontend's."""

    tells: bool
    trusted: Condition | None
    path: Path
    request_id: str = ""
    """The header that carries one; none when empty."""
    has_sockets: bool = False
    """Whether clients may have no address."""
    more: tuple[tuple[str, str], ...] = ()
    """Further headers that servers get, each with the fetch of what is in it."""
    asks_scheme: bool = False
    """Whether something else in the section asks what a client came by."""
