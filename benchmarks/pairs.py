"""Runs that take turns, so that a machine whose speed drifts treats all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.goals import Row

Run = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Contender:
    """`run` is timed; `reset` puts things back after each run, so that none works in another's
    crowd, and is not timed."""

    name: str
    run: Run
    reset: Run = lambda: None


def take_turns(
    contenders: list[Contender], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Mapping[str, list[float]]:
    """Seconds of each run, by name. One round more goes before, which does not count."""
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            started = clock()
            contender.run()
            elapsed = clock() - started
            contender.reset()
            if number:
                times[contender.name].append(elapsed)
    return times


def report(
    title: str, times: Mapping[str, list[float]], ours: str, goals: Mapping[str, float]
) -> list[Row]:
    """Prints medians, spread, and the ratio of ours to each other, pair by pair; the ratios that
    have a goal are returned."""
    print(f"\n{title}")
    rows: list[Row] = []
    for name, values in times.items():
        spread = f"({_ms(min(values))} to {_ms(max(values))})"
        line = f"  {name:<22} {_ms(statistics.median(values))}  {spread}"
        if name != ours:
            ratios = [mine / other for mine, other in zip(times[ours], values, strict=True)]
            ratio = statistics.median(ratios)
            line += f"   {ours} / {name}: {ratio:.2f}"
            if name in goals:
                line += f"   (goal: at most {goals[name]:g})"
                mine = _ms(statistics.median(times[ours])).strip()
                beside = f"{name}: {_ms(statistics.median(values)).strip()}"
                rows.append(Row(title, mine, beside, ratio, goals[name], "times"))
        print(line, flush=True)
    return rows


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:7.0f} ms" if seconds < 10 else f"{seconds:7.1f} s "
