"""One place of the matrix: its engine, its images, and the tests there, bounded in time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.record import Place, Record

ROOT = Path(__file__).parents[2]
LONGEST_S = 2 * 60 * 60
SET_UP_S = 20 * 60
GRACE_S = 60


class SetUpError(Exception):
    """The tests cannot be run in that place."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of a report in JUnit's format."""

    passed: int
    skipped: int
    failed: tuple[str, ...]


def run(place: Place, selection: list[str], source: str) -> Record:
    """A failure of whatever kind is in the record, and stops nobody."""
    told = {"place": place, "selection": " ".join(selection), "source": source}
    began = time.monotonic()
    try:
        docker, haproxy = set_up(place)
    except SetUpError as error:
        return Record(**told, problem=str(error))  # type: ignore[arg-type]  # as above
    versions = {"docker": docker, "haproxy": haproxy}
    report = ROOT / ".cache" / "matrix" / f"{place.engine}-{place.haproxy}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    code = _pytest(place, [f"--junitxml={report}", *selection])
    seconds = round(time.monotonic() - began)
    result = read_report(report.read_text(encoding="utf-8")) if report.exists() else None
    problem = "" if code in {0, 1} and result else f"the tests did not end (code {code})"
    return Record(
        **told, **versions, problem=problem, seconds=seconds,
        **({} if result is None else {"passed": result.passed, "skipped": result.skipped, "failed": result.failed}),
    )  # fmt: skip
