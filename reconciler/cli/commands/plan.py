"""`reconciler plan`."""

from __future__ import annotations

from typing import BinaryIO, TextIO

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import CHANGES, DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine, load_or_report, tracing
from reconciler.files.variant import Variant
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.compiled import compile_inputs
from reconciler.view.plan import render_plan, render_steps


@click.command(
    "plan",
    epilog="""\b
Examples:
  reconciler plan --detailed-exitcode --output json topologies/
  reconciler plan --out shop.plan shop.yaml && reconciler apply shop.plan
""",
)
@options.files
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 for no change, 1 for an error, 2 for changes.",
)
@click.option("--steps", is_flag=True, help="Show each step too, with its impact.")
@click.option(
    "--out",
    type=click.File("wb", lazy=True, atomic=True),
    metavar="FILE",
    help="Save the plan, for an `apply FILE` that does this and nothing else.",
)
@options.env_file
@options.layered
@options.trace
@options.output
def command(
    files: tuple[str, ...],
    detailed_exitcode: bool,
    steps: bool,
    out: BinaryIO | None,
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
    made: list[tuple[Plan, Observed]] = []
    failed = False
    with tracing(trace) as traced:
        for compiled in compile_inputs(inputs):
            with Reporting(console, compiled.desired.topology) as attempt:
                with docker_engine(compiled.desired.topology, traced, compiled.secrets) as engine:
                    plan, observed = make_plan(compiled.desired, engine, ApplyOptions())
                made.append((plan, observed))
                if not console.is_json:
                    console.lines(render_plan(plan, observed, engine.description, console.paint))
                    if steps and not plan.problems:
                        console.lines(render_steps(plan, console.paint))
            failed = failed or attempt.failed
    plans = [plan for plan, _ in made]
    failed = failed or any(plan.problems for plan in plans)
    if console.is_json and len(plans) == len(inputs.loaded):
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # for JSON only

        console.document(plans_document(plans))
    if failed:
        return FAILED
    if out is not None:
        from reconciler.run.saved_plan import Named, save_plan  # noqa: PLC0415  # for --out only
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # the same

        named = Named(files, env_files, variant)
        with out as file:
            file.write(save_plan(named, inputs, made, plans_document(plans)))
    return CHANGES if detailed_exitcode and not all(plan.is_empty for plan in plans) else DONE
