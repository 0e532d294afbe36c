"""One HAProxy in place of another that has the ports: as short a gap as Docker allows.

Docker publishes a port for one container at a time, until that one has ended. So the old one gets
little time to end by itself; all that can be done before or after it is not done here. What tells
that the new one serves belongs here all the same: from then on there is no way back.
"""

from __future__ import annotations

import contextlib
import time

import docker
import docker.errors

from reconciler.engine.docker.exec import CutOffError
from reconciler.engine.docker.haproxy.proxy import why_not_running
from reconciler.engine.docker.haproxy.runtime import is_confirmed
from reconciler.engine.errors import nobody_serves, replacement_failed
from reconciler.engine.waiting import FIRST_S, tries
from reconciler.plan.actions import ReplaceProxy

BACK_S = 15.0
"""How long the way back is tried: one request that fails must not leave nobody to answer."""
GRACE_S = 0.15
"""For requests that the old HAProxy has: its listening ports are closed meanwhile."""


def replace_proxy(client: docker.APIClient, action: ReplaceProxy) -> float:
    """For how long nobody answered, in seconds. When the new one does not run its configuration,
    the old one runs again, as far as Docker lets it. Raises EngineError, or docker's APIError."""
    began = time.monotonic()
    try:
        # From here until the new one listens every connection is refused, so that nothing stands
        # between these lines that could be done before or after them.
        _end(client, action.old.reference)
        for anchor in action.old_anchors:
            client.stop(anchor.reference, timeout=0)
        for started in (*action.new_anchors, action.new):
            client.start(started.reference)
        _confirm(client, action.new.reference, action.digest)
    except Exception as error:
        if not any(_go_back(client, action) for _ in tries(BACK_S)):
            raise nobody_serves(action.old.name, error) from error
        raise
    return time.monotonic() - began


def _go_back(client: docker.APIClient, action: ReplaceProxy) -> bool:
    """Whether the old one runs again, or there is none to go back to. Each by itself: what cannot
    be undone must not keep the rest from it. Done more than once it does no harm."""
    for ended in (action.new, *action.new_anchors):
        with contextlib.suppress(Exception):
            stop(client, ended.reference, 0)
    left = [action.old, *action.old_anchors]
    for started in (*action.old_anchors, action.old):
        with contextlib.suppress(Exception):
            with contextlib.suppress(docker.errors.NotFound):
                client.start(started.reference)
            left.remove(started)
    return not left


def stop(client: docker.APIClient, container: str, grace_s: int) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        if client.inspect_container(container)["State"]["Paused"]:
            client.unpause(container)  # a paused container cannot act on its stop signal
        client.stop(container, timeout=grace_s)


def _end(client: docker.APIClient, container: str) -> None:
    """Stop a container as `docker stop` does, but without waiting in whole seconds. Being told its
    stop signal, or killed, keeps a container from being started again by its restart policy."""
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


def _confirm(client: docker.APIClient, container: str, digest: str) -> None:
    """A worker answers only when all its ports are bound, whatever the version: from 3.1 on it is
    there before that. A container that runs may hold no HAProxy at all."""
    what = "does not run its configuration"
    try:
        if is_confirmed(client, container, digest):
            return
    except (docker.errors.APIError, CutOffError):
        what = "ends as soon as it starts"
    raise replacement_failed(what, *why_not_running(client, container))
