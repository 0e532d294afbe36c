"""What backends do with the traffic they get, tried by requests on one topology."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import remove
from tests.integration.support import web
from tests.integration.support.outside import outside_server
from tests.integration.support.stack import Stack
from tests.integration.support.world import HAPROXY_30, World

BACKENDS: dict[str, dict[str, Any]] = {
    "source": {"sticky": "source"},
    "header": {"sticky": {"by": "header", "name": "X-User"}},
    "hdr": {"balance": "hdr(X-User)"},
    "param": {"balance": {"algorithm": "url_param", "name": "u", "hash_type": "consistent"}},
    "hash": {"balance": "hash req.cook(user)"},
    "uri": {"balance": {"algorithm": "uri", "depth": 2}},
    "draw": {"balance": "random(2)"},
}
"""Each with the same two servers, for the paths below its name."""


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(world, tmp_path_factory.mktemp("backends"), HAPROXY_30)
    with contextlib.ExitStack() as outside:
        there = [outside.enter_context(outside_server(world)) for _ in range(2)]
        servers = [f"{address}:{port}" for address, port in there]
        stack.spec["backends"] = {
            name: {"servers": servers, "check": False, **more} for name, more in BACKENDS.items()
        }
        stack.spec["frontends"]["www"] = {
            "bind": f"127.0.0.1:{stack.port}",
            "rules": [{"path_prefix": f"/{name}", "backend": name} for name in BACKENDS],
        }
        stack.text = json.dumps(stack.spec).replace("$", "$$")
        try:
            stack.apply()
            yield stack
        finally:
            try:
                remove(stack)
            finally:
                world.sweep(stack.name)


def servers_of(site: Stack, path: str, **headers: str) -> set[str]:
    """Which of the two answer a bounded number of requests."""
    answers = [web.get(site.port, path, headers) for _ in range(8)]
    assert {answer.status for answer in answers} == {200}
    return {answer.body for answer in answers}


def test_clients_are_known_by_their_address(site: Stack) -> None:
    assert len(servers_of(site, "/source")) == 1


def test_clients_are_known_by_a_header(site: Stack) -> None:
    seen = [servers_of(site, "/header", **{"X-User": user}) for user in "abcdef"]
    assert {len(servers) for servers in seen} == {1}
    assert len(set.union(*seen)) == 2
    assert len(servers_of(site, "/header")) == 2


USERS = "abcdefghijkl"


@pytest.mark.parametrize(
    "requests",
    [
        [("/hdr", {"X-User": user}) for user in USERS],
        [(f"/param?u={user}", {}) for user in USERS],
        [("/hash", {"Cookie": f"user={user}"}) for user in USERS],
        [(f"/uri/{user}/x", {}) for user in USERS],
    ],
    ids=["hdr", "param", "hash", "uri"],
)
def test_who_is_alike_has_one_server(site: Stack, requests: list[Any]) -> None:
    seen = [servers_of(site, path, **headers) for path, headers in requests]
    assert {len(servers) for servers in seen} == {1}
    assert len(set.union(*seen)) == 2


def test_what_balance_leaves_out_makes_no_difference(site: Stack) -> None:
    assert servers_of(site, "/uri/a/b?c") == servers_of(site, "/uri/a/d/e")
    assert len(servers_of(site, "/draw")) == 2
