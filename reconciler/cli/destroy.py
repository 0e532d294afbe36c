"""`reconciler destroy`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.change import destroy_files


@click.command(
    "destroy",
    epilog="""\b
Examples:
  reconciler destroy shop.yaml
  reconciler destroy --yes --volumes shop.yaml
""",
)
@options.files
@click.option("--volumes", is_flag=True, help="Remove its volumes too, with all that is in them.")
@options.yes
@options.timeout
@options.lock_timeout
@options.env_file
@options.output
def command(  # one parameter an option
    files: tuple[str, ...],
    volumes: bool,
    yes: bool,
    timeout_s: float,
    lock_timeout_s: float,
    env_files: tuple[str, ...],
    output: str,
) -> int:
    """Remove what a topology has made: its containers and networks.

    HAProxy goes first and finishes its connections. Volumes stay unless --volumes is given.
    Nothing that another made is touched.
    """
    return destroy_files(
        files, env_files, output, volumes=volumes, yes=yes, timeout_s=timeout_s,
        lock_timeout_s=lock_timeout_s,
    )  # fmt: skip
