"""`reconciler status`."""

from __future__ import annotations

import time

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine, load_or_report
from reconciler.files.inputs import OF_FILES
from reconciler.files.variant import Variant
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.compiled import compile_inputs
from reconciler.view.status import render_status


@click.command(
    "status",
    epilog="""\b
Examples:
  reconciler status shop.yaml
  reconciler status --output json topologies/
""",
)
@options.files
@options.env_file
@options.layered
@options.output
def command(
    files: tuple[str, ...], env_files: tuple[str, ...], output: str, variant: Variant
) -> int:
    """Show containers and servers as they are now, and where they differ from the file."""
    console = Console(output)
    inputs = load_or_report(files, env_files, console, OF_FILES, variant=variant)
    if inputs is None:
        return FAILED
    documents = []
    failed = False
    for compiled in compile_inputs(inputs):
        desired = compiled.desired
        with Reporting(console, desired.topology) as attempt:
            with docker_engine(desired.topology) as engine:
                plan, observed = make_plan(desired, engine, ApplyOptions())
            if console.is_json:
                from reconciler.view.documents import status_document  # noqa: PLC0415  # for JSON

                documents.append(status_document(desired, observed, plan))
            else:
                console.lines(render_status(desired, observed, plan, time.time(), console.paint))
        failed = failed or attempt.failed
    if console.is_json and not failed:
        from reconciler.view.documents import statuses_document  # noqa: PLC0415  # for JSON only

        console.document(statuses_document(documents))
    return FAILED if failed else DONE
