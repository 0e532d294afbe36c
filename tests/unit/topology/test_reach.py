"""Rules that decide nothing, and values that never mean what was written, are told at their place."""

from __future__ import annotations

import pytest

from tests.unit.topology.loading import messages_of, read, topology_with

TAKEN = {
    "a host of a wildcard": ("host: '*.a.test'", "host: b.a.test"),
    "a wildcard of a wildcard": ("host: '*.a.test'", "host: '*.b.a.test'"),
    "a path below": ("path_prefix: /api", "path: /api/users"),
    "a prefix below": ("path_prefix: /api", "path_prefix: /api/"),
    "all paths": ("path_prefix: /", "host: a.test"),
    "the same pattern": ("path_regex: ^/a", "path_regex: ^/a, method: GET"),
    "a list": ("method: [GET, POST]", "method: POST, host: a.test"),
    "a network": ("source: 10.0.0.0/8", "source: [10.1.0.0/16, 10.2.3.4]"),
    "a header in another case": ("header: {Upgrade: websocket}", "header: {upgrade: WebSocket}"),
    "a header that is there": ("header: {X-Env: true}", "header: {X-Env: staging}"),
    "any case": ("path: /Shop, ignore_case: true", "path: /sHOP"),
    "any case below": ("path_prefix: /Shop, ignore_case: true", "path: /shop/A"),
    "any case of both": (
        "path_prefix: /Shop, ignore_case: true",
        "path: /SHOP/a, ignore_case: true",
    ),
    "a cookie": ("cookie: {beta: 'yes'}", "cookie: {beta: 'yes'}, path: /a"),
}
NOT_TAKEN = {
    "the wildcard's own host": ("host: '*.a.test'", "host: a.test"),
    "a word that goes on": ("path_prefix: /api", "path_prefix: /apis"),
    "without the slash": ("path_prefix: /api/", "path: /api"),
    "a larger list": ("method: [GET, POST]", "method: [GET, PUT]"),
    "a larger network": ("source: 10.0.0.0/8", "source: [10.1.0.0/16, 11.0.0.0/8]"),
    "a header that has a case": ("header: {X-Env: a}", "header: {X-Env: A}"),
    "a header that is not there": ("header: {X-Env: true}", "header: {X-Env: false}"),
    "cases that are left": ("path: /shop", "path: /shop, ignore_case: true"),
    "more keys": ("host: a.test, method: GET", "host: a.test"),
    "the scheme that is there": ("redirect: {scheme: https}, backend: null", "host: a.test"),
}


def told_of(*rules: str) -> list[str]:
    return messages_of(read(topology_with(frontend=f"rules: [{', '.join(rules)}]")))


@pytest.mark.parametrize("name", TAKEN)
def test_a_rule_that_an_earlier_one_takes(name: str) -> None:
    first, second = TAKEN[name]
    assert told_of(f"{{{first}, backend: web}}", f"{{{second}, deny: true}}") == [
        "unreachable-rule no request reaches this rule of frontend `www`: an earlier one takes "
        "all that it matches; put it before, or take it out"
    ]


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_a_rule_that_something_is_left_for(name: str) -> None:
    first, second = NOT_TAKEN[name]
    act = "" if "redirect" in first else ", backend: web"
    first = first.replace(", backend: null", "")
    assert [
        line
        for line in told_of(f"{{{first}{act}}}", f"{{{second}, deny: true}}")
        if "unreach" in line
    ] == []


def test_several_that_take_one_together() -> None:
    assert told_of(
        "{method: GET, backend: web}",
        "{method: PUT, deny: true}",
        "{method: [GET, PUT], deny: 404}",
    ) == [
        "unreachable-rule no request reaches this rule of frontend `www`: earlier ones "
        "take all that it matches; put it before, or take it out"
    ]
    assert told_of(
        "{header: {X: true}, backend: web}", "{header: {X: false}, deny: true}", "{deny: 404}"
    ) == [
        "unreachable-rule no request reaches this rule of frontend `www`: earlier ones "
        "take all that it matches; put it before, or take it out"
    ]


def test_a_path_that_is_not_below_its_prefix() -> None:
    (line,) = told_of("{path: /a, path_prefix: /b, deny: true}")
    assert line.startswith("unreachable-rule no request matches this rule")


NEVER_MEANT = {
    "path_prefix: /api/*, deny: true": "`/api/*` stands for itself here",
    "path: '/users/{id}', deny: true": "`/users/{id}` stands for itself here",
    "path: '/users/:id', deny: true": "`/users/:id` stands for itself here",
    "path: /a/../b, deny: true": "`/a/../b` is sent by no client",
    "path: /%c3%bc, deny: true": "`/%c3%bc` is compared character by character",
    "host_regex: ^Shop, deny: true": "`^Shop` has capitals",
    "host_regex: a/b, deny: true": "`a/b` has a slash",
    "path_regex: ^api, deny: true": "`^api` matches no path",
    "path_regex: '/a\\?b', deny: true": "`/a\\?b` looks for a `?`",
    "header: {X: ' a'}, deny: true": "` a` begins or ends with a space",
    "backend: web, set_headers: {X-Real-IP: '%[src]'}": "`%[src]` is sent as this text",
    "backend: web, add_headers: {X: [$$host]}": "`$host` is sent as this text",
    "redirect: 'https://%[hdr(host)]/'": "`https://%[hdr(host)]/` is sent as this text",
}


@pytest.mark.parametrize("rule", NEVER_MEANT)
def test_a_value_that_never_means_what_was_written(rule: str) -> None:
    (line,) = told_of(f"{{{rule}}}")
    assert line.startswith(f"never-meant {NEVER_MEANT[rule]}")


@pytest.mark.parametrize(
    "rule",
    [
        "path: /%C3%BC/a.b/..c, deny: true",
        "host_regex: '^[A-Z\\S]\\W(?i)', deny: true",
        "path_regex: '^/[^a-z]+\\^a', deny: true",
        "backend: web, set_headers: {X: '100%, $$5 [a]'}",
    ],
)
def test_a_value_that_means_what_was_written(rule: str) -> None:
    assert told_of(f"{{{rule}}}") == []


def test_a_variable_is_not_shown() -> None:
    text = topology_with(frontend="rules: [{path: '${P}', deny: true}]")
    (line,) = messages_of(read(text, P="/secret/*"))
    assert line.startswith("never-meant `${P}` stands for itself")
