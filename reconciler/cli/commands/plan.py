"""`reconciler plan`."""

from __future__ import annotations

from typing import TextIO

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import CHANGES, DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine, load_or_report, tracing
from reconciler.files.variant import Variant
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.compiled import compile_inputs
from reconciler.view.plan import render_plan, render_steps


@click.command(
    "plan",
    epilog="""\b
Examples:
  reconciler plan shop.yaml
  reconciler plan --detailed-exitcode --output json topologies/ > plan.json
""",
)
@options.files
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 for no change, 1 for an error, 2 for changes.",
)
@click.option("--steps", is_flag=True, help="Show each step too, with its impact.")
@options.env_file
@options.layered
@options.trace
@options.output
def command(
    files: tuple[str, ...],
    detailed_exitcode: bool,
    steps: bool,
    env_files: tuple[str, ...],
    output: str,
    variant: Variant,
    trace: TextIO | None,
) -> int:
    """Show what an apply would change, and what that means for traffic.

    Nothing is touched. Values that came from a variable are named, never shown.
    """
    console = Console(output)
    inputs = load_or_report(files, env_files, console, variant=variant)
    if inputs is None:
        return FAILED
    plans: list[Plan] = []
    failed = False
    with tracing(trace) as traced:
        for compiled in compile_inputs(inputs):
            with Reporting(console, compiled.desired.topology) as attempt:
                with docker_engine(compiled.desired.topology, traced, compiled.secrets) as engine:
                    plan, observed = make_plan(compiled.desired, engine, ApplyOptions())
                plans.append(plan)
                if not console.is_json:
                    console.lines(render_plan(plan, observed, engine.description, console.paint))
                    if steps and not plan.problems:
                        console.lines(render_steps(plan, console.paint))
            failed = failed or attempt.failed
    if console.is_json and not failed:
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # for JSON only

        console.document(plans_document(plans))
    if failed or any(plan.problems for plan in plans):
        return FAILED
    return CHANGES if detailed_exitcode and not all(plan.is_empty for plan in plans) else DONE
