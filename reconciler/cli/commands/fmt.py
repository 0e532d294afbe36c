"""`reconciler fmt`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.editing import edit_files, put_files
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.cli.terminal import show
from reconciler.topology.reading.source import Source
from reconciler.topology.writing.layout import LayoutError, lay_out


@click.command(
    "fmt",
    epilog="""\b
Examples:
  reconciler fmt shop.yaml
  reconciler fmt --check --diff topologies/
""",
)
@options.files
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Bring topology files into one order and one layout.

    Comments, anchors and quotes stay, and so does what the files say. FILE is a topology file, an
    overlay, a directory of them, or - for standard input, which goes to standard output.
    """
    console = Console()
    edited = edit_files(files, _laid_out, console)
    if edited is None:
        return FAILED
    if not (check or diff):
        return DONE if put_files(edited, console) else FAILED
    changed = [item for item in edited if item.is_other]
    for item in changed:
        if diff:
            console.lines(item.difference())
        if check:
            show(f"{item.name}: not laid out; `reconciler fmt` does it", err=True)
    return FAILED if check and changed else DONE


def _laid_out(source: Source) -> str:
    try:
        return lay_out(source)
    except LayoutError as error:
        source.report("not-laid-out", f"left as it is: {error}", None)
        return source.text
