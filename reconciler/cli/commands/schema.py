"""`reconciler schema`."""

from __future__ import annotations

import click

from reconciler.cli.terminal import write
from reconciler.view.printable import json_text
from reconciler.view.schemas import NAMES, build_schema


@click.command(
    "schema",
    epilog="""\b
Examples:
  reconciler schema > topology.v1.json
  reconciler schema plan
""",
)
@click.argument("name", type=click.Choice(NAMES), default="topology")
def command(name: str) -> None:
    """Print the JSON Schema of topology files, or of machine output.

    Editors with the YAML language server use it through the first line of a file:
    # yaml-language-server: $schema=topology.v1.json
    """
    write(json_text(build_schema(name), indent=2) + "\n")
