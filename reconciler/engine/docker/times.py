"""Docker's times, which are the engine's: its clock need not agree with ours."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import docker


def parse_time(text: str) -> float:
    """RFC 3339, in any zone, to seconds since the epoch; 0 for "never", which Docker writes as the
    year 1, and for what is no time."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return time.timestamp() if time.year > 1 else 0.0


def engine_time(client: docker.APIClient) -> float:
    """What time it is there, in seconds since the epoch."""
    return parse_time(client.info()["SystemTime"])


_UP = re.compile(r"Up (?:Less than a|About a|([0-9]+)) second")


def up_for(item: dict[str, Any]) -> float | None:
    """How long a container in a list has run, to the second; None is a minute or more. The list
    tells it in words, by the engine's own clock. What did not run then has only just begun."""
    status = str(item.get("Status", ""))
    told = _UP.match(status)
    if told is None:
        return None if status.startswith("Up ") else 0.0
    return float(told[1] or 0)
