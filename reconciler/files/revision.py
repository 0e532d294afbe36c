"""Files as they were at a revision of git, in a directory of their own for a while."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator

LONGEST_S = 60.0


class RevisionError(Exception):
    """git cannot give what was asked for; the text says why."""


@contextlib.contextmanager
def checked_out(revision: str, place: str) -> Iterator[tuple[str, str]]:
    """The directory with all files of a revision of the repository that `place` is in, and that
    repository's own directory. The working tree is left alone. Raises RevisionError."""
    top = os.path.realpath(_git(place, "rev-parse", "--show-toplevel").decode().strip())
    # What looks like an option of git's is none.
    commit = _git(place, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    archive = _git(top, "archive", "--format=tar", commit.decode().strip())
    with tempfile.TemporaryDirectory(prefix="reconciler-") as made:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            if hasattr(tarfile, "data_filter"):
                files.extractall(made, filter="data")
            else:  # Python 3.11.3 and older
                files.extractall(made)  # noqa: S202  # git has no path that leads out of a tree
        yield made, top


def _git(directory: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  # git's own command, with words that it takes as such
            ["git", "-C", directory, *arguments],  # noqa: S607  # as the user's shell finds it
            capture_output=True,
            check=True,
            timeout=LONGEST_S,
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"git did not answer within {LONGEST_S:g} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise RevisionError((said or ["git failed"])[-1].removeprefix("fatal: ")) from None
    return done.stdout
