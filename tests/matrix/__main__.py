"""`python -m tests.matrix [--engine NAME]… [--haproxy TAG]… [--again] [arguments of pytest]`

Each place is recorded as soon as it is done, so that a run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import subprocess
import sys
from pathlib import Path

from tests.matrix import page
from tests.matrix.record import FILE, Place, Records, load, save
from tests.matrix.run import ROOT, run

HAPROXIES = ("3.4", "3.4-official", "3.2", "3.2-official", "3.0", "2.6")
SELECTION = ["tests/contract", "tests/golden", "tests/integration"]
"""What meets an engine or HAProxy; the rest is the same everywhere."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--engine", action="append", metavar="NAME", help="of `tools/engine names`")
    parser.add_argument("--haproxy", action="append", metavar="TAG", choices=HAPROXIES)
    parser.add_argument("--again", action="store_true", help="also what has not changed")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the tests clean up on both
    arguments, of_pytest = parser.parse_known_args()
    engines = arguments.engine or _output("tools/engine", "names").split()
    places = [Place(e, h) for h in arguments.haproxy or HAPROXIES for e in engines]
    records = cover(places, of_pytest or SELECTION, _source(), again=arguments.again)
    print(page.table(records))
    sys.exit(any(not records[place].is_good for place in places))


def cover(
    places: list[Place],
    selection: list[str],
    source: str,
    *,
    file: Path = FILE,
    again: bool = False,
) -> Records:
    """Run what has to be run, and write down each place as soon as it is done."""
    records = load(file)
    for place in places:
        done = records.get(place)
        if done and done.is_of(" ".join(selection), source) and not again:
            continue
        print(f"── {place.engine} with HAProxy {place.haproxy}", flush=True)
        records[place] = run(place, selection, source)
        save(records, file)
        file.with_suffix(".md").write_text(page.render(records), encoding="utf-8")
    return records


def _source() -> str:
    """The commit, and a digest of what was changed since, but for what is written here."""
    commit = _output("git", "rev-parse", "--short", "HEAD").strip()
    changes = _output("git", "diff", "HEAD", "--", ".", ":!docs")
    digest = hashlib.sha256(changes.encode()).hexdigest()[:7]
    return f"{commit} with changes {digest}" if changes else commit


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
