"""Failures for people: what went wrong, why, what is still true, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.view.paint import Paint

if TYPE_CHECKING:  # each command shows failures, and not each one loads all of `plan`
    from reconciler.events.events import Failure


def strike_secrets(text: str, secrets: Sequence[str]) -> str:
    """A text of unknown making, such as a container's log, without the values of variables."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return text


def render_failure(failure: Failure, secrets: Sequence[str], paint: Paint) -> list[str]:
    head = paint("error", f"error[{failure.code}]") + paint("bold", f": {failure.message}")
    lines = [strike_secrets(head, secrets)]
    lines += [f"    {strike_secrets(detail, secrets)}" for detail in failure.details]
    if failure.hint:
        lines.append(f"  {failure.hint}")
    return lines
