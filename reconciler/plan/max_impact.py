"""A bound on what a plan may do to traffic, for runs that nobody watches."""

from __future__ import annotations

from msgspec.structs import replace

from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.plan import Plan


def enforce_max_impact(plan: Plan, most: Impact) -> Plan:
    """The same plan, with a problem that stops it when it would do more than `most`."""
    if plan.is_empty or plan.impact <= most:
        return plan
    problem = Diagnostic(
        "impact-too-high",
        f"this would do more to traffic than `--max-impact {most}` allows: "
        + ", ".join(_exceeding(plan, most)),
        f"`reconciler plan` shows why; change the file so that less has to happen, or apply with "
        f"`--max-impact {plan.impact}` when that may be",
    )
    return replace(plan, problems=(*plan.problems, problem))


def _exceeding(plan: Plan, most: Impact) -> list[str]:
    """Each change once, with its impact; the steps where no change tells of it."""
    changes = [f"{c.subject} ({c.impact})" for c in plan.changes if c.impact > most]
    steps = [f"{s.label} ({s.impact})" for s in plan.steps if s.impact > most]
    return list(dict.fromkeys(changes or steps))
