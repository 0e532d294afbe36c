"""An error that nobody foresaw is told by whose it is, what to report, and what is true now."""

from __future__ import annotations

import errno
import platform
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from reconciler import __version__

_PACKAGE = Path(__file__).parents[1]
_OUTPUT = {errno.ENOSPC: "is full", errno.EIO: "cannot be written to", errno.EBADF: "is closed"}
STATE = (
    "what was begun may be half done; no step is lost: the next plan shows what is left, and the "
    "next apply goes on from there"
)


def explain(error: Exception) -> Iterator[str]:
    """The lines; the error's own words may hold a secret, so its kind and place are told alone."""
    if isinstance(error, OSError) and error.errno in _OUTPUT and error.filename is None:
        yield f"error[output]: the output {_OUTPUT[error.errno]}"
        yield f"  {STATE}"
        return
    yield f"error[internal]: a mistake of this tool: {type(error).__name__}"
    for frame in traceback.extract_tb(error.__traceback__):
        if _PACKAGE in Path(frame.filename).parents:
            place = Path(frame.filename).relative_to(_PACKAGE.parent)
            yield f"    {place}:{frame.lineno} in {frame.name}"
    version = f"{__version__}, Python {platform.python_version()}, {sys.platform}"
    yield f"  report these lines, with haproxy-reconciler {version}"
    yield f"  {STATE}"
