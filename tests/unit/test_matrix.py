"""The matrix: what a report says, what is done again, and the page."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.matrix import __main__ as matrix
from tests.matrix import page, record
from tests.matrix.record import Place, Record
from tests.matrix.run import Report, bounded, read_report

HERE, THERE = Place("own", "3.2"), Place("28", "3.4-official")
GOOD = Record(HERE, "-m everywhere", "abc", "Docker 20.10", "HAProxy 3.2.26", passed=3)

REPORT = b"""<testsuites><testsuite>
<testcase classname="tests.contract.test_lock" name="test_a[docker]"/>
<testcase classname="tests.contract.test_lock" name="test_b"><failure>no</failure></testcase>
<testcase classname="tests.contract.test_lock" name="test_b"><error>nor its end</error></testcase>
<testcase classname="tests.contract.test_lock" name="test_c"><skipped/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_and_failures_are_named() -> None:
    assert read_report(REPORT) == Report(1, 1, ("tests/contract/test_lock.py::test_b",))


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    failed = replace(GOOD, place=THERE, failed=("a.py::b",), problem="no end")
    records = {HERE: GOOD, THERE: failed}
    record.save(records, tmp_path / "records")
    assert record.load(tmp_path / "records") == records
    assert record.load(tmp_path / "none") == {}


def test_only_a_whole_run_of_the_same_is_not_done_again() -> None:
    assert GOOD.is_of("-m everywhere", "abc")
    assert replace(GOOD, failed=("a",)).is_of("-m everywhere", "abc")
    assert not replace(GOOD, problem="no end").is_of("-m everywhere", "abc")
    assert not GOOD.is_of("-m everywhere", "abd")
    assert not GOOD.is_of("tests", "abc")


def test_a_run_goes_on_after_a_failure_and_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, ran = tmp_path / "records", []

    def run(place: Place, selection: list[str], source: str) -> Record:
        ran.append(place)
        problem = "no engine" if place == HERE else ""
        return Record(place, " ".join(selection), source, problem=problem, passed=1)

    monkeypatch.setattr(matrix, "run", run)
    for _ in range(2):
        matrix.cover([HERE, THERE], ["-k", "x"], "abc", file=file)
    assert ran == [HERE, THERE, HERE]
    matrix.cover([THERE], ["-k", "x"], "abc", file=file, again=True)
    assert ran[3:] == [THERE]
    assert "no engine" in file.with_suffix(".md").read_text(encoding="utf-8")


def test_what_does_not_end_is_ended() -> None:
    forever = [sys.executable, "-c", "import signal; signal.pause()"]
    assert bounded(forever, {}, 0.2) < 0
    assert bounded([sys.executable, "-c", "raise SystemExit(5)"], {}, 60) == 5


def test_the_page_tells_every_place() -> None:
    failed = replace(GOOD, place=THERE, docker="Docker 28.5.2", failed=("a.py::b",))
    assert page.table({HERE: GOOD, THERE: failed}).splitlines() == [
        "| Engine | 3.2: HAProxy 3.2.26 | 3.4-official: HAProxy 3.2.26 |",
        "| --- | --- | --- |",
        "| `own`: Docker 20.10 | 3 passed | not run |",
        "| `28`: Docker 28.5.2 | not run | 3 passed, **1 failed** |",
    ]
    assert "- `a.py::b`" in page.render({HERE: GOOD, THERE: failed})
    assert "failed" not in page.render({HERE: GOOD})


def test_the_page_is_that_of_the_records() -> None:
    written = page.PAGE.read_text(encoding="utf-8")
    assert written == page.render(record.load()), "renew: make matrix"
