"""`reconciler apply`."""

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
    "apply",
    epilog="""\b
Examples:
  reconciler apply shop.yaml
  reconciler apply --yes --output json --timeout 2m topologies/
""",
)
@options.files
@options.yes
@options.timeout
@click.option("--no-wait", is_flag=True, help="Do not wait for servers to be up in HAProxy.")
@options.lock_timeout
@options.env_file
@options.output
def command(  # noqa: PLR0913  # one parameter an option
    files: tuple[str, ...],
    yes: bool,
    timeout_s: float,
    no_wait: bool,
    lock_timeout_s: float,
    env_files: tuple[str, ...],
    output: str,
) -> int:
    """Make containers and HAProxy what the file says.

    Shows the plan, asks on a terminal, and succeeds only when nothing is left to do and every
    server is up. Ctrl-C finishes the running steps; the next apply goes on from there.
    """
    console = Console(output)
    inputs = load_or_report(files, env_files, console)
    if inputs is None:
        return FAILED
    request = ChangeRequest(
        ApplyOptions(
            wait=not no_wait, lock_timeout_s=lock_timeout_s, holder=holder_name()
        ),
        timeout_s, yes, "apply", "converged",
    )  # fmt: skip
    return max(
        (change(wish, wish.desired, request, console) for wish in compile_inputs(inputs)),
        default=FAILED,
    )
