"""One HAProxy in place of another that has the ports: as short a gap as Docker allows.

Docker publishes a port for one container at a time, until that one has ended. So the old one gets
little time to end by itself; all that can be done before or after it is not done here.
"""

from __future__ import annotations

import contextlib
import time

import docker
import docker.errors

from reconciler.plan.actions import ReplaceProxy

GRACE_S = 0.15
"""For requests that the old HAProxy has: its listening ports are closed meanwhile."""
_STEP_S = 0.02
_OPEN_WITHIN_S = 10.0


def replace_proxy(client: docker.APIClient, action: ReplaceProxy) -> float:
    """For how long nobody listened, in seconds. When the new one cannot start, the old one does."""
    began = time.monotonic()
    _end(client, action.old.reference)
    try:
        for anchor in action.old_anchors:
            client.stop(anchor.reference, timeout=0)
        for started in (*action.new_anchors, action.new):
            client.start(started.reference)
    except docker.errors.APIError:
        for anchor in action.new_anchors:
            stop(client, anchor.reference, 0)
        for started in (*action.old_anchors, action.old):
            client.start(started.reference)
        raise
    _await_listening(client, action.new.reference)
    return time.monotonic() - began


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
        client.kill(container, inspected["Config"].get("StopSignal") or "SIGUSR1")
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline:
            if not client.inspect_container(container)["State"]["Running"]:
                break
            time.sleep(_STEP_S)
        client.stop(container, timeout=0)  # returns when its ports are free
    except docker.errors.NotFound:
        return


def _await_listening(client: docker.APIClient, container: str) -> None:
    """HAProxy has a worker only after all its ports are bound: two processes are enough to see."""
    deadline = time.monotonic() + _OPEN_WITHIN_S
    with contextlib.suppress(docker.errors.APIError):  # it ended: the step that confirms says why
        while time.monotonic() < deadline:
            if len(client.top(container)["Processes"] or ()) > 1:
                return
            time.sleep(_STEP_S)
