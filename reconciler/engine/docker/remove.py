"""Taking containers away."""

from __future__ import annotations

import contextlib

import docker
import docker.errors

_GOING_S = 20
"""A removal that is under way takes less, unless a disk hangs."""


def remove_container(
    client: docker.APIClient, container: str, *, even_running: bool = True
) -> None:
    """Returns when it is gone: also when it was, and when Docker was removing it by itself.

    Raises docker.errors.APIError and, of an engine that is gone,
    requests.exceptions.RequestException.
    """
    with contextlib.suppress(docker.errors.NotFound):
        try:
            client.remove_container(container, v=True, force=even_running)
        except docker.errors.APIError as error:
            is_going = "already in progress" in str(error)
            if error.status_code != 409 or not (even_running or is_going):
                raise
            client.wait(container, timeout=_GOING_S, condition="removed")
