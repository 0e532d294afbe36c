"""Checks in words."""

from __future__ import annotations

import pytest

from reconciler.haproxy.control.checks import explain_check

SAID = {
    "L7STS/503 in 2 ms": "answered 503 (L7STS/503 in 2 ms)",
    "L7STS/404 in 0 ms (HTTP status check returned code <404>)": "answered 404 (L7STS/404 in 0 ms "
    "(HTTP status check returned code <404>))",
    "L4CON in 0 ms (Connection refused)": "nothing listens there, or on 127.0.0.1 of the container "
    "alone (L4CON in 0 ms (Connection refused))",
    "* L4TOUT in 2001 ms": "no connection in time (* L4TOUT in 2001 ms)",
    "SOCKERR in 1 ms": "the connection broke, as where TLS or `proto: h2` is not spoken "
    "(SOCKERR in 1 ms)",
    "L7OK/200 in 1 ms": "L7OK/200 in 1 ms",
    "UNK": "UNK",
    "": "",
}


@pytest.mark.parametrize("check", SAID)
def test_checks_in_words(check: str) -> None:
    assert explain_check(check) == SAID[check]
