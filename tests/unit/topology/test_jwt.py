"""Tokens that requests must carry: what is read, and what is refused."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.haproxy.control.sections import diff_config
from reconciler.topology.references import references
from tests.unit.topology.loading import (
    good,
    messages_for_requests,
    messages_of,
    read,
    topology_with,
)

REFUSED = {
    "{}": (
        "missing-key `algorithm` is required: how tokens are signed; write what the issuer says, "
        "like `RS256`"
    ),
    "{algorithm: none}": "unknown-value `algorithm` cannot be `none`; write RS256, RS384, RS512, "
    "ES256, ES384, ES512, HS256, HS384 or HS512",
    "{algorithm: RS256}": (
        "missing-key `RS256` needs a `key`; add `key: ./issuer.pem`, a PEM file with the public key"
    ),
    "{algorithm: RS256, secret: a}": (
        "bad-value `RS256` has no `secret`; it is checked with a `key`"
    ),
    "{algorithm: HS256}": "missing-key `HS256` needs a `secret`; add `secret: ${JWT_SECRET}`",
    "{algorithm: HS256, secret: a, key: ./a.pem}": (
        "bad-value `HS256` has no `key`; it is checked with a `secret`"
    ),
    "{algorithm: HS256, secret: ''}": "missing-key `HS256` needs a `secret`; add `secret: ${JWT_SECRET}`",
    "{algorithm: HS256, secret: a, header: A, cookie: b}": (
        "bad-value a token is in a `header` or in a `cookie`; keep one of them"
    ),
    "{algorithm: HS256, secret: a, claims: {'a b': c}}": (
        "bad-name `a b` is not the name of a claim; write a name like `scope`, or where it is like "
        "`$.realm_access.roles`"
    ),
    "{algorithm: HS256, secret: a, claims: {'$.a[0]': c}}": (
        "bad-name `$.a[0]` is not the name of a claim; write a name like `scope`, or where it is "
        "like `$.realm_access.roles`"
    ),
    "{algorithm: HS256, secret: a, leeway: 1h}": (
        "out-of-range `leeway` is `1h`, and must be at most 10m"
    ),
}


@pytest.mark.parametrize("jwt", REFUSED)
def test_refused(jwt: str) -> None:
    of_frontend, of_rule = messages_for_requests("jwt", jwt)
    assert of_frontend == of_rule == [REFUSED[jwt]]


SHARED = "{algorithm: HS256, secret: hush}"


def test_not_where_nothing_is_a_request() -> None:
    assert messages_of(read(topology_with("mode: tcp", frontend=f"jwt: {SHARED}"))) == [
        "mode-mismatch frontend `www` speaks tcp, and `jwt` is for HTTP; leave it out, or use "
        "`mode: http`"
    ]


def test_one_header_is_not_for_two() -> None:
    rule = f"{{backend: web, auth: 'a:b', jwt: {SHARED}}}"
    assert messages_of(read(topology_with(frontend=f"rules: [{rule}]"))) == [
        "bad-value a request has one `Authorization`, not one for `auth` and one for `jwt`; keep "
        "one of them, or say which `header` or `cookie` the token is"
    ]
    frontend = f"jwt: {SHARED}\nrules: [{{backend: web, auth: 'a:b'}}]"
    assert messages_of(read(topology_with(frontend=frontend))) == [
        "bad-value a request has one `Authorization`, not one for `auth` and one for the `jwt` of "
        "frontend `www`; add `jwt: false` to the rule, or take its `auth` out"
    ]
    good(topology_with(frontend=frontend.replace("'a:b'}", "'a:b', jwt: false}")))
    good(topology_with(frontend=frontend.replace("hush}", "hush, cookie: c}")))


def test_secrets_are_not_shown() -> None:
    topology = good(topology_with(frontend=f"jwt: {SHARED}"))
    config = compile_topology(topology, "/").config()
    assert config is not None
    assert "hush" in config.text
    shown = "\n".join(diff_config("", config.text)) + repr(topology)
    assert "http-request set-var-fmt(txn.jwt_secret) …" in shown
    assert "hush" not in shown


def test_keys_are_files() -> None:
    topology = good(
        topology_with(
            frontend="""\
        jwt: {algorithm: RS256, key: [a.pem, b.pem]}
        rules:
        - {path: /a, backend: web, jwt: {algorithm: ES256, key: c.pem}}
        - {path: /b, backend: web, jwt: {enabled: false, algorithm: ES256, key: d.pem}}
        """
        )
    )
    assert [(r.source, r.kind, r.algorithm) for r in references(topology)] == [
        ("a.pem", "public-key", "RS256"),
        ("b.pem", "public-key", "RS256"),
        ("c.pem", "public-key", "ES256"),
    ]
