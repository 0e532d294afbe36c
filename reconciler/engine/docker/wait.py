"""Waits for containers: each asks again until it holds, the user stops it, or its time is over."""

from __future__ import annotations

import time

import docker
import docker.errors

from reconciler.engine.errors import (
    EngineError,
    exited,
    job_failed,
    not_ready,
    removed_meanwhile,
    stopped_after,
)
from reconciler.engine.protocol import Patience
from reconciler.engine.waiting import tries
from reconciler.plan.actions import Target

_LOG_LINES = 5


def await_ready(
    client: docker.APIClient, target: Target, patience: Patience, steady_s: float = 0.0
) -> None:
    """Running, and healthy where there is a health check; still so, and never started anew, after
    `steady_s`. Raises EngineError with the log's end."""
    health, since = "", ("", 0.0)
    for _ in tries(patience.timeout_s + steady_s, patience.is_cancelled):
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
            raise unready(client, target, exited(state["ExitCode"]))
        if state["Status"] == "restarting":
            raise unready(
                client, target, f"exits with code {state['ExitCode']} and is restarted by Docker"
            )
    raise unready(
        client,
        target,
        f"did not become healthy within {patience.timeout_s:g} s "
        f"(Docker's health check says {health})",
    )


def await_exit(
    client: docker.APIClient, target: Target, timeout_s: float, patience: Patience
) -> None:
    """Until it has ended with success. One that takes too long is stopped, not left to itself."""
    for _ in tries(timeout_s, patience.is_cancelled):
        try:
            state = client.inspect_container(target.reference)["State"]
        except docker.errors.NotFound:
            raise removed_meanwhile(target.name) from None
        if state["Status"] not in {"exited", "dead"}:
            continue
        if state["ExitCode"] == 0:
            return
        killed = " (out of memory)" if state.get("OOMKilled") else ""
        what = exited(state["ExitCode"]) + killed
        raise job_failed(target.name, what, last_log_lines(client, target.reference))
    client.stop(target.reference)
    raise job_failed(
        target.name, stopped_after(timeout_s), last_log_lines(client, target.reference)
    )


def unready(client: docker.APIClient, target: Target, what: str) -> EngineError:
    """With the end of the container's log."""
    return not_ready(target.name, what, last_log_lines(client, target.reference))


def last_log_lines(
    client: docker.APIClient, container: str, at_most: int = _LOG_LINES
) -> list[str]:
    log = client.logs(container, tail=at_most, stdout=True, stderr=True)
    return [line for line in log.decode(errors="replace").splitlines() if line.strip()]
