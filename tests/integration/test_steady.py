"""A look at one moment is no state: what crashes soon after each start is never ready."""

from __future__ import annotations

import pytest

from tests.images import ECHO
from tests.integration.support.stack import Stack


def _crashing(**more: object) -> dict[str, object]:
    """It runs for a moment, ends, and Docker starts it again."""
    script = "echo no DATABASE_URL; sleep 0.3; exit 3"
    return {"image": ECHO, "entrypoint": ["sh", "-c"], "command": [script], **more}


@pytest.mark.parametrize("more", [{}, {"port": 8080, "check": False}])
def test_a_first_apply_of_what_crashes_is_not_converged(
    stack: Stack, more: dict[str, object]
) -> None:
    stack.spec["backends"]["worker"] = _crashing(**more)
    failed = stack.apply(expect=1)
    said = failed.out + failed.err
    assert "ended and was restarted by Docker" in said
    assert "no DATABASE_URL" in said
