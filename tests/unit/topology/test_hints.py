"""What a hint says to write is valid where it is said."""

from __future__ import annotations

import re

import pytest

from reconciler.topology.model import Backend
from reconciler.topology.model.anatomy import key
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


COMPOSE = """
annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count
cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy
develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging
mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable
oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy
pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period
stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir
""".split()  # noqa: SIM905  # a list of so many is read more easily so
"""What a service of Compose's specification may say."""
_OWN = {key(name, field) for name, field in Backend.model_fields.items()}


@pytest.mark.parametrize("name", [name for name in COMPOSE if name not in _OWN])
def test_a_key_of_compose_that_is_none_here_is_explained(name: str) -> None:
    (line,) = told(f"{name}: x")
    assert "keys here:" not in line
    assert "did you mean" not in line
    for written in re.findall("`([a-z_]+: [^`]+)`", line):
        assert told(written) == [], written


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


def test_a_word_of_a_key_stands_for_the_key() -> None:
    (line,) = messages_of(read(topology_with(frontend="backend: web")))
    assert "did you mean `default_backend`?" in line
