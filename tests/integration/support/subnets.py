"""Subnets that nobody on this engine uses."""

from __future__ import annotations

import random

_random = random.SystemRandom()


def free_subnet() -> str:
    """Random, out of a range that Docker takes none from by itself."""
    return f"10.{_random.randint(64, 250)}.{_random.randint(0, 255)}.0/24"
