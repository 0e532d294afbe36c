"""Who runs which test when: long ones begin first, some on each worker.

A worker gets as many tests in a row as any other, and one that has none left takes some from the
end of another's. A long test at the end of a row would run alone at last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def dealt(long: Sequence[T], short: Sequence[T], workers: int) -> list[T]:
    """All of them in such an order that each worker's row begins with its share of long ones.

    The rows are as `--dist=worksteal` has them; short ones stay beside those they stood beside,
    since they may share what a module has set up.
    """
    rest = list(short)
    order: list[T] = []
    for worker in range(workers):
        row = list(long[worker::workers])
        size = (len(long) + len(short) - len(order)) // (workers - worker)
        wanted = max(size - len(row), 0)
        order += [*row, *rest[:wanted]]
        rest = rest[wanted:]
    return order
