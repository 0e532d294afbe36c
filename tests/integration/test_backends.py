"""What backends do with the traffic they get, tried by requests on one topology."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.support import web
from tests.integration.support.outside import Agent, agent, outside_server
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, swept
from tests.integration.support.waiting import await_true
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


class Site(Stack):
    agent: Agent
    """Of the only server of `told`."""


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Site(world, tmp_path_factory.mktemp("backends"), HAPROXY_30)
    with contextlib.ExitStack() as outside:
        there = [outside.enter_context(outside_server(world)) for _ in range(2)]
        silent = outside.enter_context(socket.create_server(("0.0.0.0", 0))).getsockname()[1]
        stack.agent = outside.enter_context(agent())
        stack.spec["backends"] = backends = {
            name: {"servers": [f"{address}:{port}" for address, port in there], **more}
            for name, more in BACKENDS.items()
        } | backends_in_trouble(f"{there[0][0]}:", there[0][1], silent, stack.agent.port)
        for backend in backends.values():
            backend.setdefault("check", False)
        stack.spec["frontends"]["www"] = {
            "bind": f"127.0.0.1:{stack.port}",
            "rules": [{"path_prefix": f"/{name}", "backend": name} for name in backends],
        }
        stack.text = json.dumps(stack.spec).replace("$", "$$")
        outside.enter_context(swept(stack))
        stack.apply()
        yield stack


def backends_in_trouble(host: str, good: int, silent: int, agent_port: int) -> dict[str, Any]:
    """With servers that do not answer, or that are said not to be well."""
    timeouts = {"server": "300ms"}
    first = {"name": "first", "address": host[:-1]}
    return {
        "silent": {"servers": f"{host}{silent}", "timeouts": timeouts},
        "again": {
            "servers": [{**first, "port": silent}, {**first, "port": good, "name": "spare"}],
            "balance": "first",
            "timeouts": timeouts,
            "retry_on": ["conn-failure", "response-timeout"],
        },
        "closed": {"servers": f"{host}{free_port()}", "retries": 0},
        "told": {
            "servers": {**first, "port": good, "weight": 100},
            "check": {"interval": "100ms", "agent": {"port": agent_port, "interval": "100ms"}},
        },
    }


def servers_of(site: Site, path: str, **headers: str) -> set[str]:
    """Which of the two answer a bounded number of requests."""
    answers = [web.get(site.port, path, headers) for _ in range(8)]
    assert {answer.status for answer in answers} == {200}
    return {answer.body for answer in answers}


def test_clients_are_known_by_their_address(site: Site) -> None:
    assert len(servers_of(site, "/source")) == 1


def test_clients_are_known_by_a_header(site: Site) -> None:
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
def test_who_is_alike_has_one_server(site: Site, requests: list[Any]) -> None:
    seen = [servers_of(site, path, **headers) for path, headers in requests]
    assert {len(servers) for servers in seen} == {1}
    assert len(set.union(*seen)) == 2


def test_what_balance_leaves_out_makes_no_difference(site: Site) -> None:
    assert servers_of(site, "/uri/a/b?c") == servers_of(site, "/uri/a/d/e")
    assert len(servers_of(site, "/draw")) == 2


TROUBLES = {"/silent": 504, "/again": 200, "/closed": 503, "/told": 200}


@pytest.mark.parametrize("path", TROUBLES)
def test_servers_that_do_not_answer(site: Site, path: str) -> None:
    assert web.get(site.port, path).status == TROUBLES[path]


def test_an_agent_tells_of_its_server(site: Site) -> None:
    def row() -> dict[str, Any]:
        rows = site.run("status", "--output", "json").document["topologies"][0]["rows"]
        return next(row for row in rows if row["backend"] == "told")

    site.agent.says = "30%"
    await_true(lambda: row()["weight"] == 30, "the weight is the agent's")
    assert row()["drift"] == ""
    site.agent.says = "down"
    await_true(lambda: web.get(site.port, "/told").status == 503, "the agent says so")
    site.agent.says = "up"
    await_true(lambda: web.get(site.port, "/told").status == 200, "the agent says so")


def test_a_consistent_hash_takes_other_weights_without_a_reload(site: Site) -> None:
    """And what the agent did to a weight is no difference."""
    site.spec["backends"]["param"]["weight"] = 7
    site.text = json.dumps(site.spec).replace("$", "$$")
    assert "no reload" in site.apply().out
    assert "up to date" in site.plan("--detailed-exitcode").out
