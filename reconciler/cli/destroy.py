"""`reconciler destroy`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.change import ChangeRequest, change, holder_name
from reconciler.cli.console import Console
from reconciler.cli.exit import FAILED
from reconciler.cli.inputs import load_or_report
from reconciler.cli.session import compile_inputs
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
def command(  # noqa: PLR0913  # one parameter an option
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
    console = Console(output)
    inputs = load_or_report(files, env_files, console)
    if inputs is None:
        return FAILED
    request = ChangeRequest(
        ApplyOptions(
            remove_volumes=volumes, lock_timeout_s=lock_timeout_s, holder=holder_name()
        ),
        timeout_s, yes, "destroy", "removed",
    )  # fmt: skip
    return max(
        (change(wish, wish.desired.emptied(), request, console) for wish in compile_inputs(inputs)),
        default=FAILED,
    )
