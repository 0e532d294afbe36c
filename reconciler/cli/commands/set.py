"""`reconciler set`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.values import change_values


@click.command(
    "set",
    epilog="""\b
Examples:
  reconciler set backends.web.image=shop/web:1.5 shop.yaml
  reconciler set backends.web.rollout.max_surge=2 frontends.www.maxconn=500
""",
)
@click.argument("words", nargs=-1, required=True, metavar="PATH=VALUE... [FILE]")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@options.env_file
def command(words: tuple[str, ...], diff: bool, env_files: tuple[str, ...]) -> int:
    """Change values of a topology file, and keep all else byte for byte.

    PATH is keys with dots between them, and numbers from 0 for the items of lists. A key that is
    not there yet is added. Nothing is written when the file would have an error that it has not
    now. FILE is topology.yaml when none is named.
    """
    values = [word.partition("=")[::2] for word in words if "=" in word]
    return change_values(values, [word for word in words if "=" not in word], env_files, diff=diff)
