"""`docs/from-haproxy.md`: what a keyword of haproxy.cfg is in a topology file. Write it anew with

    .venv/bin/python -m tests.golden.from_haproxy

A test holds the table: each key exists, and each line that a key stands for is in a golden file.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.arch.source_tree import ROOT

PAGE = ROOT / "docs" / "from-haproxy.md"


@dataclass(frozen=True)
class Keyword:
    """A keyword, or an option of one; the key that says it, from the top of the file, with `*` for
    a name; and how haproxy.cfg has it then, as a regular expression, where it is another line."""

    text: str
    key: str = ""
    note: str = ""
    line: str = ""

    @property
    def pattern(self) -> str:
        if self.line:
            return self.line
        first, _, option = self.text.partition(" … ")
        if first == "server":
            first = "(server|default-server|server-template)"
        return rf"^ *{first}\b.* {option}\b" if option else rf"^ *{first}\b"


FRONTEND, RULE, BACKEND = "frontends.*", "frontends.*.rules", "backends.*"
KEYWORDS: dict[str, tuple[Keyword, ...]] = {
    "Global and defaults": (
        Keyword("maxconn", "haproxy.maxconn", "of a frontend: `frontends.*.maxconn`"),
        Keyword("hard-stop-after", "haproxy.hard_stop_after"),
        Keyword("timeout connect", "haproxy.timeouts.connect", "or `timeouts` of a backend"),
        Keyword("timeout client", "haproxy.timeouts.client", "or `timeouts` of a frontend"),
        Keyword("timeout server", "haproxy.timeouts.server", "or `timeouts` of a backend"),
        Keyword("timeout http-request", "haproxy.timeouts.http_request"),
        Keyword("timeout http-keep-alive", "haproxy.timeouts.http_keep_alive"),
        Keyword("timeout queue", "haproxy.timeouts.queue"),
        Keyword("timeout tunnel", "haproxy.timeouts.tunnel"),
        Keyword("timeout tarpit", "haproxy.timeouts.tarpit"),
        Keyword("timeout client-fin", f"{FRONTEND}.timeouts.client_fin"),
        Keyword("timeout server-fin", f"{BACKEND}.timeouts.server_fin"),
        Keyword("log", "haproxy.log", "`log` of a frontend for one"),
        Keyword("log-format", "haproxy.log.format", "or `json`"),
        Keyword("option httplog", "haproxy.log", "is there without a word"),
        Keyword("option tcplog", "haproxy.log", "is there without a word"),
        Keyword("option dontlognull", "haproxy.log", "is there without a word"),
        Keyword("errorfile", "errors", "or `errors` of a frontend or backend", "^ *http-error"),
        Keyword("unique-id-format", f"{FRONTEND}.request_id"),
    ),
    "Frontends": (
        Keyword("bind", f"{FRONTEND}.bind"),
        Keyword("bind … crt", f"{FRONTEND}.tls.certificates"),
        Keyword("bind … alpn", f"{FRONTEND}.tls", "HTTP/2 is offered without a word"),
        Keyword("bind … ca-file", f"{FRONTEND}.tls.client_ca"),
        Keyword("bind … ssl-min-ver", f"{FRONTEND}.tls.min_version"),
        Keyword("bind … accept-proxy", f"{FRONTEND}.bind.accept_proxy"),
        Keyword("mode", f"{BACKEND}.mode", "a frontend takes that of its backend"),
        Keyword("default_backend", f"{FRONTEND}.default_backend"),
        Keyword("use_backend", f"{RULE}.backend"),
        Keyword("acl", RULE, "keys of a rule, `host`, `path_prefix`, `source` …"),
        Keyword("option forwardfor", f"{FRONTEND}.forwarded_for", "", "add-header X-Forwarded-For"),
        Keyword("http-request redirect", f"{RULE}.redirect", "`redirect: https` of a frontend"),
        Keyword("http-request deny", f"{RULE}.deny"),
        Keyword("http-request tarpit", f"{RULE}.tarpit"),
        Keyword("http-request silent-drop", f"{RULE}.silent_drop"),
        Keyword("req.ssl_hello_type", f"{RULE}.tls", "in `mode: tcp`", "acl .*req.ssl_hello_type"),
        Keyword("acl … -i", f"{RULE}.ignore_case", "hosts and names of headers have no case"),
        Keyword("http-request return", f"{RULE}.respond"),
        Keyword("http-request auth", f"{RULE}.auth"),
        Keyword("userlist", f"{RULE}.auth"),
        Keyword("http-request set-header", f"{RULE}.set_headers", "`{client_ip}` for `%[src]`"),
        Keyword("http-request add-header", f"{RULE}.add_headers"),
        Keyword("http-request replace-header", f"{RULE}.replace_headers"),
        Keyword("http-request del-header", f"{RULE}.del_headers"),
        Keyword("http-request set-path", f"{RULE}.rewrite"),
        Keyword("http-request replace-path", f"{RULE}.strip_prefix", "or `rewrite`, `add_prefix`"),
        Keyword("http-request set-query", f"{RULE}.set_query"),
        Keyword("http-request set-method", f"{RULE}.set_method"),
        Keyword(
            "http-response set-header",
            f"{RULE}.set_response_headers",
            "also on answers of HAProxy's own",
            "^ *http-after-response set-header",
        ),
        Keyword(
            "http-response del-header",
            f"{RULE}.del_response_headers",
            "",
            "^ *http-after-response del-header",
        ),
        Keyword("stick-table", f"{FRONTEND}.rate_limit", "for sticky clients: `sticky`"),
        Keyword(
            "http-request track-sc0", f"{FRONTEND}.rate_limit", "`by` a header, cookie or path"
        ),
        Keyword("sc_http_err_rate", f"{FRONTEND}.rate_limit.errors", "", "deny .*sc_http_err_rate"),
        Keyword("tcp-request connection", f"{FRONTEND}.allow", "and `deny`, in `mode: tcp`"),
    ),
    "Backends and servers": (
        Keyword("balance", f"{BACKEND}.balance"),
        Keyword("hash-type", f"{BACKEND}.balance.hash_type"),
        Keyword("cookie", f"{BACKEND}.sticky"),
        Keyword("stick on", f"{BACKEND}.sticky"),
        Keyword("server", f"{BACKEND}.servers", "containers have theirs without a word"),
        Keyword("server-template", f"{BACKEND}.replicas"),
        Keyword("server … weight", f"{BACKEND}.servers.weight"),
        Keyword("server … maxconn", f"{BACKEND}.maxconn"),
        Keyword("server … minconn", f"{BACKEND}.minconn"),
        Keyword("server … maxqueue", f"{BACKEND}.maxqueue"),
        Keyword("server … backup", f"{BACKEND}.servers.backup"),
        Keyword("server … check", f"{BACKEND}.check"),
        Keyword("server … inter", f"{BACKEND}.check.interval"),
        Keyword("server … fastinter", f"{BACKEND}.check.fast_interval"),
        Keyword("server … downinter", f"{BACKEND}.check.down_interval"),
        Keyword("server … rise", f"{BACKEND}.check.rise"),
        Keyword("server … fall", f"{BACKEND}.check.fall"),
        Keyword("server … port", f"{BACKEND}.check.port"),
        Keyword("server … observe", f"{BACKEND}.check.observe"),
        Keyword("server … error-limit", f"{BACKEND}.check.error_limit"),
        Keyword("server … on-error", f"{BACKEND}.check.on_error"),
        Keyword("server … agent-check", f"{BACKEND}.check.agent"),
        Keyword("server … on-marked-down", f"{BACKEND}.on_marked_down"),
        Keyword("server … on-marked-up", f"{BACKEND}.on_marked_up"),
        Keyword("server … slowstart", f"{BACKEND}.slow_start"),
        Keyword("server … ssl", f"{BACKEND}.tls"),
        Keyword("server … verify", f"{BACKEND}.tls.verify"),
        Keyword("server … ca-file", f"{BACKEND}.tls.ca"),
        Keyword("server … sni", f"{BACKEND}.tls.sni"),
        Keyword("server … send-proxy", f"{BACKEND}.send_proxy"),
        Keyword("server … init-addr", f"{BACKEND}.servers.init_addr", "none is needed to start"),
        Keyword("option httpchk", f"{BACKEND}.check.path", "in `mode: tcp`, too"),
        Keyword("http-check send", f"{BACKEND}.check.path", "with `method` and `host`"),
        Keyword("http-check expect", f"{BACKEND}.check.status"),
        Keyword("http-check disable-on-404", f"{BACKEND}.check.disable_on_404"),
        Keyword("tcp-check", f"{BACKEND}.check.steps"),
        Keyword("option pgsql-check", f"{BACKEND}.check.type"),
        Keyword("option mysql-check", f"{BACKEND}.check.type"),
        Keyword("option redis-check", f"{BACKEND}.check.type"),
        Keyword("option smtpchk", f"{BACKEND}.check.type"),
        Keyword("option ldap-check", f"{BACKEND}.check.type"),
        Keyword("timeout check", f"{BACKEND}.check.timeout"),
        Keyword("retries", f"{BACKEND}.retries"),
        Keyword("retry-on", f"{BACKEND}.retry_on"),
        Keyword("option redispatch", f"{BACKEND}.retries", "is there without a word"),
        Keyword("option allbackups", f"{BACKEND}.all_backups"),
        Keyword("http-reuse", f"{BACKEND}.http_reuse"),
        Keyword("fullconn", f"{BACKEND}.fullconn"),
        Keyword("compression", f"{BACKEND}.compression", "or of a frontend"),
        Keyword("http-request cache-use", f"{BACKEND}.cache"),
        Keyword("stats uri", "stats.uri", "or `stats: true` alone"),
        Keyword("stats refresh", "stats.refresh"),
        Keyword("stats admin", "stats.admin"),
    ),
}
ITS_OWN = ("daemon", "master-worker", "chroot", "user", "group", "pidfile", "stats socket")
"""Keywords that are this tool's own business, or the image's."""
RAW = {
    "nbthread": "haproxy.raw.global",
    "tune.*": "haproxy.raw.global",
    "lua-load": "haproxy.raw.global",
    "ssl-default-bind-ciphers": "haproxy.raw.global",
    "option http-server-close": "haproxy.raw.defaults",
    "option splice-auto": "haproxy.raw.defaults",
    "http-request capture": f"{FRONTEND}.raw",
    "http-request set-var": f"{FRONTEND}.raw",
    "http-request lua": f"{FRONTEND}.raw",
    "filter": f"{FRONTEND}.raw",
    "option http-buffer-request": f"{FRONTEND}.raw",
    "load-server-state-from-file": f"{BACKEND}.raw",
}

_HEAD = """\
# From haproxy.cfg to a topology file

Made by `python -m tests.golden.from_haproxy`; do not edit it. What a key means is in
[topology-reference.md](topology-reference.md), where `*` stands for a name of yours. Timeouts,
limits and retries that are not said have sound values; `reconciler render` shows all that HAProxy
gets.
"""

_OF_RAW = "A `raw` line brings what has none; HAProxy checks it before anything is touched.\n"
_OUTSIDE = """\
## What needs more than HAProxy

- **Forward authentication** (oauth2-proxy, Authelia): HAProxy asks another service only by Lua or
  by SPOE. With an image that has
  [haproxy-auth-request](https://github.com/TimWolla/haproxy-auth-request) and its JSON library,
  `haproxy.raw.global` loads it (`lua-load /etc/haproxy-lua/auth-request.lua`, brought by
  `volumes` of `haproxy`), and raw lines of the frontend ask it and turn away whom it does not
  know: `http-request lua.auth-request auth /oauth2/auth`, `http-request deny unless {
  var(txn.auth_response_successful) -m bool }`. oauth2-proxy may also stand in the way, as a
  backend of its own that hands requests on. Tokens are checked without either: `jwt`. The check
  of a configuration runs in the image that will run it, so that a library that is missing is told
  before anything is touched.
- **Traffic mirroring** takes a SPOE agent (`spoa-mirror`): `filter spoe engine mirror config
  /etc/haproxy-files/mirror.cfg` as a raw line of the frontend, the file by `volumes`, the agent
  as a backend of the topology in `mode: tcp`.
- **GeoIP** by a map of networks: `http-request set-header X-Country
  %[src,map_ip(/etc/haproxy-files/countries.map)]` as a raw line, and the map by `volumes`. It is
  read when HAProxy loads its configuration.
- **A web application firewall** is a SPOE agent as well (Coraza's `coraza-spoa`), with the same
  three parts. HAProxy Enterprise has one built in, which its own lines configure by `raw`.
"""


def page() -> str:
    parts = [_HEAD]
    for title, keywords in KEYWORDS.items():
        rows = [f"| `{k.text}` | `{k.key}` | {k.note} |" for k in keywords]
        parts.append(_section(title, "| keyword | key | |\n| --- | --- | --- |", rows))
    rows = [f"| `{text}` | `{key}` |" for text, key in RAW.items()]
    heading = f"{_OF_RAW}\n| keyword | where its line goes |\n| --- | --- |"
    parts.append(_section("Without a key", heading, rows))
    own = ", ".join(f"`{keyword}`" for keyword in ITS_OWN)
    return "\n".join((*parts, f"Of this tool, or of the image, are {own}.\n", _OUTSIDE))


def _section(title: str, heading: str, rows: list[str]) -> str:
    return "\n".join((f"## {title}", "", heading, *rows, ""))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
