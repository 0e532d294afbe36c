"""What a rule between fields finds."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.diagnostics.diagnostic import Path, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: like a diagnostic, but by path instead of place."""

    code: str
    message: str
    path: Path
    hint: str = ""
    on_key: bool = False
    severity: Severity = Severity.ERROR
    quoted: tuple[tuple[str, Path], ...] = ()
    """Values in message and hint, and where they stand: one from a variable is named, not shown."""
