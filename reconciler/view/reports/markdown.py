"""Markdown for the comment of a pull request, as GitHub, GitLab and Gitea show it.

What comes from files and engines stands in fences and code spans alone, where no text is a link, a
picture, or a name that somebody is called by.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.plan.plan import Plan
from reconciler.view.diagnostics import render_diagnostic
from reconciler.view.numbers import count
from reconciler.view.paint import Paint
from reconciler.view.plan import config_lines, render_changes, told_impact, totals
from reconciler.view.printable import printable
from reconciler.view.reports.report import Report, is_error

MOST = 60_000
"""Characters of a report at most; GitHub takes 65,536."""
_PLAIN = Paint(enabled=False)


def render(report: Report) -> str:
    """The first line is a comment that nobody sees, by which a bot finds its own one again."""
    names = " ".join(plan.topology for plan in report.plans) or "files"
    parts = [f"<!-- haproxy-reconciler: {names} -->"]
    if report.diagnostics:
        parts.append(_problems(report))
    elif not report.plans:
        parts.append(f"**{count(len(report.files), 'file')} valid.**")
    # Each plan has its share, so that a large one hides no other.
    share = (MOST - sum(map(len, parts))) // max(1, len(report.plans))
    parts += [_plan(plan, share) for plan in report.plans if not plan.problems]
    return "\n\n".join(parts) + "\n"


def _problems(report: Report) -> str:
    errors = sum(map(is_error, report.diagnostics))
    found = [count(errors, "error")] if errors else []
    if others := len(report.diagnostics) - errors:
        found.append(count(others, "warning"))
    lines = [
        line
        for one in report.diagnostics
        for line in (*render_diagnostic(one, report.sources, _PLAIN), "")
    ]
    return f"### {', '.join(found)}\n\n" + _fenced(lines[:-1], "text", MOST // 2)


def _plan(plan: Plan, most: int) -> str:
    head = f"### {_code(plan.topology)}: "
    if plan.is_empty:
        return f"{head}up to date"
    impact, _, explained = told_impact(plan).partition(". ")
    kind, _, cause = impact.removeprefix("Impact: ").partition(", from ")
    told = f"**Impact: {kind}**{f', from {_code(cause)}' if cause else ''}. {explained}"
    changes = [_signed(line) for line in render_changes(plan, _PLAIN, with_config=False)]
    parts = [f"{head}{totals(plan)}", told, _fenced(changes, "diff", most // 2)]
    parts += [f"Note: {_code(note)}" for note in plan.notes]
    if config := config_lines(plan):
        folded = _fenced(config, "diff", most // 3)
        parts.append(f"<details><summary>haproxy.cfg</summary>\n\n{folded}\n\n</details>")
    return "\n\n".join(parts)


def _signed(line: str) -> str:
    """A sign stands first in a line, where viewers of differences look; `!` is a change to them."""
    return re.sub(r"^  ([+~-]) ", lambda found: f"{found[1].replace('~', '!')} ", line)


def _fenced(lines: Sequence[str], language: str, most: int) -> str:
    """A block that nothing in it ends, and of which the rest is counted where it is too long."""
    kept: list[str] = []
    for line in map(printable, lines):
        most -= len(line) + 1
        if most < 0:
            kept.append(f"… {count(len(lines) - len(kept), 'more line')}")
            break
        kept.append(line)
    text = "\n".join(kept)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _code(text: str) -> str:
    text = printable(" ".join(text.split()))
    ticks = "`" * (_longest_run(text) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
