"""`reconciler scale`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.values import change_values


@click.command(
    "scale",
    epilog="""\b
Examples:
  reconciler scale web=5 shop.yaml
  reconciler scale web=5 worker=2 --diff
""",
)
@click.argument("words", nargs=-1, required=True, metavar="BACKEND=N... [FILE]")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@options.env_file
def command(words: tuple[str, ...], diff: bool, env_files: tuple[str, ...]) -> int:
    """Change how many containers backends have, in the topology file.

    The same as `reconciler set backends.BACKEND.replicas=N`. An apply then makes it so.
    """
    numbers = [word.partition("=")[::2] for word in words if "=" in word]
    values = [(f"backends.{backend}.replicas", number) for backend, number in numbers]
    return change_values(values, [word for word in words if "=" not in word], env_files, diff=diff)
