"""How traffic is shared by the servers of a backend: what is read, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from tests.unit.topology.loading import good, messages_of, read, topology_with, web_of

GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "sticky: cookie": ("sticky", {"by": "cookie", "name": None, "lasts_s": None}),
    "sticky: source": ("sticky", {"by": "source", "lasts_s": 1800.0}),
    "sticky: {by: cookie, maxidle: 5m}": ("sticky", {"lasts_s": 300.0}),
    "sticky: {by: header, name: X-User, expire: 1h}": ("sticky", {"lasts_s": 3600.0}),
    "sticky: {by: cookie, domain: a.example}": ("sticky", {"domain": ("a.example",)}),
    "compression: gzip": ("compression", {"algo": ("gzip",), "offload": False}),
    "cache: true": ("cache", {"size": 16 * 1024**2, "max_age": 60.0}),
    "balance: hdr(X-User)": ("balance", {"algorithm": "hdr", "name": "X-User"}),
    "balance: url_param user": ("balance", {"algorithm": "url_param", "name": "user"}),
    "balance: random(3)": ("balance", {"algorithm": "random", "draws": 3}),
    "balance: 'hash(src,ipmask(24))'": ("balance", {"key": "src,ipmask(24)"}),
    "mode: tcp\nbalance: 'hash(req.ssl_sni)'": ("balance", {"of_http": ""}),
    "mode: tcp\nbalance: 'hash(req.payload(0,4))'": ("balance", {"of_http": ""}),
    "check: {agent: 9777}": ("check", {"type": "tcp"}),
    "slow_start: 5s\nbalance: {algorithm: uri, hash_type: consistent}": (
        "balance",
        {"is_static": False},
    ),
    "balance: {algorithm: uri, hash_type: consistent}": ("balance", {"hash_type": "consistent"}),
}


@pytest.mark.parametrize(("yaml", "expected"), GOOD.items(), ids=GOOD.keys())
def test_what_is_read(yaml: str, expected: tuple[str, dict[str, Any]]) -> None:
    key, values = expected
    found = getattr(web_of(good(topology_with(yaml))), key)
    assert {name: getattr(found, name) for name in values} == values


REFUSED = {
    "sticky: coookie": "unknown-value `sticky` cannot be `coookie`; did you mean `cookie`?",
    "sticky: header": "missing-key `name` is required: the header that clients are known by",
    "sticky: {by: source, name: a}": "bad-value `name` has no meaning where clients are known by "
    "their source; leave it out",
    "sticky: {by: cookie, expire: 5m}": "bad-value `expire` has no meaning where clients are known "
    "by their cookie; leave it out",
    "sticky: {by: header, name: a, secure: true}": "bad-value `secure` has no meaning where "
    "clients are known by their header; leave it out",
    "sticky: {by: cookie, samesite: none}": "bad-value browsers take `samesite: none` only "
    "together with `secure`; add `secure: true`",
    "sticky: {by: cookie, domain: 'a b'}": "bad-value `a b` is not the domain of a cookie; write "
    "it like `example.com`",
    "sticky: {by: cookie, name: 'a;b'}": "bad-name neither a cookie nor a header can have the "
    "name `a;b` here; use letters, digits, `-` and `_`",
    "sticky: {by: source, size: 0}": "out-of-range `size` is `0`, and must be at least 1",
    "balance: hdr": "missing-key `hdr` needs a `name`; write `{algorithm: hdr, name: …}`",
    "balance: hash()": 'bad-value `""` is not what HAProxy can take from a request; write it '
    "like `req.cook(JSESSIONID)` or `src,ipmask(24)`",
    "balance: 'hash src if'": "bad-value `src if` is not what HAProxy can take from a request; "
    "write it like `req.cook(JSESSIONID)` or `src,ipmask(24)`",
    "balance: random(x)": "wrong-type `draws` must be a whole number, not `x`",
    "balance: 'hdr(a b)'": "bad-name `a b` cannot be looked for; use letters, digits, `-`, `_`, "
    "`.` and `~`",
    "balance: {algorithm: leastconn, depth: 3}": "bad-value `leastconn` has no `depth`; it has no "
    "parameters",
    "balance: {algorithm: source, name: a}": "bad-value `source` has no `name`; it has "
    "hash_balance_factor, hash_function, hash_type",
    "balance: {algorithm: uri, hash_balance_factor: 150}": "bad-value `hash_balance_factor` needs "
    "`hash_type: consistent`",
    "balance: {name: a}": "missing-key `algorithm` is required in `balance`",
    "mode: tcp\nbalance: hdr(a)": "mode-mismatch backend `web` speaks tcp, which has no `hdr` to "
    "balance by; use `roundrobin`, `leastconn` or `source`",
    "raw: hash-type consistent": "bad-value `hash-type` cannot be a raw line of a backend; use its "
    "key `balance`",
    "minconn: 5": "bad-value `minconn` needs a `maxconn` that is not below it",
    "minconn: 5\nmaxconn: 4": "bad-value `minconn` needs a `maxconn` that is not below it",
    "timeouts: {clients: 5s}": "unknown-key `clients` is not a key of `timeouts`; keys here: "
    "connect, server, server_fin, queue, tunnel",
    "timeouts: {client: 5s}": "bad-value `client` is a timeout of clients, which a backend does "
    "not have; write it in `timeouts` of the frontend",
    "timeouts: {http_keep_alive: 5s}": "bad-value `http_keep_alive` is a timeout of clients, which "
    "a backend does not have; write it in `timeouts` of the frontend",
    "timeouts: {queue: 0}": "out-of-range `queue` is `0`, and must be at least 1ms",
    "retry_on: 418": "unknown-value `retry_on` cannot be `418`; did you mean `408`?",
    "retry_on: [none, 503]": "bad-value `none` stands alone: nothing is tried again; leave `none` "
    "out, or the others",
    "minconn: 5\nmaxconn: 9\nservers: [{address: db, maxconn: 4}]": "bad-value a server's "
    "`maxconn` is not below the backend's `minconn`; write 5 or more, or a smaller `minconn`",
    "retries: -1": "out-of-range `retries` is `-1`, and must be at least 0",
    "slow_start: 5s\nbalance: uri": "bad-value `uri` has no `slow_start`: its parts cannot change; "
    "use `leastconn` or `roundrobin`",
    "check: {type: none, agent: 9}": "bad-value an `agent` needs a check of HAProxy's own beside "
    "it; use `type: tcp`, or a `path`",
    "check: {type: none, rise: 2}": "bad-value `rise` has no meaning where nothing is checked; "
    "leave it out, or use `type: tcp`",
    "check: {status: 200}": "bad-value `status` is for a check that asks over HTTP; add a `path`, "
    "or leave it out",
    "check: {agent: 70000}": "out-of-range `port` is `70000`, and must be at most 65,535",
    "mode: tcp\nretry_on: 503": "mode-mismatch backend `web` speaks tcp, and `retry_on` is for "
    "HTTP; leave it out, or use `mode: http`",
    "errors: {503: down.bin}": "missing-key the name of the file does not tell what is in it; add "
    "`content_type:`, like `text/html`",
    "errors: {302: a.html}": "unknown-key `302` is not a key of `errors`; did you mean `502`?",
    "errors: a.html": "wrong-type `errors` must be a mapping, not `a.html`; pages that HAProxy "
    "answers with itself, by status, in place of those of the frontend: `{503: ./down.html}` when "
    "no server is up",
    "errors: {503: {file: a.html, headers: {A: ''}}}": "bad-value a header has a value; to take it "
    "out, name it in `del_headers` or `del_response_headers`",
    "errors: {503: {file: a.html, headers: {Content-type: a/b}}}": "bad-name a page's "
    "`Content-type` has a key of its own; write `content_type:` beside `headers`",
    "errors: {503: {file: a.html, headers: {Connection: close}}}": "bad-name HAProxy says "
    "`Connection` of its answers itself; leave it out",
    **{
        f"mode: tcp\nbalance: hash({key})": "mode-mismatch backend `web` speaks tcp, which has no "
        f"`{key}` to balance by; use `roundrobin`, `leastconn` or `source`"
        for key in ("req.cook(a)", "path", "url_param(a)", "hdr(x),lower", "base32")
    },
    "mode: tcp\nerrors: {503: a.html}": "mode-mismatch backend `web` speaks tcp, and `errors` is "
    "for HTTP; leave it out, or use `mode: http`",
    "compression: brotli": "unknown-value `compression` cannot be `brotli`; write gzip, deflate or "
    "raw-deflate",
    "compression: {types: html}": "bad-value `html` is not a type of content; write each "
    "like `text/html` or `application/json`, with no `*`",
    "compression: {types: text/*}": "bad-value `text/*` is not a type of content; write each like "
    "`text/html` or `application/json`, with no `*`",
    "cache: {size: 1.5m}": "bad-value a cache has whole megabytes; write `1m` or `2m`",
    "cache: {size: 5000m}": "out-of-range `size` is `5000m`, and must be at most 4095m",
    "cache: {size: 8m, max_object_size: 5m}": "bad-value `max_object_size` is more than half of "
    "the cache's `size`",
    "cache: {max_age: 0}": "out-of-range `max_age` is `0`, and must be at least 1s",
    "cache: 60s": "wrong-type `cache` must be true, false or a mapping, not `60s`; keep answers "
    "in HAProxy's memory for others: `true`, or a mapping",
    "mode: tcp\ncache: true": "mode-mismatch backend `web` speaks tcp, and "
    "`cache` is for HTTP; leave it out, or use `mode: http`",
    "mode: tcp\nsticky: cookie": "mode-mismatch backend `web` speaks tcp, which has no cookie to "
    "know clients by; use `sticky: source`, or `mode: http`",
}


@pytest.mark.parametrize(("yaml", "expected"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(yaml: str, expected: str) -> None:
    assert messages_of(read(topology_with(yaml))) == [expected]


QUIET = {
    "": 0.0,
    "sticky: cookie": 30.0,
    "sticky: {by: cookie, maxidle: 10s}": 10.0,
    "sticky: {by: cookie, maxidle: 5m}": 30.0,
    "sticky: {by: source, expire: 20s}": 20.0,
    "sticky: cookie\nrollout: {drain_timeout: 2m}": 120.0,
}


@pytest.mark.parametrize(("yaml", "expected"), QUIET.items(), ids=QUIET.keys())
def test_how_long_old_servers_wait_for_their_clients(yaml: str, expected: float) -> None:
    desired = compile_topology(good(topology_with(yaml)), "/")
    assert desired.rollouts["web"].quiet_s == expected


def test_old_servers_wait_for_the_clients_of_each_of_their_backends() -> None:
    file = topology_with().replace(
        "frontends:", "  live: {containers_of: web, port: 9, sticky: source}\nfrontends:"
    )
    assert compile_topology(good(file), "/").rollouts["web"].quiet_s == 30.0


def test_no_cache_and_no_compression() -> None:
    web = web_of(good(topology_with("cache: false\ncompression: false")))
    assert (web.cache, web.compression) == (None, None)
