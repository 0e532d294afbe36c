"""Placeholders in the values of headers: what they stand for, and what braces are left alone."""

from __future__ import annotations

import pytest

from reconciler.haproxy.model.known import FETCHES, Known
from reconciler.haproxy.render.quoting import quote_parts
from reconciler.topology.model.placeholder import PLACEHOLDERS, Placeholder, parts_of
from tests.unit.topology.loading import read, told, topology_with


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{client_ip}", [Placeholder("client_ip")]),
        ("a {host}:{port}", ["a ", Placeholder("host"), ":", Placeholder("port")]),
        ("{{host}}", ["{host}"]),
        ("{{{host}}}", ["{", "{host}", "}"]),
        ('{"group":"nel","max_age":1}', ['{"group":"nel","max_age":1}']),
        ("{}", ["{}"]),
        ("{Host} {9}", ["{Host} {9}"]),
        ("{ host }", ["{ host }"]),
        ("plain", ["plain"]),
    ],
)
def test_parts(text: str, parts: list[str | Placeholder]) -> None:
    assert list(parts_of(text)) == parts


def test_each_stands_for_something() -> None:
    assert set(FETCHES) == set(PLACEHOLDERS)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ((Known("client_ip"),), "%[src]"),
        (("100% of ", Known("host"), " it's"), "'100%% of %[req.hdr(host)] it'\"'\"'s'"),
        (("%[src]",), "%%[src]"),
    ],
)
def test_only_what_is_known_is_replaced(parts: tuple[str | Known, ...], word: str) -> None:
    assert quote_parts(parts) == word


def problems(rule: str, more: str = "") -> list[str]:
    return told(read(topology_with(frontend=f"rules: [{{backend: web, {rule}}}]{more}")))


LIST = (
    "{client_ip}, {client_port}, {port}, {scheme}, {request_id}, {tls_version}, {tls_cipher}, {sni}, "
    "{client_cert_cn}, {client_cert_dn}, {client_cert_serial}, {client_cert_sha1}"
)
WRONG = {
    "set_headers: {X-A: 'a {clientip}'}": "unknown-value 10:47 `{clientip}` stands for nothing that "
    f"HAProxy knows; there are {LIST}, {{host}}, {{method}}, {{path}}, {{query}}, {{url}}, {{user}}; "
    "for the text itself, `{{clientip}}`",
    "add_response_headers: {X-A: ['{host}']}": "unknown-value 10:57 `{host}` is of the request, which "
    f"is gone when there is an answer; answers know {LIST}",
    "set_headers: {X-A: '{request_id}'}": "never-meant 10:47 `{request_id}` is empty here: nobody "
    "tells HAProxy; add `request_id: true` to the frontend",
    "set_headers: {X-A: '{user}'}": "never-meant 10:47 `{user}` is empty here: nobody tells HAProxy; "
    "add `auth` to the rule: of others nobody knows that they are who they say",
    "set_response_headers: {X-A: '{client_cert_cn}'}": "never-meant 10:56 `{client_cert_cn}` is empty "
    "here: nobody tells HAProxy; add `client_ca: ./ca.pem` to `tls`, which asks clients for "
    "certificates",
    "set_headers: {X-A: '{sni}'}": "never-meant 10:47 `{sni}` is empty here: nobody tells HAProxy; add "
    "`tls` to the frontend",
}


@pytest.mark.parametrize("rule", WRONG)
def test_what_is_told(rule: str) -> None:
    assert problems(rule) == [WRONG[rule]]


def test_what_is_right() -> None:
    headers = "X-Real-IP: '{client_ip}', X-A: '{request_id} {host} {{foo}}', X-B: '{user}'"
    assert problems(f"auth: {{a: b}}, set_headers: {{{headers}}}", "\nrequest_id: true") == []
