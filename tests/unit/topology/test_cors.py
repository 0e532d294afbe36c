"""Which pages of other sites may read answers: what is read, and what is refused."""

from __future__ import annotations

import re

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.haproxy.model.cors import Cors
from tests.unit.topology.loading import (
    good,
    messages_for_requests,
    messages_of,
    read,
    topology_with,
)

NO_ORIGIN = (
    "is not an origin; write scheme, host and port, with nothing after them: "
    "`https://app.example.com` or `http://localhost:3000`"
)
REFUSED = {
    "app.example.com": f"bad-value `app.example.com` {NO_ORIGIN}",
    "https://app.example.com/": f"bad-value `https://app.example.com/` {NO_ORIGIN}",
    "https://*": f"bad-value `https://*` {NO_ORIGIN}",
    "https://a*.example.com": f"bad-value `https://a*.example.com` {NO_ORIGIN}",
    "'https://a.example:1 if'": f"bad-value `https://a.example:1 if` {NO_ORIGIN}",
    "https://a.example:443": (
        "bad-value browsers leave the usual port out of `https://a.example:443`; "
        "leave it out here, too"
    ),
    "[]": "bad-value `origins` needs at least one item",
    "{methods: GET}": "missing-key nothing says which pages may read answers; add `origins`, like "
    "`https://app.example.com`",
    "{origins: https://a.example, methods: get}": (
        "bad-value `get` is not a method; write it in capitals, `GET`, or `*` for all"
    ),
    "{origins: https://a.example, headers: 'a,b'}": (
        "bad-name `a,b` is not the name of a header; use letters, digits, `-` and `_`, or write "
        "`*` for all"
    ),
    "{origins: '*', credentials: true}": (
        "bad-value browsers take no `*` in `origins` together with `credentials`; name them, or "
        "leave `credentials` out"
    ),
    "{origins: https://a.example, headers: '*', credentials: true}": (
        "bad-value browsers take no `*` in `headers` together with `credentials`; name them, or "
        "leave `credentials` out"
    ),
    "{origins: https://a.example, max_age: 2d}": (
        "out-of-range `max_age` is `2d`, and must be at most 1d"
    ),
}


@pytest.mark.parametrize("cors", REFUSED)
def test_refused(cors: str) -> None:
    of_frontend, of_rule = messages_for_requests("cors", cors)
    assert of_frontend == of_rule == [REFUSED[cors]]


def test_not_where_nothing_is_a_request() -> None:
    assert messages_of(read(topology_with("mode: tcp", frontend="cors: '*'"))) == [
        "mode-mismatch frontend `www` speaks tcp, and `cors` is for HTTP; leave it out, or use "
        "`mode: http`"
    ]


def compiled(frontend: str) -> Cors:
    desired = compile_topology(good(topology_with(frontend=frontend)), "/")
    assert desired.proxy is not None
    cors = desired.proxy.frontends[0].cors
    assert cors is not None
    return cors


ORIGINS = {
    "https://A.example": ({"https://a.example"}, {"https://a.example:8443", "http://a.example"}),
    "https://*.a.example": (
        {"https://b.a.example", "https://c.b.a.example"},
        {
            "https://a.example",
            "https://ba.example",
            "https://b.a.example.evil",
            "https://b.axexample",
        },
    ),
    "http://localhost:*": (
        {"http://localhost", "http://localhost:3000"},
        {"http://localhost.evil", "http://localhost:3000.evil", "https://localhost"},
    ),
    "https://[2001:db8::1]:*": ({"https://[2001:db8::1]:8443"}, {"https://2:8443"}),
    "capacitor+x://*.a:*": ({"capacitor+x://b.a:1"}, {"capacitorr://b.a"}),
}


def allows(cors: Cors, origin: str) -> bool:
    return origin in cors.origins or any(re.search(p, origin) for p in cors.patterns)


@pytest.mark.parametrize("origin", ORIGINS)
def test_origins(origin: str) -> None:
    cors = compiled(f"cors: '{origin}'")
    good_ones, bad_ones = ORIGINS[origin]
    assert {o for o in good_ones | bad_ones if allows(cors, o)} == good_ones


def test_a_pattern_is_for_the_whole_origin() -> None:
    cors = compiled("cors: {origins_regex: 'https://a[.]example|null'}")
    assert allows(cors, "null")
    assert not allows(cors, "https://a.example.evil")
    assert not allows(cors, "nullx")


def test_a_rule_says_it_in_place_of_its_frontend() -> None:
    text = topology_with(
        frontend="""\
        cors: https://a.example
        rules:
        - {path: /a, method: PUT, backend: web, cors: false}
        - {path: /b, backend: web, cors: "*"}
        - {path: /c, method: PUT, backend: web}
        """
    )
    desired = compile_topology(good(text), "/")
    config = desired.config()
    assert config is not None
    lines = [line.text for line in config.lines]
    [told] = [line for line in lines if "set-var(txn.origin)" in line]
    assert told.endswith(" if cors-0 !{ var(txn.rule) -m int 1 2 }")
    asked = [line for line in lines if "acl rule-" in line and "txn.asked_method" in line]
    assert [line.split()[1] for line in asked] == ["rule-3.2"]


def test_many_plain_hosts_are_still_a_map() -> None:
    hosts = "\n".join(f"- {{host: h{number}.example, backend: web}}" for number in range(20))
    text = topology_with(frontend=f"cors: https://a.example\nrules:\n{hosts}")
    desired = compile_topology(good(text), "/")
    assert desired.proxy is not None
    assert len(desired.proxy.frontends[0].rules) == 1


def test_what_came_from_outside_is_not_shown() -> None:
    loaded = read(topology_with(frontend="cors: '${SITE}'"), SITE="https://hush.example")
    assert loaded.topology is not None
    config = compile_topology(loaded.topology, "/", loaded.sensitive).config()
    assert config is not None
    marked = [line.text for line in config.lines if "hush" in line.text]
    assert marked
    assert all(text.endswith("# holds a value from outside the topology file") for text in marked)
