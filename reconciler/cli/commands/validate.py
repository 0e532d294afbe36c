"""`reconciler validate`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.diagnostics.diagnostic import Diagnostic, has_errors
from reconciler.files.inputs import OF_ABSENCE, Inputs, load_inputs
from reconciler.files.variant import Variant
from reconciler.view.numbers import count


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
@click.option(
    "--no-env", is_flag=True, help="Accept variables without a value and files that are absent."
)
@options.env_file
@options.layered
@options.reported
def command(
    files: tuple[str, ...],
    haproxy: bool,
    no_env: bool,
    env_files: tuple[str, ...],
    output: str,
    variant: Variant,
) -> int:
    """Check topology files and show everything that is wrong with them.

    FILE is a topology file, a directory of them, or - for standard input; topology.yaml when
    nothing is named. Nothing is changed anywhere. With --no-env, as a hook or a fork's pull request
    needs it, values that are not known here are left out, and all else is checked.
    """
    if haproxy and no_env:
        raise click.UsageError("--haproxy needs every value, which --no-env does without")
    console = Console(output)
    inputs = load_inputs(files, env_files, variant=variant)
    absent = [found for found in inputs.diagnostics if no_env and found.code in OF_ABSENCE]
    diagnostics = [found for found in inputs.diagnostics if found not in absent]
    if haproxy and not inputs.has_errors:
        from reconciler.cli.config_check import check_configs  # noqa: PLC0415  # with all of `plan`

        diagnostics += check_configs(inputs)
    if diagnostics or not console.is_text:
        console.show_diagnostics(diagnostics, inputs.sources)
    if has_errors(diagnostics):
        return FAILED
    if console.is_text:
        by = ", accepted by HAProxy" if haproxy else ""
        console.lines(f"{file}: valid{by}{but}" for file, but in _unknown(inputs, absent))
    return DONE


def _unknown(inputs: Inputs, absent: list[Diagnostic]) -> Iterator[tuple[str, str]]:
    """Each file, with how much of it was left out."""
    for item in inputs.loaded:
        number = sum(found.place.file in item.texts for found in absent)
        yield item.file, f", but for {count(number, 'value')} not known here" if number else ""
