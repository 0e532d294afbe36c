"""Waits: each asks again until it holds, the user stops it, or its time is over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator

import docker
import docker.errors

from reconciler.engine.docker.proxy import read_proxy, read_states
from reconciler.engine.protocol import (
    CancelledError,
    EngineError,
    Patience,
    job_failed,
    removed_meanwhile,
)
from reconciler.haproxy.runtime import ServerState
from reconciler.plan.actions import AwaitIdle, AwaitServers, GuardServers, Target

_FIRST_S, _LONGEST_S = 0.02, 0.5
_REST = 20
"""No pause is longer than this many times the question before it: cheap ones are asked often."""
_LOG_LINES = 5

Server = tuple[str, str]
"""A backend, and the host that one of its servers points to."""


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


def await_ready(
    client: docker.APIClient, target: Target, patience: Patience, steady_s: float = 0.0
) -> None:
    """Running, and healthy where there is a health check; still so, and never started anew, after
    `steady_s`. Raises EngineError with the log's end."""
    health, since = "", ("", 0.0)
    for _ in _tries(patience, patience.timeout_s + steady_s):
        state = client.inspect_container(target.reference)["State"]
        health = (state.get("Health") or {}).get("Status") or "none"
        if state["Status"] == "running" and health in {"healthy", "none"}:
            if state["StartedAt"] != since[0]:
                since = (state["StartedAt"], time.monotonic())
            if time.monotonic() - since[1] >= steady_s:
                return
            continue
        since = ("", 0.0)
        if state["Status"] in {"exited", "dead"}:
            raise _not_ready(client, target, f"exited with code {state['ExitCode']}")
        if state["Status"] == "restarting":
            raise _not_ready(
                client, target, f"exits with code {state['ExitCode']} and is restarted by Docker"
            )
    raise _not_ready(client, target, f"did not become healthy within {patience.timeout_s:g} s "
                     f"(Docker's health check says {health})")  # fmt: skip


def await_exit(
    client: docker.APIClient, target: Target, timeout_s: float, patience: Patience
) -> None:
    """Until it has ended with success. One that takes too long is stopped, not left to itself."""
    for _ in _tries(patience, timeout_s):
        try:
            state = client.inspect_container(target.reference)["State"]
        except docker.errors.NotFound:
            raise removed_meanwhile(target.name) from None
        if state["Status"] not in {"exited", "dead"}:
            continue
        if state["ExitCode"] == 0:
            return
        killed = " (out of memory)" if state.get("OOMKilled") else ""
        what = f"exited with code {state['ExitCode']}{killed}"
        raise job_failed(target.name, what, last_log_lines(client, target.reference))
    client.stop(target.reference)
    what = f"did not end within {timeout_s:g} s, and was stopped"
    raise job_failed(target.name, what, last_log_lines(client, target.reference))


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
    """HAProxy's own checks have passed, and still do after `steady_s`."""
    patience = patience.within(action.timeout_s)
    missing: dict[Server, ServerState | None] = {}
    proven_at: float | None = None
    for _ in _tries(patience, patience.timeout_s + action.steady_s):
        states = _states(client, action.target)
        missing = {
            key: states.get(key)
            for key in action.servers
            if (state := states.get(key)) is None or not state.is_proven
        }
        if missing:
            if proven_at is not None:
                break  # it was up and is not: that is what `steady_s` is to find
            _raise_if_ended(client, action, missing)
            continue
        proven_at = proven_at or time.monotonic()
        if time.monotonic() - proven_at >= action.steady_s:
            return
    raise _servers_down(client, action, missing, patience)


def _states(client: docker.APIClient, target: Target) -> dict[Server, ServerState]:
    return {(s.backend, s.host): s for s in read_states(client, target.reference)}


def _raise_if_ended(
    client: docker.APIClient, action: AwaitServers, missing: Collection[Server]
) -> None:
    """A container that has ended will not come up, however long one waits."""
    for key, target in zip(action.servers, action.containers, strict=False):
        if key not in missing:
            continue
        try:
            state = client.inspect_container(target.reference)["State"]
        except docker.errors.NotFound:
            raise removed_meanwhile(target.name) from None
        if state["Status"] in {"exited", "dead"}:
            raise _not_ready(client, target, f"exited with code {state['ExitCode']}")
        if state["Status"] == "restarting":
            raise _not_ready(client, target, f"exits with code {state['ExitCode']} and is "
                             "restarted by Docker")  # fmt: skip


def _servers_down(
    client: docker.APIClient,
    action: AwaitServers,
    missing: dict[Server, ServerState | None],
    patience: Patience,
) -> EngineError:
    """With the end of the log of the first container that fails."""
    number, all_ = len(missing), len(action.servers)
    details = [_describe(key, state) for key, state in list(missing.items())[:10]]
    containers = dict(zip(action.servers, action.containers, strict=False))
    first = containers.get(next(iter(missing)))
    if first is not None:
        with contextlib.suppress(docker.errors.APIError):
            lines = last_log_lines(client, first.reference)
            details += [f"last lines of {first.name}:", *(f"  {line}" for line in lines)]
    did = "did not stay up" if action.steady_s else "did not come up"
    period = f"for {action.steady_s:g} s" if action.steady_s else f"within {patience.timeout_s:g} s"
    return EngineError(
        "servers-down",
        f"{number} of {all_} servers {did} {period}",
        "look at the containers' logs, their port, and the backend's `check`",
        details,
    )


def _describe(key: Server, state: ServerState | None) -> str:
    if state is None:
        return f"{key[1]}: not known to HAProxy"
    return f"{key[1]}: {state.status} {state.check}".rstrip()


def guard_servers(client: docker.APIClient, action: GuardServers, patience: Patience) -> None:
    """Watch new servers for a time. Raises EngineError when too many requests fail on them."""
    guard, before = action.guard, _states(client, action.target)
    for is_last in _tries(patience, guard.window_s):
        now = _states(client, action.target)
        pairs = [(before[key], now[key]) for key in action.servers if key in before and key in now]
        requests = sum(new.requests - old.requests for old, new in pairs)
        errors = sum(new.errors - old.errors for old, new in pairs)
        enough = requests >= guard.min_requests or is_last
        if requests and enough and errors / requests > guard.max_errors:
            raise EngineError(
                "guard-tripped",
                f"{errors} of {requests} requests to new servers failed, more than "
                f"{guard.max_errors:.1%}",
                "look at the new containers' logs; `rollout.guard` sets what is tolerated",
            )


def await_idle(client: docker.APIClient, action: AwaitIdle, patience: Patience) -> None:
    """Until nothing is left to do for servers that are drained, or their time is over. One that
    this worker has sent nobody to may have clients from before it began; one that is down gets
    none any more, though what it has begun may still come to its end."""
    began = time.monotonic()
    for _ in _tries(patience, action.at_most_s):
        waited_s = time.monotonic() - began
        states = _states(client, action.target)
        there = [states[key] for key in action.servers if key in states]
        if not any(s.sessions or _may_be_asked(s, waited_s, action.quiet_s) for s in there):
            return


def _may_be_asked(server: ServerState, waited_s: float, quiet_s: float) -> bool:
    """Whether a client may come back to it that was away for less than `quiet_s`."""
    since = waited_s if server.asked_s is None else server.asked_s
    return server.is_in_reach and since < quiet_s


def await_drained(
    client: docker.APIClient, container: str, at_most_s: float, patience: Patience
) -> None:
    """Until no old worker is left. HAProxy ends them itself at `hard-stop-after`."""
    for _ in _tries(patience, at_most_s):
        if read_proxy(client, container).old_workers == 0:
            return
    raise EngineError("not-drained", f"an old HAProxy worker is still there after {at_most_s:g} s")
