"""Whatever is wrong, as a value: from a mistake in a file to what an engine could not do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.place import NOWHERE, Path, Place


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Related(Struct, frozen=True):
    """Another place that has to do with it, and what is there: `first mounted here`."""

    message: str
    place: Place

    def __str__(self) -> str:
        return f"{self.message}: {self.place}"


class Diagnostic(Struct, frozen=True):
    """One thing that is wrong: what, what to do about it, and where."""

    code: str
    message: str
    hint: str = ""
    place: Place = NOWHERE
    severity: Severity = Severity.ERROR
    details: tuple[str, ...] = ()
    """Lines that help to find out why, such as the last ones of a container's log."""
    related: tuple[Related, ...] = ()
    quoted: tuple[tuple[str, Path], ...] = ()
    """Values that the texts quote, and where they stand: one that came from a variable is shown as
    it was written, once the place is found."""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {self.code!r}")

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        span = self.place.span
        line, column = (span.line, span.column) if span else (0, 0)
        return (self.place.file, line, column, self.code)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(d.severity is Severity.ERROR for d in diagnostics)
