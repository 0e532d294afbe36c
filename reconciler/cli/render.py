"""`reconciler render`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit import DONE, FAILED
from reconciler.cli.inputs import load_or_report
from reconciler.cli.session import compile_inputs


@click.command(
    "render",
    epilog="""\b
Examples:
  reconciler render shop.yaml
  reconciler render shop.yaml | haproxy -c -f /dev/stdin
""",
)
@click.argument("file", required=False)
@options.env_file
def command(file: str | None, env_files: tuple[str, ...]) -> int:
    """Print the haproxy.cfg of a topology, as HAProxy would get it: with the values of variables.

    No engine is needed.
    """
    console = Console()
    inputs = load_or_report([file] if file else [], env_files, console)
    if inputs is None:
        return FAILED
    wishes = list(compile_inputs(inputs))
    if len(wishes) > 1:
        raise click.UsageError("render takes one file")
    config = wishes[0].desired.config()
    if config is None:
        click.echo(f"{wishes[0].desired.topology}: no frontends and no stats: no HAProxy", err=True)
        return DONE
    click.echo(config.text, nl=False)
    return DONE
