"""`reconciler destroy`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.change import ChangeRequest, change_files, holder_name
from reconciler.plan.desired import Desired
from reconciler.run.apply import ApplyOptions


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
    removal = ApplyOptions(
        remove_volumes=volumes, lock_timeout_s=lock_timeout_s, holder=holder_name()
    )
    request = ChangeRequest("destroy", "removed", Desired.emptied, removal, timeout_s, yes)
    return change_files(files, env_files, output, request)
