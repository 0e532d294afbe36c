"""The page: Markdown, made of what was measured and nothing else."""

from __future__ import annotations

import os
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.lossless.drive import Amount, Outcome
from benchmarks.lossless.judge import Made
from benchmarks.lossless.latency import Latency
from benchmarks.lossless.load import Mix
from benchmarks.lossless.settings import Settings
from tests.engine import api_client
from tests.images import ECHO

MOST_DESCRIBED = 20
NOTHING = "-"


def render(
    outcomes: Sequence[Outcome],
    latencies: Mapping[str, Sequence[Latency]],
    amount: Amount,
    mix: Mix,
) -> str:
    ours = [outcome for outcome in outcomes if outcome.who == "reconciler"]
    composed = {outcome.proxy: outcome for outcome in outcomes if outcome.who == "compose"}
    lines = [*_head(ours, amount), "", *_how(mix, ours[0].settings), ""]
    for outcome in ours:
        lines += _one(outcome, composed.get(outcome.proxy))
        if outcome.network == "bridge":
            lines += _latencies(latencies.get(outcome.proxy, ()))
    return "\n".join(lines).rstrip() + "\n"


def _head(ours: Sequence[Outcome], amount: Amount) -> list[str]:
    total = sum(outcome.record.total for outcome in ours)
    changes = sum(len(outcome.changes) for outcome in ours)
    return [
        "# No request lost: every change under traffic",
        "",
        "Written by `make bench ARGS='lossless --write FILE'`; not edited by hand.",
        "",
        f"**{sum(outcome.failed for outcome in ours):,} of {total:,} requests failed in {changes} "
        f"changes; {_cut(ours)} long connections were cut that should have stayed.**",
        "",
        f"{_machine()}. Order of the changes: seed {amount.seed}.",
    ]


def _cut(outcomes: Iterable[Outcome]) -> int:
    return sum(len(made.cut) for outcome in outcomes for made in outcome.changes)


def _machine() -> str:
    client = api_client()
    version = client.version()
    client.close()
    return (
        f"{os.cpu_count()} cores, {version['Os']} {version['KernelVersion']}, Docker "
        f"{version['Version']}, Python {platform.python_version()}, servers {ECHO}; "
        f"load average at the end {os.getloadavg()[0]:.1f}"
    )


def _how(mix: Mix, settings: Settings) -> list[str]:
    return [
        "## What was counted, and with which settings",
        "",
        f"- All at once, from a process of its own: {mix.one_shot} clients with a connection for "
        f"each request, {mix.keep_alive} that keep theirs, {mix.slow} with requests that take "
        f"{mix.slow_s:g} s, {mix.websocket} WebSockets, {mix.tcp_short} clients with short TCP "
        f"connections, {mix.tcp_long} long TCP connections. No client tries anything twice; "
        f"a connection that is kept may end only after an answer with `Connection: close`.",
        f"- Long connections ping every half second and live up to {mix.life_s:g} s, but for "
        f"{mix.endless} of each kind that stays until it is cut.",
        f"- `drain_timeout: {settings.drain_timeout}s`, "
        f"`ready_timeout: {settings.ready_timeout}s`, "
        f"`hard_stop_after: {settings.hard_stop_after}s`. Long connections that ended at those "
        "times, on a container that left or an old HAProxy worker, stand under "
        '"ended when due"; so '
        "do those on a container that was killed.",
        '- Under "in flight": slow requests and TCP connections that a killed container was '
        "working on, which nobody can repeat.",
        '- "Refused for" is the span from the first new connection that failed to the last.',
        "- A request counts for the change during which, or up to the start of the next, it ended.",
    ]


def _one(outcome: Outcome, compose: Outcome | None) -> list[str]:
    theirs = dict(_by_name(compose)) if compose else {}
    lines = [
        f"## {outcome.proxy}, {outcome.network} network",
        "",
        "| change | made | impact | median time | requests | failed | refused for | long cut "
        "| ended when due | in flight | Compose: failed of | refused for | long cut |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_row(name, made, theirs.pop(name, [])) for name, made in _by_name(outcome)]
    lines += [_row(name, [], made) for name, made in theirs.items()]
    lines += ["", *_totals(outcome)]
    if compose:
        lines += ["", *_totals(compose)]
    if outcome.left_out:
        lines += ["", "Left out:", "", *(f"- {line}" for line in outcome.left_out)]
    return [*lines, "", *_described(outcome)]


def _by_name(outcome: Outcome) -> list[tuple[str, list[Made]]]:
    names: dict[str, list[Made]] = {}
    for made in outcome.changes:
        names.setdefault(made.name, []).append(made)
    return sorted(names.items())


def _row(name: str, ours: Sequence[Made], theirs: Sequence[Made]) -> str:
    cells = [name, *_ours(ours), *_theirs(theirs)]
    return f"| {' | '.join(cells)} |"


def _ours(changes: Sequence[Made]) -> list[str]:
    if not changes:
        return [NOTHING] * 9
    apart = sum((made.apart for made in changes), Counter[str]())
    return [
        str(len(changes)),
        ", ".join(sorted({made.impact for made in changes})),
        f"{statistics.median(made.ended - made.started for made in changes):.1f} s",
        f"{sum(made.requests for made in changes):,}",
        str(sum(len(made.failed) for made in changes)),
        _refused(changes),
        str(sum(len(made.cut) for made in changes)),
        ", ".join(f"{number} {why}" for why, number in sorted(apart.items())) or "0",
        str(sum(len(made.in_flight) for made in changes)),
    ]


def _theirs(changes: Sequence[Made]) -> list[str]:
    if not changes:
        return [NOTHING] * 3
    failed = sum(len(made.failed) for made in changes)
    requests = sum(made.requests for made in changes)
    cut = sum(len(made.cut) for made in changes)
    return [f"{failed:,} of {requests:,}", _refused(changes), str(cut)]


def _refused(changes: Sequence[Made]) -> str:
    """From the first new connection that failed to the last, at the median."""
    return f"{statistics.median(made.refused_s for made in changes):.1f} s"


def _totals(outcome: Outcome) -> list[str]:
    rate = outcome.record.total / outcome.elapsed_s
    kinds = ", ".join(
        f"{kind} {failed:,} of {made:,}" for kind, made, failed in outcome.record.by_kind()
    )
    kept = sum(not long.cut for long in outcome.record.longs)
    return [
        f"{outcome.who}: {outcome.failed:,} of {outcome.record.total:,} requests failed, in "
        f"{outcome.elapsed_s:.0f} s ({rate:.0f} a second), {len(outcome.changes)} changes. By "
        f"kind, what was in flight included: {kinds}. {kept:,} long connections ended well."
    ]


def _described(outcome: Outcome) -> list[str]:
    """What went wrong, for whoever looks into it."""
    found = [line for made in outcome.changes for line in wrongs(made)]
    if not found:
        return []
    more = [f"- and {len(found) - MOST_DESCRIBED} more"] if len(found) > MOST_DESCRIBED else []
    return ["What went wrong:", "", *found[:MOST_DESCRIBED], *more, ""]


def wrongs(made: Made) -> list[str]:
    """A line for each thing that must not have happened, with times from the change's start."""
    start = made.started
    lines = [f"exit {made.code}, not {made.expected_code}: {made.problems}"] * made.went_wrong
    lines += [
        f"{f.kind}, {f.started - start:.2f} to {f.ended - start:.2f} s: {f.what}"
        for f in made.failed
    ]
    lines += [
        f"{c.kind} of {c.ended - c.opened:.1f} s was cut at {c.ended - start:.2f} s: {c.cut}"
        for c in made.cut
    ]
    return [f"- {made.name}: {line}" for line in lines]


def _latencies(measured: Sequence[Latency]) -> list[str]:
    if not measured:
        return []
    rows = [
        f"| {it.what} | {it.median_s * 1000:.0f} ms | {max(it.seconds) * 1000:.0f} ms "
        f"| {it.goal_s * 1000:.0f} ms | {len(it.seconds)} |"
        for it in measured
    ]
    return [
        "From a warm process, with no lock, from the start of reading the file:",
        "",
        "| | median | longest | goal | times |",
        "|---|--:|--:|--:|--:|",
        *rows,
        "",
    ]
