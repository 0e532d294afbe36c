"""`reconciler destroy`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.change import ChangeRequest, change_files, change_named
from reconciler.desired.desired import Desired
from reconciler.files.inputs import OF_FILES
from reconciler.run.apply import ApplyOptions
from reconciler.run.lock_holder import holder_name


@click.command(
    "destroy",
    epilog="""\b
Examples:
  reconciler destroy --yes --volumes shop.yaml
  reconciler destroy --name shop
""",
)
@click.option("--volumes", is_flag=True, help="Remove its volumes too, with all that is in them.")
@click.option("--name", metavar="NAME", help="The topology's name, where its file is gone.")
@options.changing
def command(shared: options.Changing, volumes: bool, name: str | None) -> int:
    """Remove what a topology has made: its containers and networks.

    HAProxy goes first and finishes its connections. Volumes stay unless --volumes is given.
    Nothing that another made is touched.
    """
    if name is not None and shared.files:
        raise click.UsageError("--name is for a topology without a file, and a file is named")
    removal = ApplyOptions(
        remove_volumes=volumes, lock_timeout_s=shared.lock_timeout_s, holder=holder_name()
    )
    request = ChangeRequest("destroy", "removed", Desired.emptied, removal, OF_FILES)
    return change_files(shared, request) if name is None else change_named(shared, request, name)
