"""`reconciler status`."""

from __future__ import annotations

import time

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import CHANGES, DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine, load_or_report
from reconciler.desired.desired import Desired
from reconciler.engine.waiting import tries
from reconciler.files.inputs import OF_FILES
from reconciler.files.variant import Variant
from reconciler.plan.decide.standing import Standing, standing_of
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.view.status import render_status

_EXIT_CODES = {Standing.NOT_SERVING: FAILED, Standing.DRIFT: CHANGES, Standing.SERVING: DONE}
"""The worst comes first."""
LONGEST_PAUSE_S = 1.0


@click.command(
    "status",
    epilog="""\b
Examples:
  reconciler status --output json topologies/
  reconciler status --wait --timeout 2m shop.yaml
""",
)
@options.files
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 0 when all serves as the file says, 1 when not all serves, 2 for drift.",
)
@click.option("--wait", is_flag=True, help="Wait until all serves as the file says.")
@click.option(
    "--timeout",
    "timeout_s",
    type=options.Duration(),
    default=60.0,
    metavar="TIME",
    help="How long to --wait.  [default: 60s]",
)
@options.env_file
@options.layered
@options.output
def command(
    files: tuple[str, ...],
    exit_code: bool,
    wait: bool,
    timeout_s: float,
    env_files: tuple[str, ...],
    output: str,
    variant: Variant,
) -> int:
    """Show containers and servers as they are now, and where they differ from the file.

    With --wait the exit code is that of --exit-code, and what is shown is the last look.
    """
    console = Console(output)
    inputs = load_or_report(files, env_files, console, OF_FILES, variant=variant)
    if inputs is None:
        return FAILED
    looks = [
        _look(compiled, console, timeout_s if wait else 0.0) for compiled in compile_inputs(inputs)
    ]
    seen = [look for look in looks if look is not None]
    if len(seen) < len(looks):
        return FAILED
    if console.is_json:
        from reconciler.view.documents import status_document, statuses_document  # noqa: PLC0415  # for JSON only

        console.document(statuses_document([status_document(*look) for look in seen]))
    standings = {standing_of(*look) for look in seen}
    worst = next((standing for standing in _EXIT_CODES if standing in standings), Standing.SERVING)
    return _EXIT_CODES[worst] if exit_code or wait else DONE


def _look(
    compiled: CompiledTopology, console: Console, patience_s: float
) -> tuple[Desired, Observed, Plan] | None:
    """The last look, which is the first at which all serves; None when the engine cannot be used,
    which has been told."""
    desired = compiled.desired
    look = None
    opened = docker_engine(desired.topology)
    with Reporting(console, desired.topology), opened as engine:
        for _ in tries(patience_s, longest_s=LONGEST_PAUSE_S):
            plan, observed = make_plan(desired, engine, ApplyOptions())
            if standing_of(desired, observed, plan) is Standing.SERVING:
                break
        look = desired, observed, plan
        if console.is_text:
            now = time.time()
            console.lines(render_status(desired, observed, plan, now, console.paint, console.width))
    return look
