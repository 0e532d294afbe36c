"""Docker's times, which are the engine's: its clock need not agree with ours."""

from __future__ import annotations

from datetime import datetime

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
