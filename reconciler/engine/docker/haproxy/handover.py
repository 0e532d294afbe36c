"""One HAProxy after another on the same listening sockets.

The new one is started with `-x` and the old one's runtime socket, and asks for its listening
sockets there (manual, "-x"; management guide, 4). Both then accept from the same queues until the
old one is told to stop, so that no connection is ever without somebody to take it.
"""

from __future__ import annotations

import contextlib

import docker
import docker.errors

from reconciler.engine.docker.exec import run_in_container
from reconciler.engine.docker.haproxy import proxy, scripts
from reconciler.engine.docker.haproxy.runtime import is_confirmed
from reconciler.engine.errors import handover_failed
from reconciler.haproxy.paths import sockets_of
from reconciler.plan.actions import Target

_GRACE_S = 5
"""For a new HAProxy that did not take over, and may have taken a connection all the same."""


def hand_over(client: docker.APIClient, old: Target, new: Target, digest: str) -> None:
    """Raises EngineError when the new one does not run its configuration: it is stopped then."""
    client.start(new.reference)
    if _is_confirmed(client, new, digest):
        sockets = [sockets_of(old.name), sockets_of(new.name)]
        run_in_container(client, new.reference, scripts.TIDY, *sockets)
        return
    hint: str = ""
    log: list[str] = []
    with contextlib.suppress(docker.errors.APIError):  # it has to stop, whatever is known of it
        hint, log = proxy.why_not_running(client, new.reference)
    client.stop(new.reference, timeout=_GRACE_S)
    raise handover_failed(hint, log)


def _is_confirmed(client: docker.APIClient, container: Target, digest: str) -> bool:
    with contextlib.suppress(docker.errors.APIError):  # it does not run any more
        return is_confirmed(client, container.reference, digest)
    return False
