"""Waits for containers: each asks again until it holds, the user stops it, or its time is over."""

from __future__ import annotations

import time
from typing import Any

import docker
import docker.errors

from reconciler.engine.errors import (
    EngineError,
    exited,
    job_failed,
    not_ready,
    removed_meanwhile,
    restarted,
    stopped_after,
)
from reconciler.engine.protocol import Patience
from reconciler.engine.waiting import tries
from reconciler.plan.actions import AwaitSteady, Target

_LOG_LINES = 5
_WELL = frozenset({"healthy", "none"})
_LOOK_S = 0.25
"""How often many containers are looked at that only have to go on."""


def await_ready(client: docker.APIClient, target: Target, patience: Patience) -> None:
    """Running, and healthy where there is a health check. Raises EngineError with the log's end."""
    health = ""
    for _ in tries(patience.timeout_s, patience.is_cancelled):
        inspected = client.inspect_container(target.reference)
        state = inspected["State"]
        health = _health(state)
        if state["Status"] == "running" and health in _WELL:
            return
        raise_if_ended(client, target, inspected)
    raise not_ready(
        target.name,
        f"did not become healthy within {patience.timeout_s:g} s "
        f"(Docker's health check says {health})",
        [*_last_check(state), *last_log_lines(client, target.reference)],
    )


def await_steady(client: docker.APIClient, action: AwaitSteady, patience: Patience) -> None:
    """Wait as long as all containers must stay ready, each in the run in which it was when it was
    first looked at. Raises EngineError when one does not."""
    runs: dict[Target, str] = {}
    first = time.monotonic()
    for _ in tries(action.longest_s, patience.is_cancelled, least_s=_LOOK_S):
        is_checked = True
        for target in action.targets:
            inspected = client.inspect_container(target.reference)
            state = inspected["State"]
            raise_if_ended(client, target, inspected)
            if runs.setdefault(target, state["StartedAt"]) != state["StartedAt"]:
                raise restarted(target.name, last_log_lines(client, target.reference))
            if state["Status"] != "running" or _health(state) not in _WELL:
                raise unready(client, target, f"did not stay ready for {action.longest_s:g} s")
            is_checked = is_checked and _health(state) != "none"
        if is_checked and time.monotonic() - first >= action.steady_s:
            return


def raise_if_ended(client: docker.APIClient, target: Target, inspected: dict[str, Any]) -> None:
    """Raise the error for a container that has ended: it does not become ready, however long one
    waits."""
    state = inspected["State"]
    if state["Status"] in {"exited", "dead"}:
        raise unready(client, target, _ending(inspected))
    if state["Status"] == "restarting":
        lines = last_log_lines(client, target.reference)
        raise restarted(target.name, [_ending(inspected), *lines])


def _ending(inspected: dict[str, Any]) -> str:
    """How a container has ended, with the reason where Docker knows it."""
    state, limit = inspected["State"], inspected["HostConfig"].get("Memory")
    told = exited(state["ExitCode"])
    if state.get("OOMKilled"):
        told += ": out of memory" + (f", of which it has {limit / 2**20:g} MiB" if limit else "")
    elif state.get("Error"):
        told += f": {state['Error']}"
    return told


def _last_check(state: dict[str, Any]) -> list[str]:
    """What Docker's health check said last."""
    checks = (state.get("Health") or {}).get("Log") or [{}]
    said = str(checks[-1].get("Output") or "").strip().splitlines()
    return [f"its health check says: {line}" for line in said[-1:]]


def _health(state: dict[str, Any]) -> str:
    return (state.get("Health") or {}).get("Status") or "none"


def await_exit(
    client: docker.APIClient, target: Target, timeout_s: float, patience: Patience
) -> None:
    """Wait until a container has ended with success. One that takes too long is stopped, not left
    to itself."""
    for _ in tries(timeout_s, patience.is_cancelled):
        try:
            inspected = client.inspect_container(target.reference)
        except docker.errors.NotFound:
            raise removed_meanwhile(target.name) from None
        state = inspected["State"]
        if state["Status"] not in {"exited", "dead"}:
            continue
        if state["ExitCode"] == 0:
            return
        lines = last_log_lines(client, target.reference)
        raise job_failed(target.name, _ending(inspected), lines)
    client.stop(target.reference)
    raise job_failed(
        target.name, stopped_after(timeout_s), last_log_lines(client, target.reference)
    )


def unready(client: docker.APIClient, target: Target, what: str) -> EngineError:
    """The error for a container that is not ready, with the end of its log."""
    return not_ready(target.name, what, last_log_lines(client, target.reference))


def last_log_lines(
    client: docker.APIClient, container: str, at_most: int = _LOG_LINES
) -> list[str]:
    log = client.logs(container, tail=at_most, stdout=True, stderr=True)
    return [line for line in log.decode(errors="replace").splitlines() if line.strip()]
