"""What is written of traffic, to lines of `global` and of frontends."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Frontend, Proxy
from reconciler.haproxy.model.log import DEFAULT_TARGET, LogTarget
from reconciler.haproxy.render.quoting import quote

HTTP_FORMAT = "    option httplog"
_OPTIONS = {"http": "httplog", "tcp": "tcplog", "clf": "httplog clf"}
_CLIENT = '"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","client":"%ci","client_port":%cp'
_WAY = '"frontend":"%f","backend":"%b","server":"%s"'
_JSON_HTTP = ",".join(
    [
        _CLIENT,
        _WAY,
        '"method":"%[capture.req.method,json(utf8s)]","path":"%[capture.req.uri,json(utf8s)]"',
        '"status":%ST,"bytes":%B,"termination":"%tsc"',
        '"queue_ms":%Tw,"connect_ms":%Tc,"response_ms":%Tr,"active_ms":%Ta',
    ]
)
_JSON_TCP = ",".join(
    [
        _CLIENT,
        _WAY,
        '"bytes":%B,"termination":"%ts"',
        '"queue_ms":%Tw,"connect_ms":%Tc,"total_ms":%Tt',
    ]
)
_LONGEST = 8192
"""Bytes of a line. HAProxy cuts at 1,024 unless told, which a line of JSON does not survive."""


def target_texts(target: LogTarget) -> Iterator[str]:
    """What comes after `log`, for each place."""
    if target == DEFAULT_TARGET:
        yield "stdout format raw local0 info"
        return
    taken, of = target.sample
    for place in target.places:
        words = [place, f"len {_LONGEST}"]
        if place in {"stdout", "stderr"}:
            words.append("format raw")
        if taken < of:
            words.append(f"sample {'1' if taken == 1 else f'1-{taken}'}:{of}")
        yield " ".join([*words, target.facility, target.level])


def has_silent_frontend(proxy: Proxy) -> bool:
    """Whether `defaults` have no format: a frontend without a log cannot take theirs back, and
    HAProxy warns of one that goes nowhere. So each section that has a log says its format."""
    return any(f.log is not None and f.log.target is None for f in proxy.frontends)


def log_lines(frontend: Frontend, proxy: Proxy) -> Iterator[Line]:
    """The log lines of a frontend, where its log differs from that of `global` and `defaults`."""
    log = frontend.log
    if log is None:
        if frontend.mode == "tcp":
            yield Line("    option tcplog", frontend.path)
        elif has_silent_frontend(proxy):
            yield Line(HTTP_FORMAT, frontend.path)
        return
    if log.target is None:
        yield Line("    no log", log.path)
        return
    values = (log.path,)
    if log.target != proxy.log_target:
        yield Line("    no log", log.path)
        for text in target_texts(log.target):
            yield Line(f"    log {text}", log.path, values)
    yield Line(f"    {_format(log.format, frontend)}", log.path, values)
    if not log.has_normal:
        yield Line("    option dontlog-normal", log.path)
    if log.has_null:
        yield Line("    no option dontlognull", log.path)


def _format(name: str, frontend: Frontend) -> str:
    if name in _OPTIONS:
        return f"option {_OPTIONS[name]}"
    if name != "json":
        return f"log-format {quote(name)}"
    fields = [_JSON_TCP if frontend.mode == "tcp" else _JSON_HTTP]
    if frontend.forwarding is not None and frontend.forwarding.request_id:
        fields.append('"request_id":"%[var(txn.request_id),json(utf8s)]"')
    return f"log-format {quote('{' + ','.join(fields) + '}')}"
