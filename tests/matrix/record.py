"""What became of the tests in one place of the matrix, and the file of all of these."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = Path(__file__).parents[2] / "docs" / "compatibility.json"


@dataclass(frozen=True, slots=True)
class Place:
    """`engine` is a name of `tools/engine`, `haproxy` a tag of the test images."""

    engine: str
    haproxy: str


@dataclass(frozen=True, slots=True)
class Record:
    place: Place
    selection: str
    """Arguments of pytest."""
    source: str
    """The commit, and what was changed since."""
    docker: str = ""
    """Its version, as itself says it."""
    haproxy: str = ""
    problem: str = ""
    """Why the run did not come to its end."""
    passed: int = 0
    skipped: int = 0
    failed: tuple[str, ...] = field(default=())
    seconds: int = 0

    @property
    def is_good(self) -> bool:
        return not self.problem and not self.failed and self.passed > 0

    def is_of(self, selection: str, source: str) -> bool:
        """Nothing would be learnt by doing it again."""
        return not self.problem and (self.selection, self.source) == (selection, source)


Records = dict[Place, Record]


def load(file: Path = FILE) -> Records:
    if not file.exists():
        return {}
    found: Records = {}
    for item in json.loads(file.read_text(encoding="utf-8")):
        place, failed = Place(**item.pop("place")), tuple(item.pop("failed"))
        found[place] = Record(place=place, failed=failed, **item)
    return found


def save(records: Records, file: Path = FILE) -> None:
    items = [asdict(record) for record in records.values()]
    file.write_text(json.dumps(items, indent=1) + "\n", encoding="utf-8")
