"""HTTP/3 by a real client: beside TCP, through reloads, and where HAProxy is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.certificates import make_certificate
from tests.images import HAPROXY, OLDEST_HAPROXY
from tests.integration.support import http3, tls, web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, swept
from tests.integration.support.visitors import Visitors
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World
from tests.integration.test_handover import on_anchor, on_host

pytestmark = pytest.mark.skipif(
    HAPROXY == OLDEST_HAPROXY, reason="Debian's HAProxy speaks QUIC from 2.9 on"
)

CERT = "certs/shop.pem"


@dataclass
class Site:
    stack: Stack
    port: int
    """TLS over TCP, and QUIC."""


def with_http3(stack: Stack) -> Site:
    port = free_port()
    make_certificate("shop.example.com").write(stack.directory / CERT)
    www = stack.spec["frontends"]["www"]
    speaks = {"certificates": CERT, "http3": {"max_age": "1h"}}
    www["bind"] = [www["bind"], {"address": "127.0.0.1", "port": port, "tls": speaks}]
    www.update(redirect="https", forwarded_for=True)
    stack.spec["haproxy"]["hard_stop_after"] = "10s"
    return Site(stack, port)


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("http3"), HAPROXY)
    site = with_http3(stack)
    with swept(stack):
        stack.apply()
        yield site
        assert "up to date" in stack.plan("--detailed-exitcode").out


def test_it_is_spoken_and_told(site: Site) -> None:
    answer = http3.ask(site.port, "/a?b=c")
    assert answer.status == 200
    assert "X-Forwarded-Proto: https" in answer
    assert answer.headers["alt-svc"] == f'h3=":{site.port}"; ma=3600'
    with tls.connect(site.port, "shop.example.com") as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        told = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert f'alt-svc: h3=":{site.port}"; ma=3600' in told.lower()
    plain = web.ask(site.stack.port, "/")
    assert (plain.status, plain.headers.get("alt-svc")) == (308, None)


def test_a_reload_ends_no_request_and_refuses_none(site: Site) -> None:
    site.stack.spec["frontends"]["www"]["rules"] = [{"path": "/own", "respond": "own"}]
    assert site.stack.plan_document()["impact"] == "reload"
    with ThreadPoolExecutor(1) as pool, Visitors(lambda: http3.ask_again(site.port)) as visitors:
        slow = pool.submit(http3.ask, site.port, "/slow?seconds=4")
        visitors.go_on(4)
        site.stack.apply()
        visitors.go_on()
        assert slow.result().status == 200
    assert visitors.failures == []
    assert http3.ask(site.port, "/own").body == "own"


def test_a_renewed_certificate_is_shown_without_a_reload(site: Site) -> None:
    workers = site.stack.world.workers(site.stack.haproxy)
    renewed = make_certificate("shop.example.com")
    renewed.write(site.stack.directory / CERT)
    site.stack.apply()
    assert http3.serial(site.port) == renewed.serial
    assert site.stack.world.workers(site.stack.haproxy) == workers


@pytest.mark.parametrize("place", [on_host, on_anchor])
def test_another_haproxy_takes_over(stack: Stack, place: Callable[[Stack], Stack]) -> None:
    site = with_http3(place(stack))
    stack.apply()
    before = stack.haproxy
    with ThreadPoolExecutor(1) as pool, Visitors(lambda: http3.ask_again(site.port)) as visitors:
        stack.spec["haproxy"]["hard_stop_after"] = "11s"
        slow = pool.submit(http3.ask, site.port, "/slow?seconds=5")
        visitors.go_on(4)
        stack.apply()
        visitors.go_on()
        assert slow.result().status == 200
    assert visitors.failures == []
    assert stack.haproxy != before


def test_an_image_without_quic_is_refused_before_anything_is_touched(stack: Stack) -> None:
    with_http3(stack)
    stack.spec["haproxy"]["image"] = OLDEST_HAPROXY
    ended = stack.apply(expect=1)
    assert "error[config-rejected]" in ended.err
    assert "HTTP/3 needs QUIC, and this image's HAProxy is built without it" in ended.err
    await_true(lambda: not stack.world.leftovers(stack.name), "nothing is left")
