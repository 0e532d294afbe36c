"""Where in the user's file a part of the configuration comes from."""

from __future__ import annotations

Path = tuple[str | int, ...]
"""Keys and indices; only carried through."""
