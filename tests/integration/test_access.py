"""Who may ask for what, tried by requests: pages of other sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend, swept
from tests.integration.support.versions import VERSIONS
from tests.integration.support.world import World

SHOP, PREVIEW, EVIL = "https://shop.example", "https://pr-7.shop.example", "https://evil.example"
CORS: dict[str, Any] = {
    "cors": {
        "origins": [SHOP, "https://*.shop.example"],
        "methods": ["GET", "PUT"],
        "headers": ["Content-Type", "Authorization"],
        "expose_headers": "X-Total",
        "credentials": True,
        "max_age": "10m",
    },
    "rules": [
        {"path": "/own", "respond": "ours alone", "cors": False},
        {"path": "/fonts", "backend": "web", "cors": "*"},
        {"path_prefix": "/private", "auth": "ops:secret", "backend": "web"},
        {"path": "/refused", "deny": True},
        {"path": "/put", "method": "PUT", "backend": "web",
         "cors": {"origins_regex": r"https://pr-[0-9]+\.shop\.example", "methods": "*"}},
        {"path": "/put", "respond": "not put"},
        {"path": "/mine", "method": "OPTIONS", "cors": False, "respond": "asked"},
        {"path": "/mine", "method": "GET", "cors": False, "backend": "web"},
    ],
    "default_backend": "web",
}  # fmt: skip


class Site:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.pages = free_port()


@pytest.fixture(scope="module", params=VERSIONS.values(), ids=list(VERSIONS))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("access"), request.param)
    site = Site(stack)
    of_server = "http-response set-header Access-Control-Allow-Origin https://anybody.example"
    stack.spec["backends"] = {"web": echo_backend(raw=of_server)}
    stack.spec["frontends"] = {"pages": CORS | {"bind": f"127.0.0.1:{site.pages}"}}
    with swept(stack):
        stack.apply()
        yield site


def asked_before(site: Site, path: str, origin: str, method: str = "PUT") -> web.Response:
    """What a browser asks before it sends a request from a page of `origin`."""
    return web.ask(
        site.pages, path, "OPTIONS",
        {"Origin": origin, "Access-Control-Request-Method": method},
    )  # fmt: skip


def granted(answer: web.Response) -> dict[str, str]:
    """What an answer says to browsers."""
    start = "access-control-"
    found = {k.removeprefix(start): v for k, v in answer.headers.items() if k.startswith(start)}
    return found | ({"vary": answer.headers["vary"]} if "vary" in answer.headers else {})


def test_what_a_browser_asks_before(site: Site) -> None:
    for origin in (SHOP, PREVIEW):
        for path in ("/", "/private", "/refused", "/nowhere"):
            answer = asked_before(site, path, origin)
            assert (answer.status, answer.body) == (204, "")
            assert granted(answer) == {
                "allow-origin": origin, "allow-methods": "GET, PUT", "max-age": "600",
                "allow-headers": "Content-Type, Authorization", "allow-credentials": "true",
                "expose-headers": "X-Total", "vary": "Origin",
            }  # fmt: skip
    answer = asked_before(site, "/private", EVIL)
    assert (answer.status, granted(answer)) == (204, {"vary": "Origin"})


def test_what_pages_may_read(site: Site) -> None:
    readable = {
        "allow-origin": SHOP, "allow-credentials": "true", "expose-headers": "X-Total",
        "vary": "Origin",
    }  # fmt: skip
    for path, status in {"/": 200, "/private": 401, "/refused": 403}.items():
        answer = web.ask(site.pages, path, headers={"Origin": SHOP})
        assert (answer.status, granted(answer)) == (status, readable)
    signed = web.ask(
        site.pages, "/private", headers={"Origin": SHOP, **web.basic_auth("ops", "secret")}
    )
    assert (signed.status, granted(signed)) == (200, readable)
    for headers in ({}, {"Origin": EVIL}, {"Origin": "null"}, {"Origin": f"{SHOP}.evil"}):
        answer = web.ask(site.pages, "/", headers=headers)
        assert (answer.status, granted(answer)) == (200, {"vary": "Origin"})


def test_a_rule_of_its_own(site: Site) -> None:
    assert granted(web.ask(site.pages, "/own", headers={"Origin": SHOP})) == {}
    assert granted(asked_before(site, "/own", SHOP)) == {}
    assert granted(web.ask(site.pages, "/fonts", headers={"Origin": EVIL})) == {"allow-origin": "*"}
    preview = asked_before(site, "/put", PREVIEW)
    assert granted(preview) == {
        "allow-origin": PREVIEW, "allow-methods": "*", "vary": "Origin",
    }  # fmt: skip
    assert granted(asked_before(site, "/put", SHOP)) == {"vary": "Origin"}
    assert granted(asked_before(site, "/put", SHOP, "GET"))["allow-methods"] == "GET, PUT"


def test_nothing_passes_for_another_method(site: Site) -> None:
    answer = asked_before(site, "/mine", SHOP, "GET")
    assert (answer.body, granted(answer)) == ("asked", {})


def test_options_that_no_browser_asks_reach_the_server(site: Site) -> None:
    answer = web.ask(site.pages, "/", "OPTIONS")
    assert "OPTIONS / HTTP/1.1" in answer
