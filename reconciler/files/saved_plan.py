"""What tells a saved plan from a topology file, before anything slow is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.files.reading import STDIN, read_file

BEGINNING = b'{"saved_plan":'
MOST_BYTES = 50_000_000


def read_if_saved(names: Sequence[str]) -> bytes | None:
    """The content of the file that is named, when it is a saved plan. What cannot be read is left
    to those who read topologies."""
    if len(names) != 1 or names[0] == STDIN:
        return None
    try:
        data = read_file(names[0], MOST_BYTES)
    except OSError:
        return None
    return data if data.startswith(BEGINNING) else None
