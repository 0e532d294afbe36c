"""One HAProxy in place of another that has the ports: as short a gap as Docker allows.

Docker publishes a port for one container at a time, until that one has ended. So the old one gets
little time to end by itself; all that can be done before or after it is not done here.
"""

from __future__ import annotations

import contextlib
import time

import docker
import docker.errors

from reconciler.engine.docker.haproxy.proxy import hint_of
from reconciler.engine.docker.wait import last_log_lines
from reconciler.engine.errors import EngineError
from reconciler.engine.waiting import FIRST_S, tries
from reconciler.plan.actions import ReplaceProxy

GRACE_S = 0.15
"""For requests that the old HAProxy has: its listening ports are closed meanwhile."""
_OPEN_WITHIN_S = 10.0


def replace_proxy(client: docker.APIClient, action: ReplaceProxy) -> float:
    """For how long nobody listened, in seconds. When the new one does not run, the old one does
    again. Raises EngineError, or docker's APIError."""
    began = time.monotonic()
    try:
        _end(client, action.old.reference)
        for anchor in action.old_anchors:
            client.stop(anchor.reference, timeout=0)
        for started in (*action.new_anchors, action.new):
            client.start(started.reference)
        _await_listening(client, action.new.reference)
    except Exception:
        _go_back(client, action)
        raise
    return time.monotonic() - began


def _go_back(client: docker.APIClient, action: ReplaceProxy) -> None:
    """Each by itself: what cannot be undone must not keep the rest from it."""
    for ended in (action.new, *action.new_anchors):
        with contextlib.suppress(Exception):
            stop(client, ended.reference, 0)
    for started in (*action.old_anchors, action.old):
        with contextlib.suppress(Exception):
            client.start(started.reference)


def stop(client: docker.APIClient, container: str, grace_s: int) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        if client.inspect_container(container)["State"]["Paused"]:
            client.unpause(container)  # a paused container cannot act on its stop signal
        client.stop(container, timeout=grace_s)


def _end(client: docker.APIClient, container: str) -> None:
    """As `docker stop`, which counts in whole seconds. Being told its stop signal, or killed, keeps
    a container from being started again by its restart policy."""
    try:
        inspected = client.inspect_container(container)
        if inspected["State"]["Status"] != "running":
            stop(client, container, 0)
            return
        with contextlib.suppress(docker.errors.APIError):  # it ends at this very moment
            client.kill(container, inspected["Config"].get("StopSignal") or "SIGUSR1")
        for _ in tries(GRACE_S, longest_s=FIRST_S):
            if not client.inspect_container(container)["State"]["Running"]:
                break
        client.stop(container, timeout=0)  # returns when its ports are free
    except docker.errors.NotFound:
        return


def _await_listening(client: docker.APIClient, container: str) -> None:
    """HAProxy has a worker only after all its ports are bound: two processes are enough to see."""
    for _ in tries(_OPEN_WITHIN_S, longest_s=FIRST_S):
        try:
            processes = client.top(container)["Processes"] or ()
        except docker.errors.APIError as error:
            raise _not_running(client, container) from error
        if len(processes) > 1:
            return


def _not_running(client: docker.APIClient, container: str) -> EngineError:
    log = last_log_lines(client, container)
    return EngineError(
        "proxy-not-running",
        "the new HAProxy ends as soon as it starts; the old one serves again",
        hint_of(log),
        log,
    )
