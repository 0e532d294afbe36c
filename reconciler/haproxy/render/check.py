"""A backend's health check: what it asks, in lines of the section, and how often, in words of
`default-server`."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.check import Check, Greeting, Request, Step
from reconciler.haproxy.render.quoting import format_duration, quote

_FAST_S = 0.25


def check_lines(check: Check) -> Iterator[Line]:
    timeout = format_duration(check.timeout_s or check.interval_s)
    yield Line(f"    timeout check {timeout}", check.path, (check.path,))
    match check.asks:
        case Request():
            yield from _request(check.asks, check)
        case Greeting():
            yield Line(f"    option {_greeting(check.asks)}", check.path, (check.path,))
        case None:
            return
        case steps:
            yield Line("    option tcp-check", check.path)
            yield from map(_step, steps)


def _request(asks: Request, check: Check) -> Iterator[Line]:
    yield Line("    option httpchk", check.path)
    request = f"meth {asks.method} uri {quote(asks.url)} ver HTTP/1.1 hdr Host {quote(asks.host)}"
    yield Line(f"    http-check send {request}", check.path, (check.path,))
    yield Line(f"    http-check expect status {asks.status}", check.path, (check.path,))
    if asks.disable_on_404:
        yield Line("    http-check disable-on-404", (*check.path, "disable_on_404"))


def _greeting(asks: Greeting) -> str:
    name = quote(asks.name) if asks.name else ""
    match asks.kind:
        case "smtp":
            return f"smtpchk EHLO {name}"
        case "pgsql" | "mysql":
            return f"{asks.kind}-check user {name}" if name else f"{asks.kind}-check"
        case _:
            return f"{asks.kind}-check"


def _step(step: Step) -> Line:
    """Bytes that no quoting brings through a line of haproxy.cfg go by their numbers."""
    is_plain = step.content.isascii() and step.content.isprintable()
    word = quote(step.content) if is_plain else step.content.encode().hex()
    if step.sends:
        text = f"tcp-check {'send' if is_plain else 'send-binary'} {word}"
    else:
        text = f"tcp-check expect {'string' if is_plain else 'binary'} {word}"
    return Line(f"    {text}", step.path, (step.path,))


def check_words(check: Check) -> Iterator[str]:
    """While a server changes state it is asked more often, so that changes settle quickly."""
    fast_s = min(check.interval_s, _FAST_S) if check.fast_s is None else check.fast_s
    down_s = fast_s if check.down_s is None else check.down_s
    inter, fast, down = map(format_duration, (check.interval_s, fast_s, down_s))
    yield f"check inter {inter} fastinter {fast} downinter {down}"
    yield f"rise {check.rise} fall {check.fall}"
    if (observed := check.observes) is not None:
        yield f"observe {observed.layer}"
        if observed.limit is not None:
            yield f"error-limit {observed.limit}"
        if observed.then is not None:
            yield f"on-error {observed.then}"


def spare_rhythm(check: Check) -> str:
    """A server in maintenance keeps the rhythm of its checks, so a spare one that is given a
    container waits up to one `inter` for the first of them, and keeps it until the next reload."""
    quarter = max(check.interval_s / 4, min(check.interval_s, _FAST_S))
    return f" inter {format_duration(quarter)}"
