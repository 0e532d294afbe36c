"""`python -m benchmarks chaos`: each HAProxy in turn, and one engine that is killed and hangs."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from benchmarks.chaos.page import render
from benchmarks.chaos.record import Record
from benchmarks.chaos.rounds import run_chaos
from tests.engine import api_client
from tests.images import HAPROXY, NEWEST_HAPROXY, OLDEST_HAPROXY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("chaos")
    group.add_argument("--seconds", type=float, default=150, help="for each part; there are four")
    group.add_argument("--write-chaos", type=Path, metavar="FILE", help="write the page there")


def measure_chaos(arguments: argparse.Namespace) -> None:
    parts = [(OLDEST_HAPROXY, False), (HAPROXY, False), (NEWEST_HAPROXY, False), (HAPROXY, True)]
    records: list[Record] = []
    for at, (image, private) in enumerate(parts):
        seed = arguments.seed + at
        record = run_chaos(image, seed, longest_s=arguments.seconds, private=private)
        print(f"{image}: {record.rounds} rounds, {record.requests:,} requests", file=sys.stderr)
        records.append(record)
    text = render(records, _machine())
    if arguments.write_chaos:
        arguments.write_chaos.write_text(text, encoding="utf-8")
    print(text)
    if any(record.wrongs for record in records):
        sys.exit("something was lost, left, or not healed")


def _machine() -> str:
    client = api_client()
    version = client.version()["Version"]
    client.close()
    return (
        f"{os.cpu_count()} cores, linux {platform.release()}, Docker {version}, "
        f"Python {platform.python_version()}; load average at the end {os.getloadavg()[0]:.1f}."
    )
