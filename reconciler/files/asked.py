"""What is asked for beside files: overlays over them, and profiles. Imports nothing slow."""

from __future__ import annotations

from dataclasses import dataclass

PROFILES = "RECONCILER_PROFILES"


@dataclass(frozen=True, slots=True)
class Asked:
    overlays: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


NOTHING = Asked()
