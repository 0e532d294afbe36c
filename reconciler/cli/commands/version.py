"""`reconciler version`."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.cli.terminal import show


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
    show(f"haproxy-reconciler {__version__}")
