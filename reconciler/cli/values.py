"""Values of a topology file, changed from the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import click

from reconciler.cli.console import Console
from reconciler.cli.editing import Edited, edit_files, put_files
from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.files.inputs import load_documents, read_variables
from reconciler.topology.reading.source import Source
from reconciler.topology.writing.edits import EditError, put_value


def change_values(
    values: Sequence[tuple[str, str]], files: Sequence[str], env_files: Sequence[str], *, diff: bool
) -> int:
    """Put values at paths of one file. `diff` shows it and writes nothing."""
    if not values or len(files) > 1:
        raise click.UsageError("name one file at most, and at least one value, `PATH=VALUE`")

    def change(source: Source) -> str:
        text = source.text
        for path, value in values:
            try:
                text = put_value(text, path, value)
            except EditError as error:
                source.report("not-set", f"`{path}` is not set: {error}", None, error.hint)
        return text

    console = Console()
    edited = edit_files(files, change, console)
    if edited is None or not _is_sound(edited, env_files, console):
        return FAILED
    if diff:
        console.lines(line for item in edited for line in item.difference())
        return DONE
    return DONE if put_files(edited, console) else FAILED


def _is_sound(edited: Sequence[Edited], env_files: Sequence[str], console: Console) -> bool:
    """Whether no error comes with the new values. Those that were there are another matter: where
    an image is bumped and committed, there is no environment."""
    problems: list[Diagnostic] = []
    variables = read_variables(env_files, problems)
    before = load_documents([item.document for item in edited], variables)
    after = load_documents([replace(i.document, data=i.data) for i in edited], variables)
    known = Counter(_as_told(found) for found in before.diagnostics)
    for found in after.diagnostics:
        if found.severity is Severity.ERROR and not known[_as_told(found)]:
            problems.append(found)
        known[_as_told(found)] -= 1
    if problems:
        console.show_diagnostics(problems, after.sources)
    return not problems


def _as_told(found: Diagnostic) -> tuple[object, ...]:
    return found.code, found.message, found.place.path
