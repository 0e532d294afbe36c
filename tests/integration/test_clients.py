"""Who clients are, and what is believed of it, by requests to both versions of HAProxy."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.images import BOTH_HAPROXIES, version_of
from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, swept
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

HERE = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
"""The test itself, as HAProxy sees it, and what is behind it."""

FRONTENDS: dict[str, dict[str, Any]] = {
    "told": {"forwarded_for": True, "rules": [{"source": "203.0.113.9", "respond": "it is 9"}]},
    "known": {
        "forwarded_for": ["host", "port"],
        "request_id": True,
        "rules": [
            {
                "backend": "web",
                "set_headers": {
                    "X-Real-IP": "{client_ip}",
                    "X-From": "{scheme}://{host}{path}?{query} by {method} {{host}} 100%",
                    "X-Id": "{request_id}",
                },
                "set_response_headers": {"X-Seen": '{"id":"{request_id}"}'},
            }
        ],
    },
    "behind": {
        "forwarded_for": True,
        "trusted_proxies": HERE,
        "rate_limit": "4/1h",
        "rules": [{"path": "/who", "source": "203.0.113.9", "respond": "it is 9"}],
    },
    "written": {"log": "json", "request_id": True, "trusted_proxies": HERE},
    "sampled": {
        "log": {"format": "%HP %ci %ID", "sample": "50%", "target": "stderr"},
        "request_id": "X-Forwarded-Trace",
        "trusted_proxies": "192.0.2.0/24",
    },
    "quiet": {"log": False},
    "led": {
        "trusted_proxies": HERE,
        "redirect": {"scheme": "https", "port": 8443, "code": 301},
        "hsts": "1y",
    },
    "ruled": {
        "trusted_proxies": HERE,
        "forwarded_for": True,
        "rules": [
            {"path": "/back", "redirect": {"scheme": "http", "port": 80}},
            {"redirect": {"scheme": "https", "port": 443}},
        ],
    },
    "alone": {"trusted_proxies": "192.0.2.0/24", "redirect": "https"},
    "hasty": {"timeouts": {"http_request": "300ms", "http_keep_alive": "400ms"}},
    "listed": {
        "allow": ["192.0.2.7", "./office.txt"],
        "trusted_proxies": HERE,
        "deny": "198.51.100.66",
        "rules": [{"path": "/ops", "source": "./ops.txt", "respond": "it is ops"}],
    },
    "shut": {"mode": "tcp", "deny": ["./everybody.txt"], "default_backend": "streams"},
    "small": {"max_body": "2k"},
    "plain": {"max_headers": {"size": "2k", "count": 5}},
    "telling": {"max_headers": "14k", "errors": {431: "./large.html"}},
    "few": {"connection_limit": 2},
    "new": {"connection_limit": "3/1h"},
    "told-by": {"connection_limit": 1},
    "free": {"connection_limit": {"max": 1, "allow": HERE}},
    "staffed": {
        "trusted_proxies": "./trusted.txt",
        "rate_limit": {"requests": 1, "per": "1h", "allow": "./staff.txt"},
    },
    "guests": {"connection_limit": {"max": 1, "allow": "./guests.txt"}},
    "relayed": {"connection_limit": 1, "trusted_proxies": HERE},
    "streams": {"mode": "tcp", "connection_limit": 1, "default_backend": "streams"},
    "well": {"log": {"normal": False, "format": "clf"}},
}


class Site:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ports = {name: free_port() for name in FRONTENDS}

    def ask(
        self, frontend: str, path: str = "/", method: str = "GET", **headers: str
    ) -> web.Response:
        """`x_a="b"` is the header `X-A: b`."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return web.ask(self.ports[frontend], path, method, named)


def write_lists(stack: Stack, **lists: list[str]) -> None:
    """`office` is `office.txt`."""
    for name, addresses in lists.items():
        (stack.directory / f"{name}.txt").write_text("\n".join(addresses), encoding="utf-8")


@pytest.fixture(scope="module", params=list(BOTH_HAPROXIES.values()), ids=list(BOTH_HAPROXIES))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("clients"), request.param)
    site = Site(stack)
    stack.backend["replicas"] = 1
    stack.spec["frontends"] = {
        name: {"bind": f"127.0.0.1:{site.ports[name]}", "default_backend": "web"} | spec
        for name, spec in FRONTENDS.items()
    }
    write_lists(stack, office=["198.51.100.0/24 # it"], ops=[], everybody=HERE)
    write_lists(stack, trusted=HERE, staff=["198.51.100.0/24"], guests=[])
    (stack.directory / "large.html").write_text("it is too large", encoding="utf-8")
    stack.spec["backends"]["streams"] = {"containers_of": "web", "port": 8080, "mode": "tcp"}
    stack.spec["frontends"]["told-by"]["bind"] = {
        "address": "127.0.0.1",
        "port": site.ports["told-by"],
        "accept_proxy": True,
    }
    with swept(stack):
        stack.apply()
        yield site
        assert "up to date" in stack.plan("--detailed-exitcode").out


def test_what_servers_are_told(site: Site) -> None:
    seen = site.ask(
        "told",
        x_forwarded_for="203.0.113.9",
        x_forwarded_proto="https",
        x_forwarded_host="evil",
        forwarded="for=1.1.1.1",
        x_real_ip="203.0.113.9",
    )
    told = [line for line in seen.body.split("\n") if "orwarded" in line]
    assert len(told) == 2
    assert "X-Forwarded-Proto: http" in told
    assert "203.0.113.9" not in seen.body


def test_servers_are_told_what_haproxy_knows(site: Site) -> None:
    seen = site.ask("known", "/a?b=c", x_forwarded_host="evil", x_real_ip="203.0.113.9")
    at = f"127.0.0.1:{site.ports['known']}"
    told = dict(line.split(": ", 1) for line in seen.body.split("\n") if ": " in line)
    assert told["X-From"] == f"http://{at}/a?b=c by GET {{host}} 100%"
    assert told["X-Real-Ip"] == told["X-Forwarded-For"] != "203.0.113.9"
    assert (told["X-Forwarded-Host"], told["X-Forwarded-Port"]) == (at, str(site.ports["known"]))
    assert told["X-Id"] == told["X-Request-Id"]
    assert seen.headers["x-seen"] == f'{{"id":"{told["X-Id"]}"}}'


def test_a_client_behind_trusted_proxies(site: Site) -> None:
    chain = "203.0.113.1, 203.0.113.9, 10.1.1.1"
    assert site.ask("behind", "/who", x_forwarded_for=chain).body == "it is 9"
    assert site.ask("behind", "/who", x_forwarded_for="203.0.113.9, unknown").body != "it is 9"
    assert site.ask("behind", "/who", x_forwarded_for="203.0.113.9, 203.0.113.1").body != "it is 9"
    seen = site.ask("behind", x_forwarded_for=chain, x_forwarded_proto="https")
    assert f"X-Forwarded-For: {chain}" in seen
    assert "X-Forwarded-Proto: https" in seen


def test_a_limit_for_each_of_them(site: Site) -> None:
    asked = [site.ask("behind", x_forwarded_for="203.0.113.50").status for _ in range(5)]
    assert asked == [200] * 4 + [429]
    assert site.ask("behind", x_forwarded_for="203.0.113.51").status == 200


def test_who_comes_in(site: Site) -> None:
    def status(client: str, path: str = "/") -> int:
        return site.ask("listed", path, x_forwarded_for=client).status

    assert [status("192.0.2.7"), status("198.51.100.9")] == [200, 200]
    assert [status("192.0.2.8"), status("198.51.100.66")] == [403, 403]
    with held(site, "shut") as is_served:
        assert not is_served


def test_another_content_of_a_list_takes_no_reload(site: Site) -> None:
    office = [f"203.0.{n}.0/24" for n in range(1, 114)]
    write_lists(site.stack, office=office, ops=["203.0.113.5"])
    assert "Impact: runtime" in site.stack.apply().out
    asked = [("198.51.100.9", "/"), ("203.0.113.5", "/ops"), ("203.0.113.6", "/ops")]
    answers = [site.ask("listed", path, x_forwarded_for=client) for client, path in asked]
    assert [answer.status for answer in answers] == [403, 200, 200]
    assert [answer.body == "it is ops" for answer in answers] == [False, True, False]


def test_other_lists_in_files(site: Site) -> None:
    """A client has one request, but for the staff; a guest's address has one connection."""

    def answers(client: str) -> list[int]:
        return [site.ask("staffed", x_forwarded_for=client).status for _ in range(2)]

    def second_is_served() -> bool:
        with held(site, "guests") as first, held(site, "guests") as second:
            assert first
            return second

    assert [answers("198.51.100.9"), answers("203.0.113.1")] == [[200, 200], [200, 429]]
    assert not second_is_served()
    write_lists(site.stack, staff=["203.0.113.0/24"], guests=HERE)
    assert "Impact: runtime" in site.stack.apply().out
    assert [answers("198.51.100.9"), answers("203.0.113.1")] == [[200, 429], [200, 200]]
    assert second_is_served()
    write_lists(site.stack, trusted=[])
    assert "Impact: runtime" in site.stack.apply().out
    assert [answers("203.0.113.1"), answers("203.0.113.2")] == [[200, 429], [429, 429]]


@contextmanager
def held(site: Site, frontend: str, before: str = "") -> Iterator[bool]:
    """A connection that goes on, and whether it was served."""
    with socket.create_connection(("127.0.0.1", site.ports[frontend]), timeout=5) as client:
        try:
            client.sendall(f"{before}GET / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            answer = client.recv(12)
        except ConnectionError:
            answer = b""
        assert answer in {b"HTTP/1.1 200", b""}
        yield answer != b""


@pytest.mark.parametrize(("frontend", "most"), [("few", 2), ("streams", 1)])
def test_connections_at_a_time(site: Site, frontend: str, most: int) -> None:
    def served() -> bool:
        with held(site, frontend) as is_served:
            return is_served

    with ExitStack() as connections:
        assert all(connections.enter_context(held(site, frontend)) for _ in range(most))
        assert not served()
    await_true(served, "a place for one more")


@pytest.mark.parametrize("frontend", ["free", "relayed"])
def test_connections_that_are_not_counted(site: Site, frontend: str) -> None:
    with held(site, frontend) as one, held(site, frontend) as two:
        assert one
        assert two


@pytest.mark.parametrize(("size", "status"), [(0, 200), (2048, 200), (2049, 413), (2**40, 413)])
def test_bodies(site: Site, size: int, status: int) -> None:
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
    body = b"x" * min(size, 2049)
    answer = web.exchange(site.ports["small"], head.encode() + body)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("frontend", "size", "count", "status"),
    [
        ("plain", 2048, 5, 200),
        ("plain", 2049, 5, 431),
        ("plain", 100, 6, 431),
        ("telling", 14336, 2, 200),
        ("telling", 14336, 40, 200),
        ("telling", 14337, 2, 431),
    ],
)
def test_headers(site: Site, frontend: str, size: int, count: int, status: int) -> None:
    answer = send_headers(site, frontend, size, count)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.endswith(b"it is too large") == (status == 431 and frontend == "telling")


def test_more_headers_than_haproxy_has_room_for(site: Site) -> None:
    has_431 = version_of(site.stack.spec["haproxy"]["image"]) >= (3, 2)
    large, many = (send_headers(site, "telling", *asked) for asked in ((16384, 2), (2048, 150)))
    assert large.startswith(b"HTTP/1.1 431 " if has_431 else b"HTTP/1.1 400 ")
    assert many.startswith(b"HTTP/1.1 400 ")


def send_headers(site: Site, frontend: str, size: int, count: int) -> bytes:
    """The answer to so many headers, of so many bytes together."""
    names = ["Host", *(f"X-{n:02}" for n in range(count - 1))]
    head = "".join(f"{name}: a\r\n" for name in names)
    head = head[:-2] + "a" * (size - len(head) - 2) + "\r\n\r\n"
    assert len(head) == size
    return web.exchange(site.ports[frontend], f"GET / HTTP/1.1\r\n{head}".encode())


def test_new_connections(site: Site) -> None:
    for is_expected in (True, True, True, False):
        with held(site, "new") as is_served:
            assert is_served == is_expected


def test_connections_of_clients_that_are_told_by_a_proxy(site: Site) -> None:
    one, other = (f"PROXY TCP4 203.0.113.{n} 127.0.0.1 1 2\r\n" for n in (1, 2))
    with held(site, "told-by", one) as first, held(site, "told-by", other) as second:
        assert first
        assert second
        with held(site, "told-by", one) as third:
            assert not third


def test_who_is_slow(site: Site) -> None:
    """With what `defaults` have, all of it takes ten seconds."""
    with socket.create_connection(("127.0.0.1", site.ports["hasty"]), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 408 ")
    with socket.create_connection(("127.0.0.1", site.ports["hasty"]), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = client.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1 ") == 1


HSTS = "strict-transport-security"


@pytest.mark.parametrize("said", ["https", "HTTPS", "https, http", "wss"])
def test_who_came_to_a_proxy_by_tls_is_not_sent_there(site: Site, said: str) -> None:
    led = site.ask("led", x_forwarded_proto=said)
    assert (led.status, led.headers.get(HSTS)) == (200, "max-age=31536000")
    assert site.ask("ruled", x_forwarded_proto=said).status == 200
    assert (
        site.ask("ruled", "/back", host="a.b:1", x_forwarded_proto=said).headers["location"]
        == "http://a.b/back"
    )


@pytest.mark.parametrize("said", [{}, {"x_forwarded_proto": "http"}])
def test_who_came_to_a_proxy_without_tls_is(site: Site, said: dict[str, str]) -> None:
    led = site.ask("led", "/a?b=%20", host="shop.example.com:81", **said)
    assert (led.status, led.headers.get(HSTS)) == (301, None)
    assert led.headers["location"] == "https://shop.example.com:8443/a?b=%20"
    ruled = site.ask("ruled", "/a?b", host="shop.example.com:81", **said)
    assert (ruled.status, ruled.headers["location"]) == (302, "https://shop.example.com/a?b")
    assert site.ask("ruled", "/back", **said).status == 302


def test_strangers_are_not_believed_to_have_come_by_tls(site: Site) -> None:
    assert site.ask("alone", x_forwarded_proto="https").status == 308


def test_what_is_written(site: Site) -> None:
    assert "X-Request-Id: kept" in site.ask(
        "written", '/"a', x_forwarded_for="203.0.113.9", x_request_id="kept"
    )
    given = site.ask("written", "/b")
    for path in ("/s1", "/s2", "/s3", "/s4"):
        traced = site.ask("sampled", path, x_forwarded_trace="strange")
    site.ask("quiet", "/unseen")
    site.ask("well", "/unseen")
    lines = logs(site)
    told = [json.loads(line) for line in lines if line.startswith("{")]
    first, second = sorted(told, key=lambda line: line["path"])  # two threads write them
    assert first["client"] == "203.0.113.9"
    assert (first["path"], first["status"], first["request_id"]) == ('/"a', 200, "kept")
    assert f"X-Request-Id: {second['request_id']}" in given
    assert "strange" not in traced.body
    assert "X-Forwarded-Trace: " in traced.body
    sampled = [line.split(" ") for line in lines if line.startswith("/s")]
    assert sorted(line[0] for line in sampled) == ["/s1", "/s3"]
    assert all(len(line[2]) == 36 for line in sampled)
    assert not [line for line in lines if "/unseen" in line]


def logs(site: Site) -> list[str]:
    """What HAProxy wrote until now: an answer comes before its line, so one more is asked for."""
    site.ask("told", "/last")

    def written() -> list[str]:
        raw = site.stack.world.api.logs(site.stack.haproxy, stdout=True, stderr=True)
        lines: list[str] = raw.decode().splitlines()
        return lines if any("/last" in line for line in lines) else []

    return await_true(written, "a line of the log")
