"""`make bench`, or `python -m benchmarks [NAME…]`. COMPOSE: that of Docker Compose."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable

from benchmarks.chaos import main as chaos
from benchmarks.create import measure_create, measure_destroy
from benchmarks.goals import PAGE, ROOT, Row, write_page
from benchmarks.growth import measure_growth
from benchmarks.lossless import main as lossless
from benchmarks.noop import measure_noop
from benchmarks.planning import measure_planning
from benchmarks.roll import measure_roll
from benchmarks.startup import measure_startup
from benchmarks.watch import measure_watch
from benchmarks.world import has_compose

BENCHMARKS: dict[str, Callable[[int], list[Row]]] = {
    "startup": measure_startup,
    "planning": measure_planning,
    "growth": measure_growth,
    "noop": measure_noop,
    "create": measure_create,
    "roll": measure_roll,
    "destroy": measure_destroy,
    "watch": measure_watch,
}
LONG = {"lossless": lossless.measure_lossless, "chaos": chaos.measure_chaos}
"""These take long, and run only when named; they have options of their own."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*BENCHMARKS, *LONG]))
    parser.add_argument("--rounds", type=int, default=0, help="in place of each one's own number")
    lossless.add_arguments(parser)
    chaos.add_arguments(parser)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {*BENCHMARKS, *LONG}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    compose = "beside Docker Compose" if has_compose() else "without Docker Compose"
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {compose}")
    rows: list[Row] = []
    for name in arguments.names or BENCHMARKS:
        if name in LONG:
            LONG[name](arguments)
        else:
            rows += BENCHMARKS[name](arguments.rounds)
    print("\n| what | here | beside | reached | goal, at most |", *rows, sep="\n")
    if not arguments.names:
        write_page(rows)
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
