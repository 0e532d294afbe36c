"""`reconciler diff`."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import CHANGES, DONE, FAILED
from reconciler.desired.desired import Desired
from reconciler.files.inputs import OF_FILES, Inputs, load_inputs
from reconciler.files.revision import RevisionError, checked_out
from reconciler.files.variant import Variant
from reconciler.plan.observed import Observed
from reconciler.run.between import plan_between
from reconciler.run.compiled import compile_inputs
from reconciler.view.plan import render_plan

_RANGE = re.compile(r"(?P<before>[^.].*?)\.\.(?P<after>.*)")


@click.command(
    "diff",
    epilog="""\b
Examples:
  reconciler diff shop.yaml staging/shop.yaml
  reconciler diff main..HEAD shop.yaml
""",
)
@click.argument("before")
@click.argument("after")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 for no change, 1 for an error, 2 for changes.",
)
@options.env_file
@options.layered
@options.reported
def command(
    before: str,
    after: str,
    detailed_exitcode: bool,
    env_files: tuple[str, ...],
    output: str,
    variant: Variant,
) -> int:
    """Show what an apply of AFTER would do where all is as BEFORE says, without an engine.

    Both are files. Or BEFORE is two revisions of git, as `main..HEAD`, and AFTER a file; `main..`
    is against the file as it is now. Variables and env files are the same for both.
    """
    console = Console(output)
    with contextlib.ExitStack() as kept:
        try:
            sides = _sides(before, after, kept)
        except RevisionError as error:
            raise click.UsageError(f"{before}: {error}") from error
        wishes = [_load(side, env_files, console, variant) for side in sides]
    if None in wishes:
        return FAILED
    (old, _), (new, inputs) = (wish for wish in wishes if wish is not None)
    if old.topology != new.topology:
        raise click.UsageError(f"`{old.topology}` and `{new.topology}` are two topologies")
    plan = plan_between(old, new)
    if console.is_report:
        console.report(inputs.sources, (*inputs.diagnostics, *plan.problems), [plan])
    elif console.is_json:
        from reconciler.view.documents import plans_document  # noqa: PLC0415  # for JSON only

        console.document(plans_document([plan]))
    elif plan.is_empty:
        console.lines([f"{plan.topology}: no difference"])
    else:
        console.lines(render_plan(plan, Observed(), "none", console.paint))
    if plan.problems:
        return FAILED
    return CHANGES if detailed_exitcode and not plan.is_empty else DONE


class _Side(Struct, frozen=True):
    """A file to read. Of one at a revision, where that was laid out, and the directory in the
    working tree that its relative paths begin in."""

    file: str
    revision: str = ""
    laid_out: str = ""
    home: str = ""

    def renamed(self, file: str) -> str:
        """A file as people know it: `main:shop.yaml`."""
        if self.laid_out and file.startswith(self.laid_out):
            return f"{self.revision}:{os.path.relpath(file, self.laid_out)}"
        return file


def _sides(before: str, after: str, kept: contextlib.ExitStack) -> Sequence[_Side]:
    found = None if os.path.exists(before) else _RANGE.fullmatch(before)
    if found is None:
        return [_Side(before), _Side(after)]
    return [_at(found[side], after, kept) for side in ("before", "after")]


def _at(revision: str, file: str, kept: contextlib.ExitStack) -> _Side:
    if not revision:
        return _Side(file)
    place = os.path.realpath(file)
    home = os.path.dirname(place)
    laid_out, top = kept.enter_context(checked_out(revision, home))
    return _Side(os.path.join(laid_out, os.path.relpath(place, top)), revision, laid_out, home)


def _load(
    side: _Side, env_files: Sequence[str], console: Console, variant: Variant
) -> tuple[Desired, Inputs] | None:
    """What a file wants; None after telling what is wrong with it."""
    inputs = load_inputs([side.file], env_files, OF_FILES, variant)
    found = [
        replace(one, place=replace(one.place, file=side.renamed(one.place.file)))
        for one in inputs.diagnostics
    ]
    if inputs.has_errors:
        sources = {side.renamed(file): text for file, text in inputs.sources.items()}
        console.show_diagnostics(found, sources)
        return None
    if side.home:
        # Volumes with relative paths are the same ones, wherever a revision was laid out.
        moved = tuple(replace(referred, directory=side.home) for referred in inputs.references)
        inputs = replace(inputs, references=moved)
    (compiled,) = compile_inputs(inputs)
    return compiled.desired, inputs
