"""One place of the matrix: its engine, its images, and the tests there, bounded in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from tests.matrix.record import Place, Record

ROOT = Path(__file__).parents[2]
SET_UP_S = 20 * 60
TESTS_S = 2 * 60 * 60
GRACE_S = 60
_FAILURES = {0, 1}
"""Exit codes of pytest after all tests have been run."""


class SetUpError(Exception):
    """The tests cannot be run in that place, for this reason."""


@dataclass(frozen=True, slots=True)
class Report:
    passed: int
    skipped: int
    failed: tuple[str, ...]


def run(place: Place, selection: Sequence[str], source: str) -> Record:
    """Whatever goes wrong is in the record, and keeps nobody from the next place."""
    record = Record(place, " ".join(selection), source)
    try:
        _set_up("tools/engine", "up", place.engine)
        _set_up("tools/images", "up", "matrix", place.engine)
        docker = _in(place, "docker", "version", "--format", "Docker {{.Server.Version}}")
        image = f"reconciler-test/haproxy:{place.haproxy}"
        told = _in(place, "docker", "run", "--rm", "--network=none", image, "haproxy", "-v")
    except SetUpError as error:
        return replace(record, problem=str(error))
    record = replace(record, docker=docker.strip(), haproxy=f"HAProxy {told.split()[2]}")
    began = time.monotonic()
    file = ROOT / ".cache" / "matrix" / f"{place.engine}-{place.haproxy}.xml"
    code = _test(place, selection, file)
    record = replace(record, seconds=round(time.monotonic() - began))
    if code not in _FAILURES:
        return replace(record, problem=f"the tests did not end (exit code {code})")
    report = read_report(file.read_bytes())
    return replace(record, passed=report.passed, skipped=report.skipped, failed=report.failed)


def read_report(xml: bytes) -> Report:
    """In JUnit's format, as pytest writes it."""
    passed, skipped, failed = 0, 0, []
    for case in ElementTree.fromstring(xml).iter("testcase"):  # noqa: S314  # our own
        kinds = {part.tag for part in case}
        if kinds & {"failure", "error"}:
            module = case.get("classname", "").replace(".", "/")
            failed.append(f"{module}.py::{case.get('name')}")
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return Report(passed, skipped, tuple(sorted(set(failed))))


def _set_up(*command: str) -> str:
    """Its output; what it says to people they see."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=SET_UP_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetUpError(f"`{' '.join(command)}` did not end") from None
    if done.returncode:
        raise SetUpError(f"`{' '.join(command)}` failed")
    return done.stdout


def _in(place: Place, *command: str) -> str:
    return _set_up("tools/engine", "in", place.engine, *command)


def _test(place: Place, selection: Sequence[str], report: Path) -> int:
    report.unlink(missing_ok=True)
    tests = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *selection]
    environment = os.environ | {"RECONCILER_TEST_HAPROXY": place.haproxy}
    return bounded(["tools/engine", "in", place.engine, *tests], environment, TESTS_S)


def bounded(command: Sequence[str], environment: Mapping[str, str], longest_s: float) -> int:
    """Its exit code. What does not end, or is no longer wanted, is ended with all it has begun."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        return process.wait(longest_s)
    except subprocess.TimeoutExpired:
        return -signal.SIGINT
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """An interrupted test still removes what it made."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
