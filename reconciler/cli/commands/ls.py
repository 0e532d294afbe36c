"""`reconciler ls`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.cli.session import Reporting, docker_engine
from reconciler.desired.desired import Scope
from reconciler.view.listing import Listed, listing_document, render_listing


@click.command(
    "ls",
    epilog="""\b
Examples:
  reconciler ls
  reconciler ls --output json
""",
)
@options.output
def command(output: str) -> int:
    """Show every topology that the engine has anything of, without their files.

    One whose file is gone is removed with `reconciler destroy --name`.
    """
    console = Console(output)
    listed: list[Listed] = []
    with Reporting(console, "") as attempt, docker_engine("") as engine:
        listed += [Listed(name, engine.observe(Scope(name))) for name in engine.topologies()]
    if attempt.failed:
        return FAILED
    if console.is_json:
        console.document(listing_document(listed))
    else:
        console.lines(render_listing(listed, console.width))
    return DONE
