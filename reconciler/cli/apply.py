"""`reconciler apply`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.shortcut import Shortcut


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
def command(  # one parameter an option
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
    shortcut = Shortcut.of(files, env_files) if output == "text" else None
    if shortcut is not None and (line := shortcut.up_to_date()):
        click.echo(line)
        return 0
    from reconciler.cli import change  # noqa: PLC0415  # with all the rest of the tool
    from reconciler.run.apply import ApplyOptions  # noqa: PLC0415  # the same

    settings = ApplyOptions(
        wait=not no_wait, lock_timeout_s=lock_timeout_s, holder=change.holder_name()
    )
    request = change.ChangeRequest(
        "apply", "converged", lambda desired: desired, settings, timeout_s, yes
    )
    return change.change_files(files, env_files, output, request, shortcut)
