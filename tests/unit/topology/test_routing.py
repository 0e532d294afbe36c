"""Rules of frontends: what is read, what is refused, and which backends they make known."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from tests.unit.topology.loading import good, messages_of, read, topology_with

REFUSED = {
    "{}": (
        "missing-key a rule does something; add one of backend, split, redirect, respond, deny, "
        "tarpit, silent_drop"
    ),
    "{backend: web, deny: true}": (
        "bad-value a rule does one thing, not `backend` and `deny`; make it two rules"
    ),
    "{split: {web: 90, api: 9}}": "bad-value the parts are 99 together, not 100",
    "{split: {web: 101}}": "out-of-range `web` is `101`, and must be at most 100",
    "{split: {web: 90, api: 10}}": (
        "unknown-backend frontend `www` sends traffic to a backend that does not exist; "
        "backends here: web"
    ),
    "{backend: wbe}": (
        "unknown-backend frontend `www` sends traffic to a backend that does not exist; "
        "did you mean `web`?"
    ),
    "{backend: web, set_headers: {content-length: 5}}": (
        "bad-name `content-length` says where a message ends, which HAProxy sees to; leave it out"
    ),
    "{deny: true, set_response_headers: {Transfer-Encoding: chunked}}": (
        "bad-name `Transfer-Encoding` says where a message ends, which HAProxy sees to; leave it "
        "out"
    ),
    "{tarpit: false}": "bad-value a rule that does not tarpit does nothing; leave `tarpit` out",
    "{tarpit: 402}": "unknown-value `tarpit` cannot be `402`; did you mean `502`?",
    "{tarpit: true, deny: true}": (
        "bad-value a rule does one thing, not `deny` and `tarpit`; make it two rules"
    ),
    "{deny: false}": "bad-value a rule that does not deny does nothing; leave `deny` out",
    "{path_regex: '/(a', deny: true}": (
        "bad-value `/(a` is no regular expression: a `(` is not closed; "
        "put a backslash before a character that means itself"
    ),
    "{host_regex: 'a[b', deny: true}": (
        "bad-value `a[b` is no regular expression: a `[` is not closed; "
        "put a backslash before a character that means itself"
    ),
    "{deny: 402}": "unknown-value `deny` cannot be `402`; did you mean `502`?",
    "{host: 'a.example:80', deny: true}": (
        "bad-value `a.example:80` is not a host; write `www.example.com` or `*.example.com`, "
        "without a port"
    ),
    "{host: 'a*.example', deny: true}": (
        "bad-value `a*.example` is not a host; write `www.example.com` or `*.example.com`, "
        "without a port"
    ),
    "{path: 'a', deny: true}": "bad-value `a` is not a path of a URL; start it with a slash: `/a`",
    "{path: '/a?b', deny: true}": (
        "bad-value `/a?b` holds a query, which is no part of the path; match it with `query:`"
    ),
    "{path_regex: '', deny: true}": "bad-value a regular expression has 1 to 1,000 characters",
    "{method: get, deny: true}": (
        "bad-value `get` is not a method; write it in capitals: `GET`, `POST`"
    ),
    "{source: 10.0.0.0/33, deny: true}": (
        "bad-value `10.0.0.0/33` is neither an address nor a network; write it like "
        "`10.0.0.0/8`, or `./addresses.txt` for a file of them"
    ),
    "{header: {'a b': c}, deny: true}": (
        "bad-name `a b` is not the name of a header; use letters, digits, `-` and `_`"
    ),
    "{header: {a: {}}, deny: true}": (
        "bad-value say `value` or `regex`, or else `present` alone; a text stands for its `value`, "
        "true and false for `present`"
    ),
    "{query: {'a,b': c}, deny: true}": (
        "bad-name `a,b` cannot be looked for; use letters, digits, `-`, `_`, `.` and `~`"
    ),
    "{redirect: www.example.com}": (
        "bad-value `www.example.com` is not where a client can go; write a path, or a URL like "
        "`https://www.example.com/`"
    ),
    "{redirect: {to: /a, port: 8443}}": (
        "bad-value `port` goes with `scheme`; "
        "write the port into the URL: `https://www.example.com:8443`"
    ),
    "{redirect: {to: /a, scheme: https}}": (
        "bad-value a redirect says one of `to`, `prefix` and `scheme`"
    ),
    "{respond: {status: 204, body: x}}": "bad-value an answer of status 204 has no body",
    "{backend: web, rewrite: /new?a=b}": (
        "bad-value `?` begins a query, and this is for the path; leave it out: the client's own "
        "query stays"
    ),
    r"{backend: web, rewrite: '/new\1'}": (
        "bad-value there is no group to take the place of `\\1`; add a `regex`: "
        "`{regex: ^/old/(.*), to: /new/\\1}`"
    ),
    "{backend: web, set_headers: {X-A: ''}}": (
        "bad-value a header has a value; to take it out, name it in `del_headers` or "
        "`del_response_headers`"
    ),
    "{backend: web, auth: 'me:$$apr1$$a$$b'}": (
        "bad-value HAProxy cannot check a hash of the kind `apr1`; make one with `openssl passwd "
        "-6`, and write `$$` for each `$`"
    ),
    "{respond: {status: 199}}": "out-of-range `status` is `199`, and must be at least 200",
    '{respond: "\\a"}': "bad-value a control character cannot stand in this value",
    f"{{respond: {'a' * 8001}}}": (
        "bad-value a body has at most 8,000 bytes; let a server answer with more"
    ),
    "{deny: true, strip_prefix: /a}": (
        "bad-value `strip_prefix` is for what goes to a backend, and this rule has none"
    ),
    "{backend: web, strip_prefix: /a, rewrite: /b}": (
        "bad-value `strip_prefix` and `rewrite` both say what the path is; one `rewrite` with a "
        "`regex` can do both"
    ),
    "{backend: web, add_prefix: /a, rewrite: /b}": (
        "bad-value `add_prefix` and `rewrite` both say what the path is; one `rewrite` with a "
        "`regex` can do both"
    ),
    "{deny: true, set_query: ''}": (
        "bad-value `set_query` is for what goes to a backend, and this rule has none"
    ),
    "{deny: true, replace_headers: {A: {regex: a, to: b}}}": (
        "bad-value `replace_headers` is for what goes to a backend, and this rule has none"
    ),
    "{deny: true, cache: false}": (
        "bad-value `cache` is for what goes to a backend, and this rule has none"
    ),
    "{backend: web, set_query: '?a'}": (
        "bad-value a query is what comes after the `?`; leave the `?` out"
    ),
    "{backend: web, set_query: 'a b'}": (
        "bad-value a query holds only ASCII, without spaces and `#`; write other characters as `%` "
        "and hex digits"
    ),
    "{backend: web, set_method: put}": (
        "bad-value `put` is not a method; write it in capitals: `GET`, `POST`"
    ),
    "{backend: web, replace_headers: {A: b}}": "wrong-type `A` must be a mapping, not `b`; keys "
    "here: regex, to",
    "{backend: web, add_headers: {Content-Length: 5}}": (
        "bad-name `Content-Length` says where a message ends, which HAProxy sees to; leave it out"
    ),
    '{backend: web, set_headers: {A: "b\\nc"}}': (
        "bad-value a line break cannot stand in this value"
    ),
    "{backend: web, auth: ops}": (
        'bad-value `auth` needs a user and a password; write "user:password", best as '
        '`"admin:${STATS_PASSWORD}"`'
    ),
    "{sni: a.example, backend: web}": (
        "mode-mismatch frontend `www` speaks http, where rules have no `sni`; use `host`"
    ),
}


@pytest.mark.parametrize("rule", REFUSED)
def test_refused(rule: str) -> None:
    assert messages_of(read(topology_with(frontend=f"rules: [{rule}]"))) == [REFUSED[rule]]


def test_rules_of_tcp_look_at_no_request() -> None:
    text = topology_with("mode: tcp", frontend="rules: [{path: /a, backend: web}]")
    assert messages_of(read(text)) == [
        "mode-mismatch frontend `www` speaks tcp, where rules have no `path`; in `mode: tcp` they "
        "have backend, deny, silent_drop, sni, source, split, tls"
    ]


@pytest.mark.parametrize(
    ("line", "key"), [("server a b:1", "servers"), ("'balance' first", "balance")]
)
def test_raw_lines_of_a_backend_leave_its_servers_alone(line: str, key: str) -> None:
    word = line.split(maxsplit=1)[0].strip("'")
    assert messages_of(read(topology_with(f'raw: ["", "{line}"]'))) == [
        f"bad-value `{word}` cannot be a raw line of a backend; use its key `{key}`"
    ]


LIMITS = {
    "100": "wrong-type `rate_limit` must be text or a mapping, not `100`; requests that one "
    "client may send: `100/10s`, or a mapping",
    "100 per s": "bad-value `100 per s` is not a rate; write it like `100/10s`",
    "100/10": "bad-value `100/10` is not a rate; write it like `100/10s`",
    "100/s": None,
    "0/10s": "out-of-range `requests` is `0`, and must be at least 1",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_rates(limit: str) -> None:
    found = messages_of(read(topology_with(frontend=f"rate_limit: {limit}")))
    assert found == ([LIMITS[limit]] if LIMITS[limit] else [])


def test_a_rate_of_requests_needs_http() -> None:
    text = topology_with("mode: tcp", frontend="rate_limit: 100/s")
    assert messages_of(read(text)) == [
        "mode-mismatch frontend `www` speaks tcp, and `rate_limit` counts requests of HTTP; leave "
        "it out, or use `mode: http`"
    ]


TWO = """\
name: a
networks: {front: , back: }
backends:
  web: {image: a, port: 80, networks: front}
  api: {image: b, port: 81, networks: back}
frontends:
  www:
    bind: 80
    rules: [{path: /api, backend: api}]
"""


def test_a_backend_of_another_mode() -> None:
    text = TWO.replace("port: 81", "port: 81, mode: tcp") + "    default_backend: web\n"
    assert messages_of(read(text)) == [
        "mode-mismatch frontend `www` speaks http, backend `api` tcp; give both the same mode"
    ]


def test_a_backend_of_a_rule_is_served() -> None:
    desired = compile_topology(good(TWO), "/")
    assert desired.proxy is not None
    assert [backend.name for backend in desired.proxy.backends] == ["api"]
    [proxy] = [c for slot, c in desired.containers.items() if slot.role == "proxy"]
    assert [attachment.network for attachment in proxy.spec.networks] == ["a-back"]
    without = TWO.replace("port: 81, ", "")
    assert messages_of(read(without)) == [
        "missing-port backend `api` gets traffic and says no port; add `port:`, the port its "
        "containers listen on"
    ]


def test_passwords_from_outside_are_not_shown() -> None:
    text = topology_with(frontend='rules: [{auth: "ops:${OPS}", backend: web}]')
    loaded = read(text, OPS="hidden")
    assert loaded.topology is not None
    config = compile_topology(loaded.topology, "/", loaded.sensitive).config()
    assert config is not None
    [line] = [line.text for line in config.lines if "hidden" in line.text]
    assert line.endswith("# holds a value from outside the topology file")


@pytest.mark.parametrize(
    "pattern",
    [
        "[]a]",
        "[^](]",
        "[[:alpha:])]",
        "[a&&[b]",
        "(?<n>a)",
        r"\Q(\E",
        r"\(",
        r"[\])]",
        "a{,3}",
        "(a|b)",
    ],
)
def test_what_only_haproxy_can_judge_is_left_to_it(pattern: str) -> None:
    rule = f"rules: [{{path_regex: '{pattern}', deny: true}}]"
    assert messages_of(read(topology_with(frontend=rule))) == []


SHAPES = {
    "rate_limit: 100/20d": "out-of-range `per` is `20d`, and must be at most 1d",
    "rules: [{backend: web, set_query: {a: b}}]": "wrong-type `set_query` takes text, not a "
    'mapping; another query for the backend: `lang=en`, or `""` for none',
    "rules: [{backend: web, source: true}]": "wrong-type `true` without quotes is a boolean, and "
    '`source` takes text; write "true"',
    "cors: true": "wrong-type `cors` must be false, text, a list or a mapping, not `true`; which "
    "pages of other sites may read answers: an origin like `https://app.example.com`, a list of "
    "them, or a mapping",
    "jwt: true": "wrong-type `jwt` must be false or a mapping, not `true`; a signed token that "
    "every request must carry, but for rules that say otherwise: `{algorithm: RS256, key: "
    "./issuer.pem}`",
    "bind:": "wrong-type `bind` must be a whole number, text or a mapping, not empty; ports to "
    'listen on: `80`, `"127.0.0.1:8080"`, `8000-8010`, or a list of them',
    "timeouts: 5s": "wrong-type `timeouts` must be a mapping, not `5s`; keys here: client, "
    "client_fin, http_request, http_keep_alive, tarpit",
    "default_backend: [web]": "wrong-type `default_backend` takes text, not a list; the backend "
    "that gets the traffic, or what of it no rule matches",
}


@pytest.mark.parametrize(("yaml", "expected"), SHAPES.items(), ids=SHAPES.keys())
def test_a_value_of_another_kind_is_told_with_what_to_write(yaml: str, expected: str) -> None:
    text = topology_with(frontend=yaml)
    if "default_backend" in yaml:
        text = text.replace("    default_backend: web\n", "")
    assert messages_of(read(text)) == [expected]


def test_a_key_of_compose_is_told_with_what_says_the_same() -> None:
    assert messages_of(read(topology_with("environment: {A: b}\nscale: 3"))) == [
        "unknown-key `environment` is not a key of a backend; it is `env` here",
        "unknown-key `scale` is not a key of a backend; it is `replicas` here",
    ]
    assert messages_of(read("name: a\nservices: {}\n")) == [
        "unknown-key `services` is not a key of a topology; they are `backends` here"
    ]
    long = messages_of(read(topology_with("nothing: 1")))
    assert long == [
        "unknown-key `nothing` is not a key of a backend; `reconciler schema topology` lists its "
        "keys"
    ]
