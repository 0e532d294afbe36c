"""What a hint says to write is valid where it is said."""

from __future__ import annotations

import pytest

from tests.unit.topology.loading import messages_of, read, topology_with

APPLIED = {
    "env: [DEBUG]": ("write `DEBUG=` for empty", "env: ['DEBUG=']"),
    "env: [DEBUG, A=1]": ("or `DEBUG=${DEBUG}` to take it", "env: ['DEBUG=${DEBUG}', A=1]"),
    "env: {DEBUG: }": ('write `DEBUG: ""` for empty', 'env: {DEBUG: ""}'),
    "cpu_quota: 50000": ("write `resources: {cpus: 0.5}`", "resources: {cpus: 0.5}"),
    "cpu_period: 100000": ("write `resources: {cpus: 0.5}`", "resources: {cpus: 0.5}"),
    "pre_stop: [{command: ./bye}]": (
        "as `rollout: {drain_timeout: 30s}` says",
        "rollout: {drain_timeout: 30s}",
    ),
    "post_start: [{command: ./hi}]": (
        "what runs before containers start is `before`",
        "before: ./hi",
    ),
    "links: [db]": ("leave it out", ""),
    "extends: {service: base}": ("write `<<: *name`", "<<: *name"),
}


@pytest.mark.parametrize("written", APPLIED)
def test_what_a_hint_says_is_valid(written: str) -> None:
    hint, applied = APPLIED[written]
    (line,) = told(written)
    assert hint in line
    assert "did you mean" not in line
    assert told(applied) == []


def told(web: str) -> list[str]:
    anchor = "x-base: &name {init: true}\n"
    return messages_of(read(anchor + topology_with(web), DEBUG="1"))


RULES = {
    "path_prefix: /api/*, backend: web": "path_prefix: /api, backend: web",
    "path: /a|/b, backend: web": "path_regex: ^/(a|b)$$, backend: web",
    "path: /%c3%bc, backend: web": "path: /%C3%BC, backend: web",
    "path_regex: ^api, backend: web": "path_regex: ^/api, backend: web",
}


@pytest.mark.parametrize("written", RULES)
def test_what_a_warning_of_a_rule_says_is_valid(written: str) -> None:
    assert len(of_rule(written)) == 1
    assert of_rule(RULES[written]) == []


def test_what_is_said_of_a_header_that_holds_a_format() -> None:
    (line,) = of_rule("backend: web, set_headers: {X-Real-IP: '%[src]'}")
    instead = line.partition("braces: `")[2].partition("`")[0]
    assert of_rule(f"backend: web, set_headers: {{X-Real-IP: '{instead}'}}") == []


def test_what_is_said_of_a_text_that_holds_a_format() -> None:
    (line,) = of_rule("redirect: 'https://%[hdr(host)]/'")
    raw = line.partition("raw: ")[2].partition("`")[0]
    assert messages_of(read(topology_with(frontend=f"raw: {raw}"))) == []


def of_rule(rule: str) -> list[str]:
    return messages_of(read(topology_with(frontend=f"rules: [{{{rule}}}]")))
