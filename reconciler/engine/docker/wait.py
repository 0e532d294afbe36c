"""Waits: each asks again until it holds, the user stops it, or its time is over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import docker
import docker.errors

from reconciler.engine.docker.proxy import read_proxy
from reconciler.engine.protocol import CancelledError, EngineError, Patience
from reconciler.haproxy.model import PROBE_SUFFIX
from reconciler.haproxy.runtime import ServerState
from reconciler.plan.actions import AwaitServers, Target

_FIRST_S, _LONGEST_S = 0.05, 0.5
_REST = 20
"""No pause is longer than this many times the question before it: cheap ones are asked often."""
_LOG_LINES = 5


def _tries(patience: Patience, timeout_s: float | None = None) -> Iterator[bool]:
    """Yields at growing intervals; True on the last time. Raises CancelledError."""
    deadline = time.monotonic() + (patience.timeout_s if timeout_s is None else timeout_s)
    pause = _FIRST_S
    while True:
        if patience.is_cancelled():
            raise CancelledError
        asked = time.monotonic()
        yield asked >= deadline
        if asked >= deadline:
            return
        longest = min(_LONGEST_S, (time.monotonic() - asked) * _REST)
        time.sleep(max(_FIRST_S, min(pause, longest)))
        pause *= 1.5


def await_ready(client: docker.APIClient, target: Target, patience: Patience) -> None:
    """Running, and healthy where there is a health check. Raises EngineError with the log's end."""
    health = ""
    for _ in _tries(patience):
        state = client.inspect_container(target.reference)["State"]
        health = (state.get("Health") or {}).get("Status") or "none"
        if state["Status"] == "running" and health in {"healthy", "none"}:
            return
        if state["Status"] in {"exited", "dead"}:
            raise _not_ready(client, target, f"exited with code {state['ExitCode']}")
        if state["Status"] == "restarting":
            raise _not_ready(
                client, target, f"exits with code {state['ExitCode']} and is restarted by Docker"
            )
    raise _not_ready(client, target, f"did not become healthy within {patience.timeout_s:g} s "
                     f"(Docker's health check says {health})")  # fmt: skip


def _not_ready(client: docker.APIClient, target: Target, what: str) -> EngineError:
    return EngineError(
        "not-ready",
        f"{target.name} {what}",
        details=last_log_lines(client, target.reference),
    )


def last_log_lines(client: docker.APIClient, container: str) -> list[str]:
    log = client.logs(container, tail=_LOG_LINES, stdout=True, stderr=True)
    return [line for line in log.decode(errors="replace").splitlines() if line.strip()]


def await_servers(client: docker.APIClient, action: AwaitServers, patience: Patience) -> None:
    """HAProxy's own checks passed. A server is `UP` before its first check: that counts not."""
    missing: dict[tuple[str, str], ServerState | None] = {}
    for _ in _tries(patience):
        servers = read_proxy(client, action.target.reference).servers
        there = {(s.backend, s.name): s for s in servers if is_proven(s)}
        known = {(s.backend, s.name): s for s in servers}
        missing = {key: known.get(key) for key in action.servers if key not in there}
        if not missing:
            return
    raise _servers_down(client, action, missing, patience)


def _servers_down(
    client: docker.APIClient,
    action: AwaitServers,
    missing: dict[tuple[str, str], ServerState | None],
    patience: Patience,
) -> EngineError:
    """With the end of the log of the first container that fails."""
    number, all_ = len(missing), len(action.servers)
    are_new = all(backend.endswith(PROBE_SUFFIX) for backend, _ in missing)
    kind, rest = ("new ", "; the old ones keep the traffic") if are_new else ("", "")
    details = [_describe(key, state) for key, state in list(missing.items())[:10]]
    containers = dict(zip(action.servers, action.containers, strict=False))
    first = containers.get(next(iter(missing)))
    if first is not None:
        with contextlib.suppress(docker.errors.APIError):
            lines = last_log_lines(client, first.reference)
            details += [f"last lines of {first.name}:", *(f"  {line}" for line in lines)]
    return EngineError(
        "servers-down",
        f"{number} of {all_} {kind}servers did not come up within {patience.timeout_s:g} s{rest}",
        "look at the containers' logs, their port, and the backend's `check`",
        details,
    )


def is_proven(server: ServerState) -> bool:
    return server.status == "no check" or (server.is_up and "OK" in server.check.split(" ")[0])


def _describe(key: tuple[str, str], state: ServerState | None) -> str:
    if state is None:
        return f"{key[1]}: not known to HAProxy"
    return f"{key[1]}: {state.status} {state.check}".rstrip()


def await_drained(
    client: docker.APIClient, container: str, at_most_s: float, patience: Patience
) -> None:
    """Until no old worker is left. HAProxy ends them itself at `hard-stop-after`."""
    for _ in _tries(patience, at_most_s):
        if read_proxy(client, container).old_workers == 0:
            return
    raise EngineError("not-drained", f"an old HAProxy worker is still there after {at_most_s:g} s")
