"""`make bench`, or `python -m benchmarks [NAME…]`. COMPOSE: that of Docker Compose."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable

from benchmarks.create import measure_create, measure_destroy
from benchmarks.goals import PAGE, ROOT, Row, write_page
from benchmarks.growth import measure_growth
from benchmarks.lossless.main import add_arguments, measure_lossless
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
LOSSLESS = "lossless"
"""It takes long, and runs only when named; it has options of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*BENCHMARKS, LOSSLESS]))
    parser.add_argument("--rounds", type=int, default=0, help="in place of each one's own number")
    add_arguments(parser)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {*BENCHMARKS, LOSSLESS}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    compose = "beside Docker Compose" if has_compose() else "without Docker Compose"
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {compose}")
    rows: list[Row] = []
    for name in arguments.names or BENCHMARKS:
        if name == LOSSLESS:
            measure_lossless(arguments)
        else:
            rows += BENCHMARKS[name](arguments.rounds)
    print("\n| what | here | beside | reached | goal, at most |", *rows, sep="\n")
    if not arguments.names:
        write_page(rows)
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
