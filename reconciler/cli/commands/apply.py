"""`reconciler apply`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.shortcut import Shortcut
from reconciler.cli.terminal import show
from reconciler.desired.impact import Impact
from reconciler.files.saved_plan import read_if_saved


@click.command(
    "apply",
    epilog="""\b
Examples:
  reconciler apply shop.yaml
  reconciler apply --yes --output json --max-impact replace topologies/
""",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for servers to be up in HAProxy.")
@click.option(
    "--max-impact",
    type=click.Choice([str(impact) for impact in Impact]),
    default="interrupt",
    metavar="IMPACT",
    help="Begin nothing that does more to traffic: none, runtime, reload, replace, interrupt.",
)
@options.changing
def command(shared: options.Changing, no_wait: bool, max_impact: str) -> int:
    """Make containers and HAProxy what the file says.

    Shows the plan, asks on a terminal, and succeeds only when all is done and every server is up.
    Ctrl-C finishes the running steps; the next apply goes on. What `plan --out` saved is done as it
    was reviewed, or not at all.
    """
    saved = read_if_saved(shared.files)
    shortcut = (
        Shortcut.of(shared.files, shared.env_files, shared.variant)
        if shared.output == "text" and shared.trace is None and saved is None
        else None
    )
    if shortcut is not None and (line := shortcut.up_to_date()):
        show(line)
        return 0
    from reconciler.cli import change  # noqa: PLC0415  # with all the rest of the tool
    from reconciler.run.apply import ApplyOptions  # noqa: PLC0415  # the same
    from reconciler.run.lock_holder import holder_name  # noqa: PLC0415  # the same

    settings = ApplyOptions(
        wait=not no_wait,
        lock_timeout_s=shared.lock_timeout_s,
        holder=holder_name(),
        max_impact=Impact[max_impact.upper()],
    )
    request = change.ChangeRequest("apply", "converged", lambda desired: desired, settings)
    if saved is not None:
        return change.change_as_saved(shared, request, saved)
    return change.change_files(shared, request, shortcut)
