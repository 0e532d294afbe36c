"""`python -m benchmarks lossless`: every image, the tool and Compose in turn, and the figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.lossless.changes import possible
from benchmarks.lossless.compose import compose_groups, compose_site
from benchmarks.lossless.drive import Amount, Outcome, run
from benchmarks.lossless.latency import Latency, measure_latency
from benchmarks.lossless.load import Mix
from benchmarks.lossless.page import render
from benchmarks.lossless.site import site
from benchmarks.world import has_compose
from tests.images import BOTH_HAPROXIES

COMPOSE_PART = 0.2
"""Compose makes a third of the changes, and needs fewer requests to show what it does."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("lossless")
    group.add_argument("--requests", type=int, default=100_000, help="at least, for each image")
    group.add_argument("--image", action="append", help="HAProxy's; more than once for several")
    group.add_argument("--seed", type=int, default=1, help="for the order of the changes")
    group.add_argument("--write", type=Path, metavar="FILE", help="write the page there")


def measure_lossless(arguments: argparse.Namespace) -> None:
    images: list[str] = arguments.image or list(BOTH_HAPROXIES.values())
    amount = Amount(arguments.requests, arguments.seed, arguments.rounds or 2)
    outcomes: list[Outcome] = []
    latencies: dict[str, list[Latency]] = {}
    for image in images:
        outcomes += _outcomes(image, amount)
        latencies[image] = measure_latency(image)
    text = render(outcomes, latencies, amount, Mix())
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")
    print(text)
    if any(o.lost for o in outcomes if o.who == "reconciler"):
        sys.exit("requests were lost, or changes did not end as they should")


def _outcomes(image: str, amount: Amount) -> Iterator[Outcome]:
    for network in ("bridge", "host"):
        with site(image, network) as made:
            if made is None:
                print(f"{image}: this version does not know haproxy.network", file=sys.stderr)
                continue
            groups, left_out = possible(made, network)
            outcome = Outcome("reconciler", image, network, left_out=left_out)
            yield run(outcome, made, groups, amount, Mix())
    if has_compose():
        fewer = Amount(int(amount.requests * COMPOSE_PART), amount.seed, amount.rounds)
        with compose_site(image) as there:
            yield run(Outcome("compose", image, "bridge"), there, compose_groups(), fewer, Mix())
