"""Rules of frontends, tried by requests: each with the answer that HAProxy must give."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.images import HAPROXY
from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend, swept
from tests.integration.support.tool import Ended
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

HOSTILE = 'say "it\'s" %[src] $HOME # \\n {x}'
IN_HEADERS = HOSTILE.replace("{x}", "{{x}}")  # where a brace begins something that HAProxy knows
HASH = "$5$abcdefgh$ZLdkj8mkc2XVSrPVjskDAgZPGjtj1VGVaa1aUkrMTU/"  # of `password`
EVERYBODY = ["0.0.0.0/0", "::/0"]

RULES: list[dict[str, Any]] = [
    {"host": ["www.example", "*.wild.example"], "path": "/who", "respond": "by host"},
    {"host_regex": r"^(de|fr)\.example$", "redirect": {"prefix": "https://example", "code": 308}},
    {"path": ["/old", "/older"], "redirect": "/new?share=100%25"},
    {"path": "/plain", "redirect": {"scheme": "https", "code": 301}},
    {"path_prefix": "/admin", "source": "192.0.2.0/24", "respond": "from nowhere"},
    {
        "path_prefix": "/admin",
        "source": EVERYBODY,
        "auth": {"ops": "pass word", "dev": HASH},
        "backend": "api",
        "strip_prefix": "/admin",
    },
    {"path_prefix": "/admin", "respond": "never reached"},
    {"path_prefix": "/closed/", "deny": True},
    {"path": "/Any", "ignore_case": True, "respond": "in any case"},
    {"path": "/silent", "silent_drop": True},
    {"method": ["TRACE", "PURGE"], "deny": 405},
    {
        "path_regex": r"\.(png|jpg)$",
        "backend": "web",
        "rewrite": {"regex": "^/img/(.*)", "to": r"/static/\1"},
        "set_response_headers": {"Cache-Control": "max-age=60", "X-Hostile": IN_HEADERS},
        "del_response_headers": "Content-Type",
    },
    {
        "header": {"X-Env": ["staging", "a, b"], "X-Skip": False},
        "backend": "api",
        "set_headers": {"Host": "api.internal", "X-Hostile": IN_HEADERS},
        "del_headers": "X-Env",
        "rewrite": "/v2%20",
    },
    {"header": {"User-Agent": {"regex": "^curl/"}, "X-There": True}, "respond": "curl"},
    {"query": {"v": "a b"}, "respond": "v is a b"},
    {"query": {"debug": True}, "respond": "debug"},
    {"header": {"X-Nothing": ""}, "respond": "an empty header"},
    {"query": {"nothing": ""}, "respond": "an empty parameter"},
    {"cookie": {"beta": ["1", "yes"]}, "respond": "beta"},
    {"path": "/robots.txt", "respond": f"User-agent: *\n\t{HOSTILE}\n\nÜ\n"},
    {"path": "/empty", "respond": 204},
    {
        "path": "/down",
        "respond": {"status": 503, "content_type": "text/html", "body": "<p>Soon"},
        "set_response_headers": {"Retry-After": "60"},
    },
    {"path": "/half", "split": {"web": 50, "api": 50}},
    {"path": "/whole", "split": {"web": 0, "api": 100}},
    {"path": "/}", "respond": "a brace"},
    {"path": "/-f", "respond": "no flag"},
    {
        "path_prefix": "/v1",
        "backend": "api",
        "strip_prefix": "/v1",
        "add_prefix": "/api/\\1",
        "set_query": "lang=en&share=100%25",
        "set_method": "PUT",
        "add_headers": {"X-Tag": ["b", IN_HEADERS]},
        "replace_headers": {"X-Note": {"regex": "^a(.*)c$", "to": r"\1 %[src] 100%"}},
        "add_response_headers": {"Vary": "X-Tag"},
        "replace_response_headers": {"Content-Type": {"regex": "^text/(.*)", "to": r"x/\1"}},
    },
    {"path": "/query", "backend": "web", "set_query": "", "add_prefix": "/p/"},
    {"path": "/", "backend": "web"},
]


class Site:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.tcp, self.limited, self.unlimited, self.many = (free_port() for _ in range(4))
        self.shared, self.keyed, self.guarded = (free_port() for _ in range(3))
        self.servers: dict[str, str] = {}
        """The host names of containers, by their backend."""

    def backend_of(self, answer: web.Response) -> str:
        """The one whose container has answered."""
        return self.servers[answer.body.split("\n")[0].removeprefix("Request served by ")]

    def apply(self) -> Ended:
        self.stack.text = json.dumps(self.stack.spec).replace("$", "$$")  # which starts a variable
        return self.stack.apply()


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("routing"), HAPROXY)
    site = Site(stack)
    stack.spec["backends"] = {
        "web": echo_backend(raw="http-request set-header X-Raw-Too back"),
        "api": echo_backend(),
        "tcp": echo_backend(mode="tcp"),
    }
    stack.spec["frontends"] = {
        "www": {"bind": f"127.0.0.1:{stack.port}", "rules": RULES},
        "limited": {
            "bind": f"127.0.0.1:{site.limited}",
            "rate_limit": "5/1h",
            "raw": ["http-request set-header X-Raw front"],
            "maxconn": 100,
            "default_backend": "web",
        },
        "unlimited": {
            "bind": f"127.0.0.1:{site.unlimited}",
            "default_backend": "web",
            "rate_limit": {"requests": 1, "per": "1h", "allow": EVERYBODY},
        },
        "many": {
            "bind": f"127.0.0.1:{site.many}",
            "rules": [
                {"host": f"h{number}.example", "backend": ("web", "api")[number % 2]}
                for number in range(500)
            ],
        },
        "database": {
            "bind": f"127.0.0.1:{site.tcp}",
            "rules": [
                {"sni": ["a.example", "*.wild.example"], "backend": "tcp"},
                {"sni": "a.example", "deny": True},
                {"sni": "b.example", "source": EVERYBODY, "deny": True},
                {"source": "192.0.2.0/24", "backend": "tcp"},
            ],
        },
        "keyed": {
            "bind": f"127.0.0.1:{site.keyed}",
            "rate_limit": {"requests": 2, "per": "1h", "by": "header", "name": "X-Key"},
            "default_backend": "web",
        },
        "guarded": {
            "bind": f"127.0.0.1:{site.guarded}",
            "rate_limit": {"errors": 3, "per": "1h"},
            "rules": [{"path": "/in", "auth": {"ops": "pass word"}, "respond": "in"}],
            "default_backend": "web",
        },
        "shared": {
            "bind": f"127.0.0.1:{site.shared}",
            "mode": "tcp",
            "rules": [{"tls": True, "deny": True}, {"tls": False, "backend": "tcp"}],
        },
    }
    with swept(stack):
        site.apply()
        site.servers = {i[:12]: slot.rpartition("-")[0] for slot, i in stack.ids().items()}
        yield site


Answer = tuple[int, str | None, list[str], dict[str, str]]
"""Status; the body, or the backend that answers; lines the server saw; headers of the answer."""


def own(body: str, status: int = 200, **headers: str) -> Answer:
    return status, body, [], {name.replace("_", "-"): value for name, value in headers.items()}


def served(backend: str, *lines: str, **headers: str) -> Answer:
    return 200, f"@{backend}", list(lines), {n.replace("_", "-"): v for n, v in headers.items()}


def refused(status: int, **headers: str) -> Answer:
    return status, None, [], headers


ANSWERS: dict[str, Answer] = {
    "GET /who Host=www.example": own("by host"),
    "GET /who Host=WWW.Example:8080": own("by host"),
    "GET /who Host=www.example.": own("by host"),
    "GET /who Host=a.b.wild.example": own("by host"),
    "GET /who Host=wild.example": refused(404),
    "GET /who Host=notwild.example": refused(404),
    "GET /a?b=c Host=de.example": refused(308, location="https://example/a?b=c"),
    "GET /old": refused(302, location="/new?share=100%25"),
    "GET /older?a=b": refused(302, location="/new?share=100%25"),
    "GET /plain?a=b Host=a.example": refused(301, location="https://a.example/plain?a=b"),
    "GET /admin": refused(401),
    "GET /admin/ Authorization=ops:wrong": refused(401),
    "GET /admin Authorization=ops:pass word": served("api", "GET / HTTP/1.1"),
    "GET /admin/a/b?c=d Authorization=dev:password": served("api", "GET /a/b?c=d HTTP/1.1"),
    "GET /administrator": refused(404),
    "GET /closed/a": refused(403),
    "GET /closed": refused(404),
    "PURGE /": refused(405),
    "GET /img/a%20b.png?w=1": served(
        "web", "GET /static/a%20b.png?w=1 HTTP/1.1", cache_control="max-age=60", x_hostile=HOSTILE
    ),
    "GET /a X-Env=staging": served(
        "api", "GET /v2%20 HTTP/1.1", "Host: api.internal", f"X-Hostile: {HOSTILE}"
    ),
    "GET /a X-Env=a, b": served("api"),
    "GET /a X-Env=a": refused(404),
    "GET /a X-Env=staging X-Skip=1": refused(404),
    "GET /a User-Agent=curl/8 X-There=": own("curl"),
    "GET /a User-Agent=curl/8": refused(404),
    "GET /a?v=a+b": own("v is a b"),
    "GET /a?v=a%20b": own("v is a b"),
    "GET /a?v=a": refused(404),
    "GET /a?x&debug": own("debug"),
    "GET /a?debugging=1": refused(404),
    "GET /a?x;debug": own("debug"),
    "GET /a X-Nothing=": own("an empty header"),
    "GET /a X-Nothing=1": refused(404),
    "GET /a?nothing=": own("an empty parameter"),
    "GET /a?nothing=1": refused(404),
    "GET /a Cookie=x=1; beta=yes": own("beta"),
    "GET /a Cookie=beta=no": refused(404),
    "GET /robots.txt": own(
        f"User-agent: *\n\t{HOSTILE}\n\nÜ\n", content_type="text/plain; charset=utf-8"
    ),
    "GET /empty": own("", 204),
    "GET /down": own("<p>Soon", 503, content_type="text/html", retry_after="60"),
    "GET /}": own("a brace"),
    "GET /-f": own("no flag"),
    "GET /v1/a%20b?c X-Tag=a X-Note=abc": served(
        "api",
        r"PUT /api/\1/a%20b?lang=en&share=100%25 HTTP/1.1",
        "X-Note: b %[src] 100%",
        "X-Tag: a",
        "X-Tag: b",
        f"X-Tag: {HOSTILE}",
        vary="X-Tag",
        content_type="x/plain",
    ),
    "GET /v1 X-Note=bc": served("api", r"PUT /api/\1/?lang=en&share=100%25 HTTP/1.1", "X-Note: bc"),
    "GET /query?a=b": served("web", "GET /p/query HTTP/1.1"),
    "GET /": served("web", "GET / HTTP/1.1"),
    "GET /else": refused(404),
    "GET /any": own("in any case"),
    "GET /ANY": own("in any case"),
}


@pytest.mark.parametrize("request_", ANSWERS)
def test_a_request(site: Site, request_: str) -> None:
    status, body, lines, headers = ANSWERS[request_]
    method, path, given = parsed(request_)
    answer = web.ask(site.stack.port, path, method, given)
    assert answer.status == status
    if body is not None and body.startswith("@"):
        assert site.backend_of(answer) == body[1:]
    elif body is not None:
        assert answer.body == body
    assert [line for line in lines if line not in answer] == []
    assert {name: answer.headers.get(name) for name in headers} == headers


def parsed(text: str) -> tuple[str, str, dict[str, str]]:
    """`GET /path Name=value Other=a value`; a word with no known name goes on the value before."""
    method, path, *words = text.split(" ")
    headers: dict[str, str] = {}
    names = ("Host=", "Authorization=", "User-Agent=", "Cookie=", "X-")
    last = ""
    for word in words:
        if word.startswith(names):
            last, _, value = word.partition("=")
            headers[last] = value
        else:
            headers[last] += f" {word}"
    if "Authorization" in headers:
        headers |= web.basic_auth(*headers["Authorization"].split(":"))
    return method, path, headers


def backends_that_answer(site: Site, path: str) -> set[str]:
    answers = [web.get(site.stack.port, path) for _ in range(40)]
    return {site.servers[answer.server] for answer in answers}


def test_parts_of_the_requests(site: Site) -> None:
    assert backends_that_answer(site, "/half") == {"web", "api"}
    assert backends_that_answer(site, "/whole") == {"api"}


def test_a_client_that_asks_too_often(site: Site) -> None:
    answers = [web.get(site.limited) for _ in range(7)]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    assert {"X-Raw: front", "X-Raw-Too: back"} <= set(answers[0].body.split("\n"))
    assert [web.get(site.unlimited).status for _ in range(3)] == [200] * 3

    stack = site.stack
    stack.spec["haproxy"]["timeouts"] = {"client": "51s"}
    assert "reload HAProxy" in site.apply().out
    proxy = stack.ids()["haproxy"]
    await_true(lambda: len(stack.world.workers(proxy)) == 1, "the old worker has ended")
    assert web.get(site.limited).status == 429, "the new one knows what was counted"


def test_many_hosts(site: Site) -> None:
    def backend_of(host: str) -> str | None:
        answer = web.ask(site.many, "/", headers={"Host": host})
        return site.backend_of(answer) if answer.status == 200 else None

    assert backend_of("h7.example") == "api"
    assert backend_of("H498.Example.:80") == "web"
    assert backend_of("h500.example") is None
    rules = site.stack.spec["frontends"]["many"]["rules"]
    rules[7]["backend"] = "web"
    rules.append({"host": "h500.example", "backend": "api"})
    out = site.apply().out
    assert "let HAProxy use 1 changed map" in out
    assert "reload HAProxy" not in out
    assert (backend_of("h7.example"), backend_of("h500.example")) == ("web", "api")
    site.stack.assert_converged()


def test_headers_that_are_taken_out(site: Site) -> None:
    assert "content-type" not in web.ask(site.stack.port, "/a.png").headers
    seen = web.ask(site.stack.port, "/a", headers={"X-Env": "staging"})
    assert not [line for line in seen.body.split("\n") if line.startswith("X-Env")]


def test_each_key_has_a_limit_of_its_own(site: Site) -> None:
    def ask(**headers: str) -> int:
        return web.ask(site.keyed, "/", headers=headers).status

    assert [ask(**{"X-Key": "a" * 90}) for _ in range(3)] == [200, 200, 429]
    assert [ask(**{"X-Key": "a" * 90 + "b"}) for _ in range(3)] == [200, 200, 429]
    assert [ask() for _ in range(4)] == [200] * 4


def test_who_guesses_passwords_is_turned_away(site: Site) -> None:
    def ask(password: str) -> int:
        return web.ask(site.guarded, "/in", headers=web.basic_auth("ops", password)).status

    assert ask("pass word") == 200
    assert [ask(guess) for guess in ("a", "b", "c")] == [401] * 3
    assert ask("pass word") == 200, "as often as that, one may be wrong"
    assert ask("d") == 401
    assert ask("pass word") == 429


def test_a_client_that_is_told_nothing(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.stack.port), timeout=5) as client:
        client.sendall(b"GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
        client.settimeout(0.5)
        try:  # who stands between client and HAProxy may tell of the end
            answer = client.recv(100)
        except (TimeoutError, ConnectionResetError):
            answer = b""
    assert answer == b""


def test_one_port_with_and_without_tls(site: Site) -> None:
    assert web.get(site.shared).status == 200
    with socket.create_connection(("127.0.0.1", site.shared), timeout=5) as client:
        client.sendall(hello("a.example"))
        assert client.recv(100) == b""


def hello(name: str) -> bytes:
    """What a client of TLS sends first."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


@pytest.mark.parametrize(
    ("name", "passes"),
    [("a.example", True), ("A.b.wild.example", True), ("b.example", False), ("c.example", False)],
)
def test_the_name_in_tls(site: Site, name: str, passes: bool) -> None:
    with socket.create_connection(("127.0.0.1", site.tcp), timeout=5) as client:
        client.sendall(hello(name) + b"\r\n\r\n")
        try:
            answer = client.recv(100)
        except ConnectionResetError:
            answer = b""
    assert answer.startswith(b"HTTP/1.1 400") == passes


def test_nothing_to_do_afterwards(site: Site) -> None:
    assert "up to date" in site.stack.plan("--detailed-exitcode").out
