"""`reconciler render`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.cli.session import load_or_report
from reconciler.cli.terminal import show, write
from reconciler.files.variant import Variant
from reconciler.run.compiled import compile_inputs
from reconciler.view.topology import render_topology


@click.command(
    "render",
    epilog="""\b
Examples:
  reconciler render shop.yaml --overlay prod.yaml --topology
  reconciler render shop.yaml | haproxy -c -f /dev/stdin
""",
)
@click.argument("file", required=False)
@click.option(
    "--topology",
    "is_topology",
    is_flag=True,
    help="Print the topology file instead, with its overlays and what it includes merged in.",
)
@options.env_file
@options.layered
def command(
    file: str | None, is_topology: bool, env_files: tuple[str, ...], variant: Variant
) -> int:
    """Print the haproxy.cfg of a topology, as HAProxy would get it: with the values of variables.

    With --topology, values of variables are left as they are written. No engine is needed.
    """
    console = Console()
    inputs = load_or_report([file] if file else [], env_files, console, variant=variant)
    if inputs is None:
        return FAILED
    wishes = list(compile_inputs(inputs))
    if len(wishes) > 1:
        raise click.UsageError("render takes one file")
    if is_topology:
        write("".join(f"{line}\n" for line in render_topology(wishes[0].loaded.source)))
        return DONE
    config = wishes[0].desired.config()
    if config is None:
        show(f"{wishes[0].desired.topology}: no frontends and no stats: no HAProxy", err=True)
        return DONE
    write(config.text)
    return DONE
