"""What is struck from texts of unknown making, such as a container's log."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from reconciler.diagnostics.diagnostic import Diagnostic, Related


def strike_secrets(text: str, secrets: Sequence[str]) -> str:
    """The text without the values of variables."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return text


def without_secrets(diagnostic: Diagnostic, secrets: Sequence[str]) -> Diagnostic:
    """The same with its texts struck. Its hint is of our own making."""
    return replace(
        diagnostic,
        message=strike_secrets(diagnostic.message, secrets),
        details=tuple(strike_secrets(line, secrets) for line in diagnostic.details),
        related=tuple(
            Related(strike_secrets(other.message, secrets), other.place)
            for other in diagnostic.related
        ),
    )
