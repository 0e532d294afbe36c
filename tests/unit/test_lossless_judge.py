"""What the load harness forgives, and what it does not."""

from __future__ import annotations

from benchmarks.lossless.judge import Made, judge
from benchmarks.lossless.record import Failure, Long, Record
from benchmarks.lossless.settings import Settings

SETTINGS = Settings(drain_timeout=10, hard_stop_after=15)


def made(started: float, ended: float, **more: object) -> Made:
    return Made("a change", started, ended, 0, 0, **more)  # type: ignore[arg-type]


def judged(change: Made, *others: Made, cut: Long | None = None) -> Made:
    record = Record(longs=[cut] if cut else [])
    judge(record, [*others, change], SETTINGS)
    return change


def test_a_cut_within_the_drain_timeout_counts() -> None:
    early = Long("websocket", 1.0, 25.0, "closed")
    assert judged(made(20.0, 40.0, replaces=True), cut=early).cut == [early]


def test_a_cut_when_due_stands_apart() -> None:
    due = Long("websocket", 1.0, 31.0, "closed")
    assert judged(made(20.0, 40.0, replaces=True), cut=due).apart == {"drain_timeout": 1}


def test_a_change_of_weight_forgives_nothing() -> None:
    assert len(judged(made(20.0, 40.0), cut=Long("tcp long", 1.0, 31.0, "closed")).cut) == 1


def test_an_old_worker_ends_in_a_later_change() -> None:
    reload = made(10.0, 14.0, proxy_stops=[(11.0, 13.0)])
    late = Long("tcp long", 1.0, 27.0, "closed")
    assert judged(made(20.0, 40.0), reload, cut=late).apart == {"hard_stop_after": 1}
    newer = Long("tcp long", 13.5, 27.0, "closed")
    assert judged(made(20.0, 40.0), reload, cut=newer).cut == [newer]


def test_only_what_was_in_flight_is_forgiven_after_a_kill() -> None:
    before = Failure("slow", 19.0, 20.1, "status 502")
    after = Failure("slow", 20.2, 21.0, "status 502")
    short = Failure("one-shot", 19.9, 20.1, "status 502")
    change = made(20.0, 22.0, kills=True)
    judge(Record(failures=[before, after, short]), [change], SETTINGS)
    assert (change.in_flight, change.failed) == ([before], [after, short])


def test_what_failed_before_any_change_is_not_lost_sight_of() -> None:
    failure = Failure("one-shot", 1.0, 1.1, "refused")
    assert judge(Record(failures=[failure]), [made(20.0, 22.0)], SETTINGS) == [failure]
