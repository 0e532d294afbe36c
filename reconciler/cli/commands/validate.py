"""`reconciler validate`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.diagnostics.diagnostic import has_errors
from reconciler.files.inputs import load_inputs
from reconciler.files.variant import Variant


@click.command(
    "validate",
    epilog="""\b
Examples:
  reconciler validate shop.yaml
  reconciler validate --haproxy --output json topologies/
""",
)
@options.files
@click.option("--haproxy", is_flag=True, help="Also let the real HAProxy image check the result.")
@options.env_file
@options.layered
@options.output
def command(
    files: tuple[str, ...], haproxy: bool, env_files: tuple[str, ...], output: str, variant: Variant
) -> int:
    """Check topology files and show everything that is wrong with them.

    FILE is a topology file, a directory of them, or - for standard input; topology.yaml when
    nothing is named. Nothing is changed anywhere.
    """
    console = Console(output)
    inputs = load_inputs(files, env_files, variant=variant)
    diagnostics = list(inputs.diagnostics)
    if haproxy and not inputs.has_errors:
        from reconciler.cli.config_check import check_configs  # noqa: PLC0415  # with all of `plan`

        diagnostics += check_configs(inputs)
    if diagnostics or console.is_json:
        console.show_diagnostics(diagnostics, inputs.sources)
    if has_errors(diagnostics):
        return FAILED
    if not console.is_json:
        by = ", accepted by HAProxy" if haproxy else ""
        console.lines(f"{item.file}: valid{by}" for item in inputs.loaded)
    return DONE
