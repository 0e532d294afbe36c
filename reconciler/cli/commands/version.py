"""`reconciler version`."""

from __future__ import annotations

import click

from reconciler import __version__


@click.command(
    "version",
    epilog="""\b
Examples:
  reconciler version
  python -m reconciler version
""",
)
def command() -> None:
    """Print the version."""
    click.echo(f"haproxy-reconciler {__version__}")
