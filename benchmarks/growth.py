"""How the time to read a file, and to tell what is wrong with it, grows with the file."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.goals import Row
from benchmarks.planning import as_wanted, wish_of
from reconciler.plan.planner import plan_changes
from reconciler.topology.load import load_topology
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
from tests.unit.topology.growing import GROWING

FEW, MANY = 800, 8000
WANTED = 12
REPLICAS = 1000
"""Ten times as many are what a backend may have at most."""


def measure_growth(rounds: int) -> list[Row]:
    """Ten times the file is to take at most twelve times as long."""
    runs = rounds or 3
    print(f"reading wrong files: CPU seconds for {FEW:,} and {MANY:,} parts, best of {runs}")
    for name, make in GROWING.items():
        few, many = (min(_seconds(make, number) for _ in range(runs)) for number in (FEW, MANY))
        verdict = "" if many <= WANTED * few else f"  more than {WANTED} times"
        print(f"  {name:20} {few:6.2f} {many:6.2f}{verdict}")
    few, many = (min(_seconds_of_plan(n) for _ in range(runs)) for n in (REPLICAS, 10 * REPLICAS))
    print(f"planning to replace {REPLICAS:,} and {10 * REPLICAS:,} replicas: {few:.2f} {many:.2f}")
    return []


def _seconds_of_plan(replicas: int) -> float:
    observed, wish = as_wanted(wish_of("a", replicas)), wish_of("b", replicas)
    started = time.process_time()
    plan_changes(wish, observed)
    return time.process_time() - started


def _seconds(make: Callable[[int], str], number: int) -> float:
    data = make(number).encode()
    started = time.process_time()
    loaded = load_topology(data, "shop.yaml", {})
    render_diagnostics(loaded.diagnostics, loaded.texts, Paint())
    return time.process_time() - started
