"""Topology files that commands write: changed as texts, and put in their places whole."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.cli.console import Console
from reconciler.cli.terminal import write
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.files.included import STDIN_NAME
from reconciler.files.inputs import read_documents
from reconciler.files.writing import replace_file
from reconciler.topology.reading.layers import Document
from reconciler.topology.reading.parse import compose_source
from reconciler.topology.reading.source import Source

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Edited:
    """A file, and the text that it gets."""

    document: Document
    before: str
    after: str

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def is_other(self) -> bool:
        return self.before != self.after

    @property
    def data(self) -> bytes:
        """What is to be written, behind the mark that some editors begin files with."""
        return (_BOM if self.document.data.startswith(_BOM) else b"") + self.after.encode()

    def difference(self) -> Iterator[str]:
        """A unified diff."""
        before, after = self.before.splitlines(), self.after.splitlines()
        return difflib.unified_diff(before, after, self.name, self.name, lineterm="")


Change = Callable[[Source], str]
"""The new text of a file; what is wrong is reported to the source."""


def edit_files(names: Sequence[str], change: Change, console: Console) -> list[Edited] | None:
    """What becomes of the files that are named; None, and told, when something is wrong with one
    of them: then nothing is written."""
    problems: list[Diagnostic] = []
    texts: dict[str, str] = {}
    found = []
    for document in read_documents(names, problems):
        source, root = compose_source(document.data, document.name)
        after = change(source) if root is not None and not source.diagnostics else source.text
        texts[document.name] = source.text
        problems += source.diagnostics
        found.append(Edited(document, source.text, after))
    if not problems:
        return found
    console.show_diagnostics(problems, texts)
    return None


def put_files(edited: Sequence[Edited], console: Console) -> bool:
    """Write what has changed. Whether all of it could be; what could not is told."""
    is_done = True
    for item in edited:
        if item.name == STDIN_NAME:
            write(item.after)
        elif item.is_other:
            try:
                replace_file(item.name, item.data)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                message = f"`{item.name}` cannot be written, and was left as it is: {reason}"
                console.show_failure(Diagnostic("not-written", message))
                is_done = False
    return is_done
