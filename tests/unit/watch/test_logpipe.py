"""The log's pipe: it keeps the order, and nobody waits for it."""

from __future__ import annotations

import io
import os
import time

import pytest

from reconciler.watch.logpipe import LogPipe
from tests.integration.support.waiting import await_true


def test_lines_come_out_in_order() -> None:
    stream = io.StringIO()
    pipe = LogPipe(stream)
    for number in range(100):
        pipe.write(str(number))
    pipe.flush(5)
    assert stream.getvalue().split() == [str(number) for number in range(100)]


def test_a_pipe_that_blocks_blocks_nobody() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        pipe = LogPipe(stream, most_lines=30)  # what is left when nobody reads fits into a pipe
        began = time.monotonic()
        for _ in range(2000):
            pipe.write("x" * 1000)
        assert time.monotonic() - began < 5
        pipe.flush(0.05)
        with os.fdopen(reader, "rb") as out:
            lost = await_true(lambda: b"lines were lost" in out.read1(1 << 20), "it goes on")
            assert lost
            pipe.flush(5)


def test_a_full_disk_costs_lines_only() -> None:
    """Linux has a disk that is always full."""
    stream = open("/dev/full", "w", encoding="utf-8", buffering=1)  # noqa: SIM115  # closing fails
    pipe = LogPipe(stream)
    began = time.process_time()
    for _ in range(10):
        pipe.write("x")
        pipe.flush(1)
    assert time.process_time() - began < 0.5
    with pytest.raises(OSError, match="No space"):
        stream.close()
