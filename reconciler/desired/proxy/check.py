"""What a backend says of its health check to HAProxy's own model."""

from __future__ import annotations

from reconciler.diagnostics.place import Path
from reconciler.haproxy.model.check import Check, Greeting, Observed, Request, Step
from reconciler.topology.model import Backend
from reconciler.topology.model import Check as Wish


def compile_check(name: str, backend: Backend) -> Check | None:
    """The check of its servers; None where nothing is checked."""
    wish, path = backend.check, ("backends", name, "check")
    if wish.type == "none":
        return None
    return Check(
        asks=_asked(wish, _host(name, backend), path),
        interval_s=wish.interval,
        timeout_s=wish.timeout,
        rise=wish.rise,
        fall=wish.fall,
        path=path,
        port=wish.port,
        fast_s=wish.fast_interval,
        down_s=wish.down_interval,
        observes=Observed(wish.observe, wish.error_limit, wish.on_error) if wish.observe else None,
    )


def _asked(wish: Wish, host: str, path: Path) -> Request | Greeting | tuple[Step, ...] | None:
    match wish.type:
        case "http":
            url = wish.path or "/"
            return Request(url, host, wish.method, wish.status, wish.disable_on_404)
        case "smtp":
            return Greeting("smtp", host)
        case "pgsql" | "mysql" | "redis" | "ldap":
            return Greeting(wish.type, wish.user or "")
        case _:
            return tuple(_steps(wish, path)) or None


def _steps(wish: Wish, path: Path) -> list[Step]:
    return [
        Step(True, step.send, (*path, "steps", at, "send"))
        if step.send is not None
        else Step(False, step.expect or "", (*path, "steps", at, "expect"))
        for at, step in enumerate(wish.steps)
    ]


def _host(name: str, backend: Backend) -> str:
    """Servers of names answer for the one that they are asked for."""
    return backend.check.host or (backend.tls.sni if backend.tls else None) or name
