"""Waits for servers of HAProxy, and for its workers: up, idle, drained."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection

import docker
import docker.errors

from reconciler.engine.docker.haproxy.proxy import look_at_processes, look_at_states, note_addresses
from reconciler.engine.docker.wait import last_log_lines, raise_if_ended
from reconciler.engine.errors import (
    EngineError,
    guard_tripped,
    not_drained,
    removed_meanwhile,
    servers_down,
    silent,
)
from reconciler.engine.protocol import Patience
from reconciler.engine.waiting import tries
from reconciler.haproxy.control.checks import explain_check
from reconciler.haproxy.control.replies import ServerState
from reconciler.plan.actions import AwaitIdle, AwaitServers, GuardServers, Target

Server = tuple[str, str]
"""A backend, and the host that one of its servers points to."""


def await_servers(client: docker.APIClient, action: AwaitServers, patience: Patience) -> None:
    """Wait until HAProxy's own checks have passed, and still do after `steady_s`."""
    patience = patience.within(action.timeout_s)
    missing: dict[Server, ServerState | None] = dict.fromkeys(action.servers)
    proven_at: float | None = None
    for _ in tries(patience.timeout_s + action.steady_s, patience.is_cancelled):
        states = _states(client, action.target)
        if states is None:
            continue
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
            note_addresses(client, action.target.reference)
            return
    raise _servers_down(client, action, missing, patience)


def _states(client: docker.APIClient, target: Target) -> dict[Server, ServerState] | None:
    """The states of servers; None while HAProxy is silent: who waits then looks again."""
    states = look_at_states(client, target.reference)
    return None if states is None else {(s.backend, s.host): s for s in states}


def _raise_if_ended(
    client: docker.APIClient, action: AwaitServers, missing: Collection[Server]
) -> None:
    """A container that has ended will not come up, however long one waits."""
    for key, target in zip(action.servers, action.containers, strict=False):
        if key not in missing:
            continue
        try:
            inspected = client.inspect_container(target.reference)
        except docker.errors.NotFound:
            raise removed_meanwhile(target.name) from None
        raise_if_ended(client, target, inspected)


def _servers_down(
    client: docker.APIClient,
    action: AwaitServers,
    missing: dict[Server, ServerState | None],
    patience: Patience,
) -> EngineError:
    """The error for servers that are down, with the end of the log of the first container that
    fails."""
    number, all_ = len(missing), len(action.servers)
    details = [_describe(key, state) for key, state in list(missing.items())[:10]]
    containers = dict(zip(action.servers, action.containers, strict=False))
    first = containers.get(next(iter(missing)))
    if first is not None:
        with contextlib.suppress(docker.errors.APIError):
            lines = last_log_lines(client, first.reference)
            said = [f"last lines of {first.name}:", *(f"  {line}" for line in lines)]
            details += said if lines else [f"{first.name} has logged nothing"]
    did = "did not stay up" if action.steady_s else "did not come up"
    period = f"for {action.steady_s:g} s" if action.steady_s else f"within {patience.timeout_s:g} s"
    return servers_down(f"{number} of {all_} servers {did} {period}", details)


def _describe(key: Server, state: ServerState | None) -> str:
    if state is None:
        return f"{key[1]}: not known to HAProxy"
    return f"{key[1]}: {state.status} {explain_check(state.check)}".rstrip()


def guard_servers(client: docker.APIClient, action: GuardServers, patience: Patience) -> None:
    """Watch new servers for a time. Raises EngineError when too many requests fail on them."""
    guard, before = action.guard, _states(client, action.target)
    for is_last in tries(guard.window_s, patience.is_cancelled):
        now = _states(client, action.target)
        before = before if before is not None else now
        if before is None or now is None:
            if is_last:
                raise silent()  # nobody has seen how they do
            continue
        pairs = [(before[key], now[key]) for key in action.servers if key in before and key in now]
        requests = sum(new.requests - old.requests for old, new in pairs)
        errors = sum(new.errors - old.errors for old, new in pairs)
        enough = requests >= guard.min_requests or is_last
        if requests and enough and errors / requests > guard.max_errors:
            raise guard_tripped(
                f"{errors} of {requests} requests to new servers failed, more than "
                f"{guard.max_errors:.1%}"
            )


def await_idle(client: docker.APIClient, action: AwaitIdle, patience: Patience) -> None:
    """Wait until drained servers have nothing left to do, or their time is over. One that this
    worker has sent nobody to may have clients from before it began; one that is down gets none any
    more, though what it has begun may still come to its end."""
    began = time.monotonic()
    for _ in tries(action.at_most_s, patience.is_cancelled):
        waited_s = time.monotonic() - began
        states = _states(client, action.target)
        if states is None:
            continue
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
    """Wait until no old worker is left. HAProxy ends them itself at `hard-stop-after`."""
    for _ in tries(at_most_s, patience.is_cancelled):
        processes = look_at_processes(client, container)
        if processes is not None and processes.old_workers == 0:
            return
    raise not_drained(at_most_s)
