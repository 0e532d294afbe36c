"""`reconciler destroy`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.change import ChangeRequest, change_files
from reconciler.desired.desired import Desired
from reconciler.files.inputs import OF_FILES
from reconciler.run.apply import ApplyOptions
from reconciler.run.lock_holder import holder_name


@click.command(
    "destroy",
    epilog="""\b
Examples:
  reconciler destroy shop.yaml
  reconciler destroy --yes --volumes shop.yaml
""",
)
@click.option("--volumes", is_flag=True, help="Remove its volumes too, with all that is in them.")
@options.changing
def command(shared: options.Changing, volumes: bool) -> int:
    """Remove what a topology has made: its containers and networks.

    HAProxy goes first and finishes its connections. Volumes stay unless --volumes is given.
    Nothing that another made is touched.
    """
    removal = ApplyOptions(
        remove_volumes=volumes, lock_timeout_s=shared.lock_timeout_s, holder=holder_name()
    )
    request = ChangeRequest("destroy", "removed", Desired.emptied, removal, OF_FILES)
    return change_files(shared, request)
