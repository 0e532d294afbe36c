"""What a frontend says of its clients: what is refused."""

from __future__ import annotations

import pytest

from tests.unit.topology.reading import messages_of, read, topology_with

REFUSED = {
    "trusted_proxies: [10.0.0.0/8, proxy]": "bad-value `proxy` is neither an address nor a "
    "network; write it like `10.0.0.0/8` or `192.0.2.7`",
    "trusted_proxies: []": "bad-value `trusted_proxies` needs at least one item",
    "forwarded_for: X-Client": "wrong-type `forwarded_for` must be true or false, not `X-Client`",
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
    "request_id: Content-Length": "bad-name `Content-Length` says something else of a request than "
    "its id; write a name like `X-Request-ID`, or `true` for that one",
    "request_id: x-forwarded-for": "bad-name `x-forwarded-for` says something else of a request "
    "than its id; write a name like `X-Request-ID`, or `true` for that one",
    "mode: tcp\nlog: clf": "mode-mismatch frontend `www` speaks tcp, and the format `clf` is for "
    "HTTP; use `tcp`, `json` or one of your own",
}


@pytest.mark.parametrize(("yaml", "expected"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(yaml: str, expected: str) -> None:
    backend = "mode: tcp" if "tcp" in yaml else ""
    assert messages_of(read(topology_with(backend, frontend=yaml))) == [expected]
