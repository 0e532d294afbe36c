"""Differences of configurations, in words, and without secrets."""

from __future__ import annotations

import pytest

from reconciler.haproxy.config import SENSITIVE_MARK
from reconciler.haproxy.control.sections import (
    diff_config,
    explain_difference,
    hide_secrets,
    split_sections,
)

BEFORE = """\
# Written by us
global
    description topology=shop config=0123456789abcdef text=fedcba9876543210
    maxconn 10

frontend www
    bind :80
    default_backend web

backend web
    balance roundrobin
    server web-1 a:80
    server web-2 b:80
"""

CHANGES = {
    "nothing": (BEFORE, "comments change", []),
    "only the digests": (
        BEFORE.replace("89abcdef", "00000000").replace("76543210", "00000000"),
        "comments change",
        [],
    ),
    "other spare servers": (
        BEFORE + "    server-template web- 3-6 haproxy:80 disabled\n",
        "comments change",
        [],
    ),
    "another weight": (
        BEFORE + "    default-server weight 5\n",
        "servers of `web` change",
        ["@@ backend web", "+    default-server weight 5"],
    ),
    "a server more": (
        BEFORE + "    server web-3 c:80\n",
        "servers of `web` change",
        ["@@ backend web", "+    server web-3 c:80"],
    ),
    "another address": (
        BEFORE.replace("web-1 a:80", "web-1 z:80"),
        "servers of `web` change",
        ["@@ backend web", "-    server web-1 a:80", "+    server web-1 z:80"],
    ),
    "another algorithm": (
        BEFORE.replace("roundrobin", "leastconn"),
        "backend `web` changes",
        ["@@ backend web", "-    balance roundrobin", "+    balance leastconn"],
    ),
    "a backend more": (
        BEFORE + "\nbackend api\n    server api-1 d:80\n",
        "backend `api` is new",
        ["@@ backend api", "+backend api", "+    server api-1 d:80"],
    ),
    "a frontend less": (
        BEFORE.replace("frontend www\n    bind :80\n    default_backend web\n", ""),
        "frontend `www` goes",
        ["@@ frontend www", "-frontend www", "-    bind :80", "-    default_backend web"],
    ),
    "several": (
        BEFORE.replace("maxconn 10", "maxconn 20").replace("bind :80", "bind :81"),
        "`global` changes, frontend `www` changes",
        [
            "@@ global",
            "-    maxconn 10",
            "+    maxconn 20",
            "@@ frontend www",
            "-    bind :80",
            "+    bind :81",
        ],
    ),
}


@pytest.mark.parametrize(("after", "why", "diff"), CHANGES.values(), ids=CHANGES.keys())
def test_differences(after: str, why: str, diff: list[str]) -> None:
    assert explain_difference(BEFORE, after) == why
    assert diff_config(BEFORE, after) == diff


def test_from_nothing() -> None:
    assert explain_difference("", BEFORE) == (
        "`global` is new, frontend `www` is new, backend `web` is new"
    )
    assert diff_config("", BEFORE)[:3] == ["@@ global", "+global", "+    maxconn 10"]


def test_sections() -> None:
    assert split_sections(BEFORE) == {
        "global": ["maxconn 10"],
        "frontend www": ["bind :80", "default_backend web"],
        "backend web": ["balance roundrobin", "server web-1 a:80", "server web-2 b:80"],
    }


HIDDEN = {
    "server web-1 a:80": "server web-1 a:80",
    "user admin insecure-password hunter2": "user admin insecure-password …",
    "user admin password '$5$x$y z'": "user admin password …",
    "stats auth admin:hunter2": "stats auth …",
    f"timeout client 17s{SENSITIVE_MARK}": "timeout client … # holds a value from outside the "
    "topology file",
    f"setenv TOKEN hunter2{SENSITIVE_MARK}": "setenv … # holds a value from outside the topology "
    "file",
    f"server web-1 a:8123{SENSITIVE_MARK}": "server … # holds a value from outside the "
    "topology file",
    f"http-check send meth GET uri /hunter2{SENSITIVE_MARK}": "http-check send … # holds a value "
    "from outside the topology file",
}


@pytest.mark.parametrize(("line", "shown"), HIDDEN.items())
def test_secrets_are_hidden(line: str, shown: str) -> None:
    assert hide_secrets(line) == shown


@pytest.mark.parametrize("line", list(HIDDEN)[1:])
def test_a_diff_shows_no_secret(line: str) -> None:
    shown = "\n".join(diff_config("", f"global\n    {line}\n"))
    for secret in ("hunter2", "$5$x", "17s", "8123"):
        assert secret not in shown
