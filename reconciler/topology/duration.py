"""How lengths of time are written, in files and on the command line: `500ms`, `10s`, `1m30s`."""

from __future__ import annotations

import re

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|m|h|d)")
_UNIT_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_duration(text: str) -> float | None:
    """Seconds; None for what is no length of time. Only `0` has no unit."""
    parts = _PART.findall(text)
    if text != "0" and (not parts or "".join(n + u for n, u in parts) != text):
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)
