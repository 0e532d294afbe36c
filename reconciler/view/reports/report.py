"""What a report is made from, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.plan.plan import Plan


class Report(Struct, frozen=True):
    """What was found in the files that a command was given, and what it would do, if it said."""

    sources: Mapping[str, str]
    """What may be shown of files, by their names from the directory that the command ran in."""
    diagnostics: tuple[Diagnostic, ...]
    plans: tuple[Plan, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.sources)

    def file_of(self, diagnostic: Diagnostic) -> str:
        """The file that it is about: what is in no file is about the first."""
        return diagnostic.place.file or (self.files[0] if self.files else "")


Render = Callable[[Report], str]


def line_of(diagnostic: Diagnostic) -> int:
    """Lines begin with 1, where what is said of the whole file stands, too."""
    return diagnostic.place.span.line if diagnostic.place.span else 1


def words(diagnostic: Diagnostic) -> str:
    """All that it says, in lines."""
    others = [str(other) for other in diagnostic.related]
    return "\n".join(
        filter(None, (diagnostic.message, diagnostic.hint, *diagnostic.details, *others))
    )


def is_error(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity is Severity.ERROR
