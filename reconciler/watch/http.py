"""What a daemon answers over HTTP: whether it is well, numbers for Prometheus, and its state.

All of it is made from what the daemon tells; nobody is asked, and nothing can be changed here.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from reconciler.events.news import (
    FileBroken,
    FileMended,
    News,
    Noticed,
    Outcome,
    PassBegun,
    PassEnded,
)
from reconciler.view.documents import VERSION
from reconciler.view.secrets import strike_secrets
from reconciler.watch.current_pass import UNREACHABLE

_WELL = {Outcome.UNCHANGED, Outcome.CONVERGED}
_PLAIN, _JSON = "text/plain; charset=utf-8", "application/json"

Page = tuple[int, str, bytes]
"""Status, content type, body."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nobody's mistake; Python would print where that happened."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it came


class Admin:
    """The server that answers. Raises OSError when the address cannot be had."""

    def __init__(self, host: str, port: int) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415  # only who listens needs it

        self.registry = CollectorRegistry()
        registry, each = self.registry, ("topology",)
        self._passes = Counter(
            "reconciler_passes", "Passes by outcome", (*each, "outcome"), registry=registry
        )
        self._reloads = Counter(
            "reconciler_reloads",
            "Reloads of HAProxy, for an edit or for a repair",
            (*each, "reason"),
            registry=registry,
        )
        self._duration = Histogram(
            "reconciler_pass_duration_seconds",
            "How long passes take",
            each,
            registry=registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
        )
        self._found = Counter(
            "reconciler_drift_found", "Passes that found something to do", each, registry=registry
        )
        self._healed = Counter(
            "reconciler_drift_healed", "Repairs that went well", each, registry=registry
        )
        self._success = Gauge(
            "reconciler_last_success_timestamp_seconds",
            "When all was last as the file says",
            each,
            registry=registry,
        )
        self._up = Gauge(
            "reconciler_servers_up", "Servers that HAProxy sees up", each, registry=registry
        )
        self._desired = Gauge(
            "reconciler_servers_desired", "Servers in rotation", each, registry=registry
        )
        self._secrets: tuple[str, ...] = ()
        self._state: dict[str, dict[str, Any]] = {}
        self._changing = threading.Lock()
        self._find_trouble: Callable[[], str] = str
        self._server = _Server((host, port), _handler(self.page))

    @property
    def port(self) -> int:
        return self._server.server_port

    def serve(self, find_trouble: Callable[[], str]) -> None:
        self._find_trouble = find_trouble
        threading.Thread(target=self._server.serve_forever, name="admin", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def hide(self, secrets: Sequence[str]) -> None:
        """Strike these from all that is answered from now on."""
        self._secrets = tuple({*self._secrets, *secrets})

    # -- what the daemon tells --------------------------------------------------------------

    def __call__(self, topology: str, news: News) -> None:
        if not topology:
            return
        match news:
            case PassBegun(plan=plan):
                self._found.labels(topology).inc()
                cause = strike_secrets(news.cause, self._secrets)
                self._set(topology, doing=f"{len(plan.course)} steps", cause=cause)
            case PassEnded():
                self._note_end(topology, news)
            case Noticed(what, is_idle):
                self._set(topology, notice=strike_secrets(what, self._secrets))
                if is_idle:
                    self._set(topology, idle=True)
                    self._forget(topology)
            case FileBroken(file, diagnostics):
                self._set(topology, broken=[f"{file}: {d.code}" for d in diagnostics])
            case FileMended():
                self._set(topology, broken=[])
            case _:
                return

    def _note_end(self, topology: str, ended: PassEnded) -> None:
        self._passes.labels(topology, str(ended.outcome)).inc()
        self._duration.labels(topology).observe(ended.elapsed_s)
        if ended.reloads:
            reason = "edit" if ended.is_edit else "repair"
            self._reloads.labels(topology, reason).inc(ended.reloads)
        if ended.has_healed:
            self._healed.labels(topology).inc()
        success = self._success.labels(topology)  # 0 is never, and there from the first pass on
        if ended.outcome in _WELL:
            success.set(time.time())
        if ended.servers or ended.outcome in _WELL:  # else nothing was seen
            self._up.labels(topology).set(ended.servers_up)
            self._desired.labels(topology).set(ended.servers)
        self._set(
            topology,
            doing="",
            idle=False,
            pass_id=ended.pass_id,
            cause=strike_secrets(ended.cause, self._secrets),
            outcome=str(ended.outcome),
            ended_at=round(time.time(), 3),
            elapsed_s=round(ended.elapsed_s, 3),
            retry_s=ended.retry_s,
            failures=[failure.code for failure in ended.failures],
            servers_up=ended.servers_up,
            servers=ended.servers,
        )

    def _forget(self, topology: str) -> None:
        """What nobody keeps has no state that an alert could be about."""
        for gauge in (self._success, self._up, self._desired):
            with contextlib.suppress(KeyError):
                gauge.remove(topology)

    def _set(self, topology: str, **facts: Any) -> None:
        with self._changing:
            self._state.setdefault(topology, {}).update(facts)

    # -- what is asked ----------------------------------------------------------------------

    def page(self, path: str, host: str = "") -> Page:
        """`host` is whom the client takes this for, in its own words."""
        match path.partition("?")[0]:
            case "/healthz":
                return self._said(not (why := self._find_trouble()), why)
            case "/readyz":
                return self._said(not (why := self._unready()), why)
            case "/metrics":
                from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

                return 200, CONTENT_TYPE_LATEST, generate_latest(self.registry)
            case "/status" if not _may_be_called(host):
                told = "this is no name of this machine: ask by its address, or as localhost\n"
                return 421, _PLAIN, told.encode()
            case "/status":
                with self._changing:
                    document = {"version": VERSION, "topologies": self._state}
                    return 200, _JSON, (json.dumps(document, indent=2) + "\n").encode()
            case _:
                return 404, _PLAIN, b"/healthz, /readyz, /metrics, /status\n"

    def _said(self, is_so: bool, otherwise: str) -> Page:
        return (200, _PLAIN, b"ok\n") if is_so else (503, _PLAIN, f"{otherwise}\n".encode())

    def _unready(self) -> str:
        """Why it is not ready; "" when each topology was looked at and the engine answered last."""
        with self._changing:
            states = [state for state in self._state.values() if not state.get("idle")]
            is_new = not self._state
        if any(not UNREACHABLE.isdisjoint(state.get("failures", ())) for state in states):
            return "the Docker engine does not answer"
        if is_new or not all("outcome" in state for state in states):
            return "not every topology has been looked at"
        return ""


def _may_be_called(host: str) -> bool:
    """Whether a `Host` is none that somebody's page could have had its own name point here with.

    A browser lets a page read what its own name answers, also after that name has become this
    machine's address. An address or a name without a dot is nobody's on the internet.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if "." not in name.removesuffix(".localhost") or name == socket.gethostname().lower():
            return True
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _handler(page: Callable[[str, str], Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a client that says nothing is not waited for

        def do_GET(self) -> None:
            status, kind, body = page(self.path, self.headers.get("Host", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The log is for what happens to topologies."""

    return Handler
