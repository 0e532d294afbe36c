"""What backends do with the traffic they get, tried by requests on one topology."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.images import HAPROXY
from tests.integration.support import web
from tests.integration.support.outside import Agent, agent, outside_server
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, swept
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

HOSTILE = 'say "it\'s" %[src] $HOME # \\n {x}'
KEPT = "http-response set-header Cache-Control max-age=60"
BACKENDS: dict[str, dict[str, Any]] = {
    "source": {"sticky": "source"},
    "header": {"sticky": {"by": "header", "name": "X-User"}},
    "hdr": {"balance": "hdr(X-User)"},
    "param": {"balance": {"algorithm": "url_param", "name": "u", "hash_type": "consistent"}},
    "hash": {"balance": "hash req.cook(user)"},
    "uri": {"balance": {"algorithm": "uri", "depth": 2}},
    "draw": {"balance": "random(2)"},
    "kept": {"cache": {"max_age": "10m"}, "raw": KEPT, "compression": True},
    "plain": {"compression": {"types": "text/css"}},
}
"""Each with the same two servers, for the paths below its name."""


class Site(Stack):
    agent: Agent
    """Of the only server of `told`."""

    def write(self) -> None:
        self.text = json.dumps(self.spec).replace("$", "$$")  # which starts a variable in a file
        super().write()


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Site(world, tmp_path_factory.mktemp("backends"), HAPROXY)
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
            "rules": [{"path_prefix": "/kept/fresh", "backend": "kept", "cache": False}]
            + [{"path_prefix": f"/{name}", "backend": name} for name in backends]
            + [{"path": "/forbidden", "deny": True}],
            "errors": {403: "down.html", 504: "large.txt"},
        }
        stack.spec["errors"] = {404: "none.html", 503: "down.html", 504: "down.html"}
        for name in ("none.html", "down.html", "closed.page", "large.txt"):
            page = PAGES[name.partition(".")[0]]
            (stack.directory / name).write_text(page, encoding="utf-8")
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
        "closed": {
            "servers": f"{host}{free_port()}",
            "retries": 0,
            "errors": {
                503: {
                    "file": "closed.page",
                    "content_type": "application/problem+json",
                    "headers": {"Retry-After": 120, "X-Hostile": HOSTILE},
                }
            },
        },
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


def test_answers_that_are_kept(site: Site) -> None:
    assert len(servers_of(site, "/kept/a")) == 1
    assert len(servers_of(site, "/plain")) == 2
    assert "age" in web.ask(site.port, "/kept/a").headers
    assert len(servers_of(site, "/kept/fresh")) == 2
    assert "age" not in web.ask(site.port, "/kept/fresh").headers


def test_answers_that_are_compressed(site: Site) -> None:
    def encoding(path: str, accepted: str) -> str | None:
        answer = web.ask(site.port, path, headers={"Accept-Encoding": accepted})
        return answer.headers.get("content-encoding")

    assert encoding("/kept/c", "gzip") == "gzip"
    assert encoding("/kept/c", "gzip") == "gzip"  # from the cache
    assert encoding("/kept/c", "br") is None
    assert encoding("/plain", "gzip") is None


PAGES = {
    "none": "<p>Nothing ü here",
    "down": "<p>Back soon",
    "closed": '{"soon": "%[src] # no"}',
    "large": "x" * 15_000,
}
ANSWERS: dict[str, tuple[int, str, dict[str, str]]] = {
    "/nowhere": (404, PAGES["none"], {"content-type": "text/html; charset=utf-8"}),
    "/silent": (504, PAGES["large"], {"content-type": "text/plain; charset=utf-8"}),
    "/forbidden": (403, PAGES["down"], {}),
    "/closed": (
        503,
        PAGES["closed"],
        {"content-type": "application/problem+json", "retry-after": "120", "x-hostile": HOSTILE},
    ),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_what_is_answered_to_what_goes_wrong(site: Site, path: str) -> None:
    status, body, headers = ANSWERS[path]
    answer = web.ask(site.port, path)
    assert (answer.status, answer.body) == (status, body)
    assert {name: answer.headers.get(name) for name in headers} == headers


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
    assert web.get(site.port, "/told").body == PAGES["down"]
    site.agent.says = "up"
    await_true(lambda: web.get(site.port, "/told").status == 200, "the agent says so")

    site.agent.says = "drain"
    await_true(lambda: row()["haproxy_state"] == "DRAIN", "the agent says so")
    assert row()["drift"] == ""
    assert "up to date" in site.plan("--detailed-exitcode").out
    site.agent.says = "ready"
    await_true(lambda: row()["haproxy_state"] == "UP", "the agent says so")

    site.agent.says = "up"
    site.tell_haproxy("set server told/first state drain")
    await_true(lambda: row()["drift"] == "drained by hand", "nobody else has drained it")
    site.apply()
    assert (row()["haproxy_state"], row()["drift"]) == ("UP", "")


def test_who_was_where_is_known_after_a_reload(site: Site) -> None:
    def homes() -> list[set[str]]:
        return [servers_of(site, "/header", **{"X-User": user}) for user in USERS]

    before = homes()
    site.spec["haproxy"]["timeouts"] = {"client": "11s"}
    assert "hitless reload" in site.apply().out
    assert homes() == before


def test_a_consistent_hash_takes_other_weights_without_a_reload(site: Site) -> None:
    """And what the agent did to a weight is no difference."""
    site.spec["backends"]["param"]["weight"] = 7
    assert "no reload" in site.apply().out
    assert "up to date" in site.plan("--detailed-exitcode").out
