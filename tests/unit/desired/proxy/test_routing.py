"""What a rule looks at, as HAProxy asks for it."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from tests.unit.topology.loading import good, topology_with

HEADERS = {
    "an item of a list": ("X-Env: staging", "req.hdr(X-Env) -m str -- staging"),
    "a list": ("X-Env: 'a, b'", "req.fhdr(X-Env) -m str -- 'a, b'"),
    "no case": ("Upgrade: websocket", "req.hdr(Upgrade) -m str -i -- websocket"),
    "parameters": (
        "Content-Type: application/json",
        "req.hdr(Content-Type),field(1,;) -m str -i -- application/json",
    ),
    "its parameters, too": (
        "Content-Type: text/html;level=1",
        "req.hdr(Content-Type) -m str -i -- 'text/html;level=1'",
    ),
    "nothing": ("X-Env: ''", "req.fhdr(X-Env) -m len -- 0"),
    "a pattern": ("X-Env: {regex: ^a}", "req.fhdr(X-Env) -m reg -- '^a'"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_compared_as_fields_of_http(name: str) -> None:
    header, words = HEADERS[name]
    assert f"acl rule-1.1 {words}\n" in config_with(f"{{header: {{{header}}}, deny: true}}")


@pytest.mark.parametrize(
    ("host", "sent"),
    {
        "bücher.example": "xn--bcher-kva.example",
        "*.BÜCHER.example": ".xn--bcher-kva.example",
        "straße.example": "xn--strae-oqa.example",
        "例え.テスト": "xn--r8jz45g.xn--zckzah",
        "xn--bcher-kva.example": "xn--bcher-kva.example",
    }.items(),
)
def test_a_host_is_what_clients_send(host: str, sent: str) -> None:
    assert f" -- {sent}\n" in config_with(f"{{host: '{host}', deny: true}}")


def config_with(rule: str) -> str:
    topology = good(topology_with(frontend=f"rules: [{rule}]"))
    config = compile_topology(topology, "/srv").config()
    assert config is not None
    return config.text
