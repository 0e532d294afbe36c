"""What a section has in place of `defaults`, and what a backend says of all its servers."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.model.settings import AGENT_CHECK, Settings, Timeouts
from reconciler.haproxy.render.quoting import format_duration


def timeout_lines(timeouts: Timeouts, path: Path) -> Iterator[Line]:
    """The timeouts of a section; `path` is where the file has what the section is."""
    for keyword, seconds in timeouts:
        at = (*path, "timeouts", keyword.replace("-", "_"))
        yield Line(f"    timeout {keyword} {format_duration(seconds)}", at)


def settings_lines(settings: Settings, path: Path, *, is_http: bool) -> Iterator[Line]:
    """The settings in a backend's section; `path` is where the file has the backend."""
    yield from timeout_lines(settings.timeouts, path)
    if settings.retries is not None:
        yield Line(f"    retries {settings.retries}", (*path, "retries"))
    if settings.fullconn is not None:
        yield Line(f"    fullconn {settings.fullconn}", (*path, "fullconn"))
    if settings.http_reuse is not None:
        yield Line(f"    http-reuse {settings.http_reuse}", (*path, "http_reuse"))
    if settings.all_backups:
        yield Line("    option allbackups", (*path, "all_backups"))
    if is_http:
        # A request that a server took and did not answer goes to another, if it may be repeated.
        at = (*path, "retry_on")
        yield Line(f"    retry-on {' '.join(settings.retry_on)}", at, (at,))
        yield Line("    http-request disable-l7-retry unless METH_GET || { method OPTIONS }")


def server_words(settings: Settings) -> Iterator[tuple[str, str]]:
    """Words of `default-server`, each behind the key of the file that says them."""
    if settings.slow_start_s is not None:
        yield "slow_start", f"slowstart {format_duration(settings.slow_start_s)}"
    if settings.minconn is not None:
        yield "minconn", f"minconn {settings.minconn}"
    if settings.maxqueue is not None:
        yield "maxqueue", f"maxqueue {settings.maxqueue}"
    if settings.on_marked_down is not None:
        yield "on_marked_down", f"on-marked-down {settings.on_marked_down}"
    if settings.on_marked_up is not None:
        yield "on_marked_up", f"on-marked-up {settings.on_marked_up}"
    if settings.agent is not None:
        interval = format_duration(settings.agent.interval_s)
        yield "check", f"{AGENT_CHECK} agent-port {settings.agent.port} agent-inter {interval}"
