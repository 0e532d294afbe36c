"""A plan for people: what changes, what it means for traffic, and how much work it is."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from reconciler.desired.impact import EXPLANATION, Impact
from reconciler.desired.rollout import Pace
from reconciler.haproxy.control.sections import diff_config
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Change, FieldChange, Plan, Step
from reconciler.view.diagnostics import render_diagnostic
from reconciler.view.numbers import count
from reconciler.view.paint import Paint

_SIGN = {
    "create": ("+", "add"),
    "update": ("~", "change"),
    "replace": ("~", "change"),
    "remove": ("-", "remove"),
}
_TITLE_WIDTH = 30
_LONGEST_VALUE = 48
_WIDTH = 80


def render_plan(plan: Plan, observed: Observed, engine: str, paint: Paint) -> list[str]:
    """One line when there is nothing to do."""
    if plan.is_empty and not plan.notes:
        return [render_summary(plan, observed, "up to date")]
    version = next((p.running.version for p in observed.proxies.values() if p.running), "")
    haproxy = f", HAProxy {version}" if version else ""
    lines = [f"{paint('bold', plan.topology)}  (engine: {engine}{haproxy})", ""]
    lines += render_changes(plan, paint, with_config=True)
    if plan.problems:
        lines.append("")
        for problem in plan.problems:
            lines += [f"  {line}" for line in render_diagnostic(problem, {}, paint)]
        return [*lines, "", f"  {plan.topology}: cannot be carried out; nothing was touched."]
    lines += [f"  note: {note}" for note in plan.notes]
    if plan.steps:
        lines += ["", *_wrapped(told_impact(plan), str(plan.impact), paint)]
        lines.append(f"  Plan: {totals(plan)}")
    return lines


def render_changes(plan: Plan, paint: Paint, *, with_config: bool) -> Iterator[str]:
    """Each change with its fields; `with_config` what is different in haproxy.cfg, too."""
    for group in _groups(plan.changes):
        yield from _render_group(group, paint)
        first = group[0]
        if with_config and first.kind == "haproxy" and first.verb != "remove":
            for line in config_lines(plan):
                color = {"+": "add", "-": "remove", "@": "dim"}[line[0]]
                yield f"      {paint(color, line)}"


def config_lines(plan: Plan) -> list[str]:
    """The difference between the haproxy.cfg that is there and the one that will be."""
    if plan.config is None or plan.config_before is None:
        return []
    return diff_config(plan.config_before, plan.config.text)


def told_impact(plan: Plan) -> str:
    """`Impact: replace, from backend web. …`."""
    return f"Impact: {plan.impact}{_cause(plan)}. {_explanation(plan)}"


def render_steps(plan: Plan, paint: Paint) -> list[str]:
    """What is done, in its order; a reason where traffic is concerned."""
    width = len(str(len(plan.steps)))
    words = max((len(str(step.impact)) for step in plan.steps), default=0) + 2
    lines = ["", "  Steps; each begins when those it comes after are done:"] if plan.steps else []
    for step, needs in _direct_needs(plan):
        after = f"  (after {', '.join(map(str, needs))})" if needs else ""
        if step.rescues:
            after += f"  (if one of {step.rescues[0]} to {step.rescues[-1]} fails)"
        impact = paint("dim", f"{f'[{step.impact}]':<{words}}")
        lines.append(f"  {step.id:>{width}}  {impact}  {step.label}{after}")
        if step.impact > Impact.NONE and step.because:
            lines.append(f"  {'':{width + words + 4}}{paint('dim', step.because)}")
    return lines


def _direct_needs(plan: Plan) -> Iterator[tuple[Step, list[int]]]:
    """Each step with what it waits for, without what that waits for itself."""
    before: dict[int, set[int]] = {}
    for step in plan.steps:
        earlier = set().union(*(before.get(need, set()) for need in step.needs))
        before[step.id] = earlier | set(step.needs)
        yield step, [need for need in step.needs if need not in earlier]


def _cause(plan: Plan) -> str:
    """What has the highest impact, where that is not everything."""
    subjects = {change.subject for change in plan.changes}
    highest = plan.impact_subjects
    if plan.impact is Impact.NONE or len(highest) == len(subjects):
        return ""
    return f", from {' and '.join(filter(None, (', '.join(highest[:-1]), *highest[-1:])))}"


def _explanation(plan: Plan) -> str:
    if plan.config is None and any(
        c.kind == "haproxy" and c.verb == "remove" for c in plan.changes
    ):
        return "HAProxy finishes the connections it has, and takes no more."
    if explained := _of_workers(plan):
        return explained
    stops_first = any(change.pace and change.pace.stops_first for change in plan.changes)
    if plan.impact is Impact.REPLACE and stops_first:
        return "Old containers leave before new ones come; the others take their traffic meanwhile."
    return EXPLANATION[plan.impact]


def _of_workers(plan: Plan) -> str:
    """Where only workers are replaced, nothing is said of requests: they take none."""
    impact = plan.impact
    highest = [c for c in plan.changes if c.impact is impact]
    if impact < Impact.REPLACE or not all(c.pace and c.pace.is_of_workers for c in highest):
        return ""
    if impact is Impact.INTERRUPT:
        return "Old containers stop before new ones run; HAProxy sends no traffic to them."
    stops_first = any(c.pace and c.pace.stops_first for c in highest)
    order = (
        "Old containers stop, a few at a time, before"
        if stops_first
        else "Old containers stop only when"
    )
    return f"{order} new ones run; HAProxy sends no traffic to them."


def _wrapped(text: str, strong: str, paint: Paint) -> list[str]:
    lines = textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    return [lines[0].replace(strong, paint("bold", strong), 1), *lines[1:]]


def render_summary(plan: Plan, observed: Observed, state: str) -> str:
    """`shop: up to date (6 containers, 5 of 5 servers up)`."""
    parts = [count(len(observed.containers), "container")]
    if plan.servers:
        up = {
            (s.backend, s.known_as) for p in observed.proxies.values() for s in p.servers if s.is_up
        }
        parts.append(f"{len(up.intersection(plan.servers))} of {len(plan.servers)} servers up")
    return f"{plan.topology}: {state} ({', '.join(parts)})"


def totals(plan: Plan) -> str:
    """`1 to create, 0 to replace, 0 to change, 0 to remove, 3 steps.`"""
    return (
        f"{plan.count('create')} to create, {plan.count('replace')} to replace, "
        f"{plan.count('update')} to change, {plan.count('remove')} to remove, "
        f"{count(len(plan.course), 'step')}."
    )


def _groups(changes: tuple[Change, ...]) -> Iterator[list[Change]]:
    """Changes that say the same of several containers of a backend, together."""
    grouped: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        key: tuple[object, ...] = (
            change.verb,
            change.kind,
            change.backend,
            change.reason,
            change.fields,
            change.impact,
        )
        if not change.backend or change.kind == "job":
            key = (*key, change.name)
        grouped.setdefault(key, []).append(change)
    yield from grouped.values()


def _render_group(group: list[Change], paint: Paint) -> Iterator[str]:
    first = group[0]
    sign, kind = _SIGN[first.verb]
    title, summary = _headline(group)
    inline = [_inline(field) for field in first.fields if field.field != "state"]
    detail = first.fields if first.verb == "replace" else ()
    if first.verb == "update" and inline:
        summary = (
            f"{', '.join(inline)}; {summary}"
            if summary != "in place"
            else (f"{', '.join(inline)}, in place")
        )
    impact = paint("dim", f"[{first.impact}]")
    yield f"  {paint(kind, sign)} {title:<{_TITLE_WIDTH}}  {summary}  {impact}"
    named = [field.field for field in detail] + (["capacity"] if first.pace else [])
    width = max(map(len, named), default=0)
    for field in detail:
        yield f"      {field.field:<{width}}  {_arrow(field)}"
    if first.verb == "replace" and first.pace is not None:
        yield f"      {'capacity':<{width}}  {_capacity(first.pace)}"


def _headline(group: list[Change]) -> tuple[str, str]:
    first = group[0]
    number = len(group)
    match first.kind, first.verb:
        case "container", "create":
            image = first.fields[0].after if first.fields else ""
            if number == 1:
                return f"container {first.name}", f"from {image}"
            return f"backend {first.backend}", f"{count(number, 'container')} from {image}"
        case "container", "replace":
            return (
                f"backend {first.backend}",
                f"{_manner(number, first.pace, first.impact)}: {first.reason}",
            )
        case "container", "remove" if number > 1:
            return (
                f"backend {first.backend}",
                f"remove {count(number, 'container')}: {first.reason}",
            )
        case "container", "update" if number > 1:
            return f"backend {first.backend}", _of_several(number, first.reason)
        case "job", "create":
            what = f"runs before the containers of {first.backend} change: {first.reason}"
            return f"job {first.name}", what
        case "haproxy", "create":
            return "haproxy", f"from {first.fields[0].after}"
        case "haproxy", _:
            return "haproxy", first.reason
        case kind, _:
            return f"{kind} {first.name}", first.reason


def _manner(number: int, pace: Pace | None, impact: Impact) -> str:
    """`roll 3 containers, 1 at a time, start first`."""
    if pace is None:
        order = "old ones first" if impact is Impact.INTERRUPT else "new ones first"
        return f"replace {count(number, 'container')}, {order}"
    order = "stop first" if pace.stops_first else "start first"
    if number == 1:
        return f"replace 1 container, {order}"
    return f"roll {count(number, 'container')}, {min(pace.at_once, number)} at a time, {order}"


def _capacity(pace: Pace) -> str:
    return (
        f"never below {pace.least} of {pace.replicas}; "
        f"up to {pace.drain_timeout_s:g} s to {'stop' if pace.is_of_workers else 'drain'} each"
    )


def _of_several(number: int, reason: str) -> str:
    """`2 containers, in place`; `start 2 containers: they are stopped (exit 0)`."""
    verb, colon, why = reason.partition(": ")
    if not colon:
        return f"{count(number, 'container')}, {reason}"
    return f"{verb} {count(number, 'container')}: {why.replace('it is', 'they are', 1)}"


def _inline(field: FieldChange) -> str:
    if field.field == "network":
        if field.after is None:
            return f"leaves {field.before}"
        return f"joins {field.after}{' anew' if field.before else ''}"
    return f"{field.field} {_arrow(field)}"


def _arrow(field: FieldChange) -> str:
    if field.before == field.after:
        return f"{_short(field.after)} holds another value"
    if field.before is None:
        return f"+ {_short(field.after)}"
    if field.after is None:
        return f"- {_short(field.before)}"
    return f"{_short(field.before)} → {_short(field.after)}"


def _short(text: str | None) -> str:
    """One line of bounded length, quoted when it could be mistaken for something else."""
    shown = text if text is not None else "unset"
    if shown == "" or not shown.isprintable() or shown != shown.strip():
        shown = json.dumps(shown, ensure_ascii=False)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[: _LONGEST_VALUE - 1]}…"
