"""`reconciler plan`."""

from __future__ import annotations

from typing import BinaryIO, TextIO

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import CHANGES, DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine, load_or_report, tracing
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Place
from reconciler.engine.trace import Trace
from reconciler.files.variant import Variant
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.view.plan import render_plan, render_steps
from reconciler.view.secrets import without_secrets


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
@options.reported
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
    with tracing(trace) as traced:
        made = [
            _make(compiled, console, traced, steps=steps) for compiled in compile_inputs(inputs)
        ]
    problems = [problem for one in made for problem in one.problems]
    plans = [one.plan for one in made if one.plan is not None]
    if console.is_json and len(plans) == len(made):
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # for JSON only

        console.document(plans_document(plans))
    if console.is_report:
        console.report(inputs.sources, (*inputs.diagnostics, *problems), plans)
    if problems:
        return FAILED
    if out is not None:
        from reconciler.run.saved_plan import Named, save_plan  # noqa: PLC0415  # for --out only
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # the same

        named = Named(files, env_files, variant)
        seen = [(one.plan, one.observed) for one in made if one.plan is not None]
        with out as file:
            file.write(save_plan(named, inputs, seen, plans_document(plans)))
    return CHANGES if detailed_exitcode and not all(plan.is_empty for plan in plans) else DONE


class _Made(Struct, frozen=True):
    """What came of one topology: no plan when the engine cannot be used."""

    problems: tuple[Diagnostic, ...]
    """Each is about the topology's file."""
    plan: Plan | None = None
    observed: Observed = Observed()


def _make(
    compiled: CompiledTopology, console: Console, trace: Trace | None, *, steps: bool
) -> _Made:
    plan = None
    observed = Observed()
    topology = compiled.desired.topology
    with (
        Reporting(console, topology) as attempt,
        docker_engine(topology, trace, compiled.secrets) as engine,
    ):
        plan, observed = make_plan(compiled.desired, engine, ApplyOptions())
        if console.is_text:
            console.lines(render_plan(plan, observed, engine.description, console.paint))
            if steps and not plan.problems:
                console.lines(render_steps(plan, console.paint))
    problems = plan.problems if plan else ()
    if attempt.failure is not None:
        problems = (without_secrets(attempt.failure, compiled.secrets),)
    place = Place(file=compiled.loaded.file)
    return _Made(tuple(replace(p, place=place) for p in problems), plan, observed)
