"""Who may ask for what, tried by requests: pages of other sites, and who has a token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.images import BOTH_HAPROXIES
from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend, swept
from tests.integration.support.world import World
from tests.tokens import UNSIGNED, Signer, es256, hs256, rs256

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
        {"path": "/varies", "backend": "web", "set_response_headers": {"Vary": "X-A"}},
        {"path_prefix": "/private", "auth": "ops:secret", "backend": "web"},
        {"path": "/refused", "deny": True},
        {"path": "/pit", "tarpit": 429},
        {
            "path": "/put",
            "method": "PUT",
            "backend": "web",
            "cors": {"origins_regex": r"https://pr-[0-9]+\.shop\.example", "methods": "*"},
        },
        {"path": "/put", "respond": "not put"},
        {"path": "/mine", "method": "OPTIONS", "cors": False, "respond": "asked"},
        {"path": "/mine", "method": "GET", "cors": False, "backend": "web"},
    ],
    "default_backend": "web",
}

HOSTILE = 'it\'s a "secret" of %[src] $HOME \\n # {x} that nobody guesses'
ISSUER, NEXT, MINE, STRANGER = rs256(), rs256(), es256(), rs256()
SHARED = hs256(HOSTILE.encode())
TOKENS: dict[str, Any] = {
    "jwt": {
        "algorithm": "RS256",
        "key": ["./issuer.pem", "./next.pem"],
        "issuer": "https://issuer.example/",
        "audience": ["api", "other"],
    },
    "cors": SHOP,
    "errors": {"401": "./no-token.html"},
    "rules": [
        {"path": "/open", "respond": "open", "jwt": False},
        {"path": "/closed", "deny": 410},
        {"path": "/signed", "auth": "ops:secret", "backend": "web", "jwt": False},
        {
            "path": "/shared",
            "backend": "web",
            "jwt": {
                "algorithm": "HS256",
                "secret": "${SECRET}",
                "header": "X-Token",
                "exp": "optional",
                "leeway": "1m",
            },
        },
        {
            "path": "/mine",
            "backend": "web",
            "jwt": {"algorithm": "ES256", "key": "./mine.pem", "cookie": "session"},
        },
        {
            "path": "/claims",
            "backend": "web",
            "jwt": {
                "algorithm": "RS256",
                "key": "./issuer.pem",
                "claims": {
                    "scope": ["orders:read", "orders"],
                    "verified": True,
                    "level": [3, 4],
                    "https://shop.example/role": "it's me",
                    "$.realm_access.roles": ["ops", "dev"],
                },
            },
        },
    ],
    "default_backend": "web",
}


class Site:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.pages, self.tokens = free_port(), free_port()


@pytest.fixture(scope="module", params=BOTH_HAPROXIES.values(), ids=list(BOTH_HAPROXIES))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("access"), request.param)
    site = Site(stack)
    of_server = "http-response set-header Access-Control-Allow-Origin https://anybody.example"
    stack.spec["backends"] = {"web": echo_backend(raw=of_server)}
    stack.spec["frontends"] = {
        "pages": CORS | {"bind": f"127.0.0.1:{site.pages}"},
        "tokens": TOKENS | {"bind": f"127.0.0.1:{site.tokens}"},
    }
    for name, signer in {"issuer": ISSUER, "next": NEXT, "mine": MINE}.items():
        (stack.directory / f"{name}.pem").write_bytes(signer.public)
    (stack.directory / "no-token.html").write_text("no token", encoding="utf-8")
    stack.env = {"SECRET": HOSTILE}
    stack.spec["haproxy"]["timeouts"] = {"tarpit": "1s"}
    with swept(stack):
        stack.apply()
        yield site


def asked_before(site: Site, path: str, origin: str, method: str = "PUT") -> web.Response:
    """What a browser asks before it sends a request from a page of `origin`."""
    return web.ask(
        site.pages, path, "OPTIONS", {"Origin": origin, "Access-Control-Request-Method": method}
    )


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
                "allow-origin": origin,
                "allow-methods": "GET, PUT",
                "max-age": "600",
                "allow-headers": "Content-Type, Authorization",
                "allow-credentials": "true",
                "expose-headers": "X-Total",
                "vary": "Origin",
            }
    answer = asked_before(site, "/private", EVIL)
    assert (answer.status, granted(answer)) == (204, {"vary": "Origin"})


def test_what_pages_may_read(site: Site) -> None:
    readable = {
        "allow-origin": SHOP,
        "allow-credentials": "true",
        "expose-headers": "X-Total",
        "vary": "Origin",
    }
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
    assert granted(preview) == {"allow-origin": PREVIEW, "allow-methods": "*", "vary": "Origin"}
    assert granted(asked_before(site, "/put", SHOP)) == {"vary": "Origin"}
    assert granted(asked_before(site, "/put", SHOP, "GET"))["allow-methods"] == "GET, PUT"


def test_what_a_rule_says_of_caches_is_not_all(site: Site) -> None:
    request = f"GET /varies HTTP/1.1\r\nHost: a\r\nOrigin: {EVIL}\r\n\r\n"
    lines = web.exchange(site.pages, request.encode()).decode().lower().split("\r\n")
    assert [line for line in lines if line.startswith("vary")] == ["vary: x-a", "vary: origin"]


def test_nothing_passes_for_another_method(site: Site) -> None:
    answer = asked_before(site, "/mine", SHOP, "GET")
    assert (answer.body, granted(answer)) == ("asked", {})


def test_who_has_to_wait(site: Site) -> None:
    begun = time.monotonic()
    answer = web.ask(site.pages, "/pit", headers={"Origin": SHOP})
    assert (answer.status, granted(answer)["allow-origin"]) == (429, SHOP)
    assert 1 <= time.monotonic() - begun < 5


def test_options_that_no_browser_asks_reach_the_server(site: Site) -> None:
    answer = web.ask(site.pages, "/", "OPTIONS")
    assert "OPTIONS / HTTP/1.1" in answer


def claims(**more: Any) -> dict[str, Any]:
    """Those of a good token; one that is None is left out."""
    usual = {"iss": "https://issuer.example/", "aud": "api", "sub": "me", "exp": _now() + 60}
    return {name: value for name, value in (usual | more).items() if value is not None}


def _now() -> int:
    return int(time.time())


def status(site: Site, path: str = "/", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.ask(site.tokens, path, headers=named).status


def bearer(signer: Signer, **more: Any) -> str:
    return f"Bearer {signer.token(claims(**more))}"


def test_a_good_token(site: Site) -> None:
    for signer in (ISSUER, NEXT):
        assert status(site, Authorization=bearer(signer)) == 200
    assert status(site, Authorization=bearer(ISSUER, aud=["x", "y", "other"])) == 200
    assert status(site, Authorization=bearer(ISSUER, nbf=_now() - 5)) == 200
    assert status(site, "/closed", Authorization=bearer(ISSUER)) == 410


BAD: dict[str, dict[str, Any]] = {
    "expired": {"exp": _now() - 5},
    "endless": {"exp": None},
    "an end that is no time": {"exp": "never"},
    "an end that is true": {"exp": True},
    "not yet": {"nbf": _now() + 86_400},
    "another issuer": {"iss": "https://issuer.example"},
    "no issuer": {"iss": None},
    "a list of issuers": {"iss": ["https://issuer.example/"]},
    "an issuer elsewhere": {"iss": None, "act": {"iss": "https://issuer.example/"}},
    "another audience": {"aud": "apis"},
    "other audiences": {"aud": ["apis", "ap", "api other"]},
    "no audience": {"aud": None},
}


@pytest.mark.parametrize("why", BAD)
def test_a_bad_token(site: Site, why: str) -> None:
    answer = web.ask(site.tokens, "/", headers={"Authorization": bearer(ISSUER, **BAD[why])})
    assert (answer.status, answer.body) == (401, "no token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="tokens", error="invalid_token"'


def test_a_token_that_nobody_signed(site: Site) -> None:
    good = ISSUER.token(claims())
    head, body, signature = good.split(".")
    forged = {
        "by a stranger": STRANGER.token(claims()),
        "by nobody": UNSIGNED.token(claims()),
        "with the public key as a secret": hs256(ISSUER.public).token(claims()),
        "by another algorithm of its own word": MINE.token(claims(), alg="RS256"),
        "for something else": f"{head}.{NEXT.token(claims(sub='you')).split('.')[1]}.{signature}",
        "in part": f"{head}.{body}",
        "without a signature": f"{head}.{body}.",
        "and nothing": "",
        "nonsense": "a.b.c",
    }
    for how, token in forged.items():
        assert status(site, Authorization=f"Bearer {token}") == 401, how
    assert status(site, Authorization=f"Basic {good}") == 401
    assert status(site, Authorization=good) == 401


def test_no_token(site: Site) -> None:
    for path in ("/", "/closed", "/nowhere"):
        answer = web.ask(site.tokens, path, headers={"Origin": SHOP})
        assert (answer.status, answer.body) == (401, "no token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="tokens"'
        assert granted(answer) == {"allow-origin": SHOP, "vary": "Origin"}
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
    assert web.ask(site.tokens, "/", "OPTIONS", asked).status == 204
    assert web.ask(site.tokens, "/open").body == "open"
    assert status(site, "/signed") == 401
    assert status(site, "/signed", **web.basic_auth("ops", "secret")) == 200


def test_two_tokens_are_none(site: Site) -> None:
    lines = f"Authorization: {bearer(ISSUER)}\r\nAuthorization: {bearer(STRANGER)}\r\n"
    request = f"GET / HTTP/1.1\r\nHost: a\r\n{lines}Connection: close\r\n\r\n"
    assert web.exchange(site.tokens, request.encode()).startswith(b"HTTP/1.1 401")
    two = f"session={MINE.token(claims())}; session={STRANGER.token(claims())}"
    assert status(site, "/mine", Cookie=two) == 401


def test_a_token_elsewhere(site: Site) -> None:
    assert status(site, "/mine", Cookie=f"a=b; session={MINE.token(claims())}") == 200
    assert status(site, "/mine", Cookie=f"session={ISSUER.token(claims())}") == 401
    assert status(site, "/mine", Authorization=bearer(ISSUER)) == 401
    for claim, expected in {_now() + 5: 200, _now() - 5: 200, _now() - 90: 401, None: 200}.items():
        assert status(site, "/shared", X_Token=SHARED.token(claims(exp=claim))) == expected
    assert status(site, "/shared", X_Token=hs256(b"guessed").token(claims())) == 401


def test_what_a_token_must_say(site: Site) -> None:
    good = {
        "scope": "a orders:read b",
        "verified": True,
        "level": 3,
        "https://shop.example/role": "it's me",
        "realm_access": {"roles": ["x", "dev"]},
    }
    assert status(site, "/claims", Authorization=bearer(ISSUER, **good)) == 200
    listed = good | {"scope": ["x", "orders"], "level": 4}
    assert status(site, "/claims", Authorization=bearer(ISSUER, **listed)) == 200
    for wrong in (
        {"scope": "orders:readall"},
        {"scope": None},
        {"verified": False},
        {"level": 5},
        {"https://shop.example/role": "it"},
        {"realm_access": {"roles": ["develop"]}},
        {"realm_access": {}, "realm_access.roles": "ops"},
    ):
        answer = web.ask(
            site.tokens, "/claims", headers={"Authorization": bearer(ISSUER, **good | wrong)}
        )
        assert answer.status == 403, wrong
        assert "www-authenticate" not in answer.headers
    assert status(site, "/claims", Authorization=bearer(STRANGER, **good)) == 401


def test_neither_keys_nor_secrets_are_shown(site: Site) -> None:
    stack = site.stack
    tokens = stack.spec["frontends"]["tokens"]
    here = {"algorithm": "HS256", "secret": "written-here"}
    tokens["rules"] = [*TOKENS["rules"], {"path": "/new", "backend": "web", "jwt": here}]
    stack.env = {"SECRET": "nobody sees it either"}
    shown = stack.plan().out + stack.plan("--output", "json").out
    stack.env, tokens["rules"] = {"SECRET": HOSTILE}, TOKENS["rules"]
    assert "http-request set-var-fmt(txn.jwt_secret) …" in shown
    labels = str([c["Config"]["Labels"] for c in stack.containers()])
    for secret in ("nobody sees", "nobody guesses", "written-here", "BEGIN PUBLIC"):
        assert secret not in shown + labels
    assert "up to date" in stack.plan("--detailed-exitcode").out


def test_another_key_is_a_reload(site: Site) -> None:
    (site.stack.directory / "next.pem").write_bytes(STRANGER.public)
    assert "reload HAProxy" in site.stack.apply().out
    assert status(site, Authorization=bearer(STRANGER)) == 200
    (site.stack.directory / "next.pem").write_bytes(b"nonsense")
    assert "bad-key" in site.stack.run("validate", expect=1).err
    (site.stack.directory / "next.pem").write_bytes(NEXT.public)
    site.stack.apply()
