"""docs/chaos.md, from what was counted. No IO."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.chaos.record import Record

_HEAD = """\
# No request lost: faults at random

Written by `make chaos`; not edited by hand.

**{rounds} rounds: {kills} kills, {engine} faults of the engine or on the way to it; {lost} of \
{requests:,} requests lost, and {refused} refused while an engine started anew; {unhealed} rounds \
not healed, {left} things left behind.**

{machine}

## What was done

- Each round edits the file (environment, replicas, weight, timeouts, limits of a frontend: none
  interrupts), and up to three things go wrong, one after the other, while that is applied. Then it
  is applied once more, undisturbed, and has to be as the file says. After {second} rounds that
  took two: an engine that is killed may lose track of a container that it starts, which the first
  apply takes away.
- 6 clients ask all the time, 3 of them with a connection for each request. No client tries anything
  twice.
- "killed": SIGKILL at any moment, or the end of the process as soon as some step is done; also one
  run after the other, each a step later, until nothing is left to do.
- "engine: …": one request to the engine, or one in twenty-five of them, meets that. "engine hung",
  "engine dead": SIGSTOP or SIGKILL of `dockerd` in the middle of an apply, on an engine of its own
  with `live-restore`. Such an engine writes the rules for published ports anew when it starts, and
  they are closed for some tenths of a second, whoever made the containers: what failed meanwhile
  stands under "refused by Docker". That is told by the time alone: what this tool might lose just
  then would stand there, too.
- Edits and faults are drawn from the seed; when exactly a kill strikes also depends on the machine.

"""


def render(records: Sequence[Record], machine: str) -> str:
    return "\n".join(
        [
            _HEAD.format(
                rounds=sum(r.rounds for r in records),
                kills=sum(r.kills for r in records),
                engine=sum(r.engine_faults for r in records),
                lost=sum(len(r.lost) for r in records),
                refused=sum(len(r.refused) for r in records),
                requests=sum(r.requests for r in records),
                unhealed=sum(len(r.unhealed) for r in records),
                left=sum(len(r.left) for r in records),
                second=sum(r.second_tries for r in records),
                machine=machine,
            ),
            *_table(records),
            "",
            "## Faults",
            "",
            "| fault | times |",
            "| --- | --: |",
            *_faults(records),
            *_wrongs(records),
            "",
        ]
    )


def _table(records: Sequence[Record]) -> Iterator[str]:
    yield (
        "| HAProxy | engine | seed | rounds | kills | engine's faults | requests | lost "
        "| refused by Docker | time |"
    )
    yield "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |"
    for r in records:
        yield (
            f"| {r.image} | {r.engine} | {r.seed} | {r.rounds} | {r.kills} | {r.engine_faults} | "
            f"{r.requests:,} | {len(r.lost)} | {len(r.refused)} | {r.elapsed_s:.0f} s |"
        )


def _faults(records: Sequence[Record]) -> Iterator[str]:
    met: Counter[str] = sum((r.faults for r in records), Counter())
    for kind, number in sorted(met.items()):
        yield f"| {kind} | {number} |"


def _wrongs(records: Sequence[Record]) -> Iterator[str]:
    wrongs = [line for r in records for line in r.wrongs]
    if wrongs:
        yield from ("", "## What went wrong", "", "```text", *wrongs[:20], "```")
