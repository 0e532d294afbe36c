"""Which variant of the files is meant: the overlays over them, and the profiles that count.

It stands apart because the quick way out of an `apply` asks for it and may load nothing slow.
"""

from __future__ import annotations

from msgspec import Struct

PROFILES = "RECONCILER_PROFILES"


class Variant(Struct, frozen=True):
    """`overlays` are files that are merged over each topology, `profiles` take backends in."""

    overlays: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


AS_WRITTEN = Variant()
