"""What a frontend says of its clients: what is refused."""

from __future__ import annotations

import pytest

from tests.unit.topology.loading import good, messages_of, read, topology_with

NO_ADDRESS = (
    "frontend `www` has sockets alone, where no client has an address; take it out, or add "
    "`accept_proxy: true` to a bind, for a proxy that tells who its clients are"
)
REFUSED = {
    "trusted_proxies: [10.0.0.0/8, proxy]": "bad-value `proxy` is neither an address nor a "
    "network; write it like `10.0.0.0/8`, or `./addresses.txt` for a file of them",
    "trusted_proxies: 'fe80::1%a or { always_true }'": "bad-value `fe80::1%a or { always_true }` "
    "is neither an address nor a network; write it like `10.0.0.0/8`, or `./addresses.txt` for a "
    "file of them",
    "trusted_proxies: []": "bad-value `trusted_proxies` needs at least one item",
    "forwarded_for: X-Client": "unknown-value `forwarded_for` cannot be `X-Client`; write for, proto, host or port",
    "mode: tcp\nforwarded_for: true": "mode-mismatch frontend `www` speaks tcp, and "
    "`forwarded_for` is for HTTP; leave it out, or use `mode: http`",
    "log: short": "bad-value `short` is no format of logs; write one of http, tcp, clf, json, or a "
    "log format of HAProxy's, like `%ci %r %ST`",
    "log: {target: syslog.example.com:514}": "bad-value logs cannot be sent to "
    "`syslog.example.com:514`; write `stdout`, `stderr`, or an IP address like `192.0.2.7:514`",
    "log: {target: '192.0.2.7:0'}": "bad-value logs cannot be sent to `192.0.2.7:0`; write "
    "`stdout`, `stderr`, or an IP address like `192.0.2.7:514`",
    "log: {sample: 0%}": "bad-value `0%` is no part of the requests; write it in percent: `10%`",
    "log: {sample: 0.1}": "bad-value `0.1` is no part of the requests; write it in percent: `10%`",
    "log: {facility: local9}": "unknown-value `facility` cannot be `local9`; did you mean "
    "`local7`?",
    "request_id: 'X Id'": "bad-name `X Id` is not the name of a header; use letters, digits, `-` "
    "and `_`",
    "max_body: 0": "out-of-range `max_body` is `0`, and must be at least 1b",
    "max_body: 10 MB/s": "bad-size `10 MB/s` is not a size; write it like `128m` or `1g`",
    "mode: tcp\nmax_body: 10m": "mode-mismatch frontend `www` speaks tcp, and `max_body` is for "
    "HTTP; leave it out, or use `mode: http`",
    "max_headers: 15k": "out-of-range HAProxy has room for 15,360 bytes of a request's line and "
    "headers, and answers what has more with 400: this limit would never be met; write at most "
    "14,336, or make room with `tune.bufsize 65536` under `haproxy: {raw: {global: …}}`",
    "max_headers: {count: 100}": "out-of-range HAProxy takes 100 headers, and answers more with "
    "400: this limit would never be met; write at most 99, or let it take more with "
    "`tune.http.maxhdr 500` under `haproxy: {raw: {global: …}}`",
    "max_headers: {size: 512}": "out-of-range `size` is `512`, and must be at least 1k",
    "max_headers: 50": "bad-value this is a size, and a request has more than that; write `8k` for "
    "the size, `{count: 50}` for how many",
    "max_headers: {}": "missing-key `size` or `count` is required in a limit of headers; write "
    "`size: 8k` for all of them together, `count: 50` for how many",
    "max_headers: {count: 0}": "out-of-range `count` is `0`, and must be at least 1",
    "max_headers: true": "wrong-type `max_headers` must be a whole number, text or a mapping, not "
    "`true`; the headers that a request may have: `8k` for all of them together, or a mapping",
    "max_headers:": "bad-value `max_headers` is empty, and would keep nobody out; say what it "
    "shall be, or take it out",
    "mode: tcp\nmax_headers: 8k": "mode-mismatch frontend `www` speaks tcp, and `max_headers` is "
    "for HTTP; leave it out, or use `mode: http`",
    "errors: {431: ./large.html}": "missing-key HAProxy answers with 431 only by `max_headers` of "
    "a frontend; put the page where that is, or add it: `max_headers: 8k`",
    "connection_limit: 0": "out-of-range `max` is `0`, and must be at least 1",
    "connection_limit: many": "bad-value `many` is not a rate; write it like `100/10s`",
    "connection_limit: {allow: 10.0.0.0/8}": "missing-key `max` or `rate` is required in a limit "
    "of connections; write `max: 20` for 20 at a time, `rate: 50/10s` for new ones",
    "connection_limit: true": "wrong-type `connection_limit` must be a whole number, text or a "
    "mapping, not `true`; connections that one address may have: `20` at a time, new ones "
    "`50/10s`, or a mapping",
    "allow: []": "bad-value `allow` needs at least one item",
    "deny: office.txt": "bad-value `office.txt` is neither an address nor a network; write it like "
    "`10.0.0.0/8`, or `./addresses.txt` for a file of them",
    "connection_limit: {max: 5, allow: office.txt}": "bad-value `office.txt` is neither an "
    "address nor a network; write it like `10.0.0.0/8`, or `./addresses.txt` for a file of them",
    "timeouts: {server: 5s}": "unknown-key `server` is not a key of `timeouts`; keys here: client, "
    "client_fin, http_request, http_keep_alive, tarpit",
    "timeouts: {client: 0}": "out-of-range `client` is `0`, and must be at least 1ms",
    "mode: tcp\ntimeouts: {client: 1h, http_request: 5s}": "mode-mismatch frontend `www` speaks "
    "tcp, and `http_request` is for HTTP; leave it out, or use `mode: http`",
    "request_id: Content-Length": "bad-name `Content-Length` says something else of a request than "
    "its id; write a name like `X-Request-ID`, or `true` for that one",
    "request_id: x-forwarded-for": "bad-name `x-forwarded-for` says something else of a request "
    "than its id; write a name like `X-Request-ID`, or `true` for that one",
    "bind: unix@/run/shop/a\nconnection_limit: 5": "no-address `connection_limit` limits nobody: "
    + NO_ADDRESS,
    "bind: unix@/run/shop/a\ntrusted_proxies: 10.0.0.1": "no-address `trusted_proxies` believes "
    "nobody: " + NO_ADDRESS,
    "bind: unix@/run/shop/a\nrules: [{source: 10.0.0.1, deny: true}]": "no-address `source` "
    "matches nobody: " + NO_ADDRESS,
    "mode: tcp\nlog: clf": "mode-mismatch frontend `www` speaks tcp, and the format `clf` is for "
    "HTTP; use `tcp`, `json` or one of your own",
}


@pytest.mark.parametrize(
    "more",
    [
        "bind: [80, unix@/run/shop/a]",
        "bind: [{socket: /run/shop/a, accept_proxy: true}]",
        "bind: unix@/run/shop/a\nraw: http-request set-src hdr(X-Real-IP)",
    ],
)
def test_who_comes_by_a_socket_may_have_an_address(more: str) -> None:
    keys = "allow: 10.0.0.0/8\ndeny: 10.0.0.1\nrate_limit: 5/s\n"
    good(topology_with(frontend=keys + more))


@pytest.mark.parametrize(("yaml", "expected"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(yaml: str, expected: str) -> None:
    backend = "mode: tcp" if "tcp" in yaml else ""
    assert messages_of(read(topology_with(backend, frontend=yaml))) == [expected]


@pytest.mark.parametrize(
    ("raw", "limit", "is_refused_without"),
    [
        ("tune.bufsize 65536", "62k", True),
        ("tune.bufsize  64k", "62k", True),
        ("tune.maxrewrite 512", "14848", True),
        ("tune.http.maxhdr 500", "{count: 498}", True),
        ("tune.bufsize 16384", "14k", False),
        ("nbthread 1", "{count: 99}", False),
    ],
)
def test_a_limit_where_haproxy_has_room(raw: str, limit: str, is_refused_without: bool) -> None:
    limited = f"max_headers: {limit}"
    with_raw = f"haproxy: {{raw: {{global: [{raw}]}}}}"
    assert messages_of(read(topology_with(frontend=limited, rest=with_raw))) == []
    assert bool(messages_of(read(topology_with(frontend=limited)))) == is_refused_without


PAGE = "errors: {431: ./large.html}"


@pytest.mark.parametrize(
    ("web", "frontend", "rest", "is_taken"),
    [
        ("", "max_headers: 8k", PAGE, True),
        ("", f"max_headers: 8k\n{PAGE}", "", True),
        ("", "", PAGE, False),
        (PAGE, "max_headers: 8k", "", False),
    ],
)
def test_a_page_goes_with_a_limit(web: str, frontend: str, rest: str, is_taken: bool) -> None:
    told = messages_of(read(topology_with(web, frontend=frontend, rest=rest)))
    assert [line.split()[0] for line in told] == ([] if is_taken else ["missing-key"])
