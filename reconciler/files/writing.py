"""Files are written whole or not at all: nobody ever reads half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(name: str, data: bytes) -> None:
    """Put other content into a file that is there; a link stays one, and the mode what it was.
    Raises OSError."""
    path = Path(name).resolve(strict=True)
    mode = path.stat().st_mode & 0o7777
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
