"""HAProxy's runtime API, through its sockets: directly where this process may, else by `exec`."""

from __future__ import annotations

import docker

from reconciler.engine.docker.exec import run_in_container
from reconciler.engine.docker.haproxy import scripts
from reconciler.engine.docker.haproxy.procfs import Inside
from reconciler.engine.waiting import tries
from reconciler.haproxy.paths import RUNTIME_SOCKET, SOCKETS_VARIABLE


def ask(client: docker.APIClient, container: str, socket_path: str, command: str) -> str:
    """HAProxy's reply, "" when nobody listens. Several commands go in one with `;`.

    Raises docker's APIError when the container does not run.
    """
    said = _ask_directly(client, container, socket_path, command)
    if said is not None:
        return said
    return run_in_container(client, container, scripts.ASK_ONE, socket_path, command).text


def tell(client: docker.APIClient, container: str, socket_path: str, command: str) -> str:
    """HAProxy's reply, as from `ask`, to a command that holds secrets: it stands in no process's
    arguments."""
    said = _ask_directly(client, container, socket_path, command)
    if said is not None:
        return said
    given = f"{command}\n"
    return run_in_container(client, container, scripts.TELL_ONE, socket_path, given=given).text


def _ask_directly(
    client: docker.APIClient, container: str, socket_path: str, command: str
) -> str | None:
    """HAProxy's reply, asked through /proc; None when this process may not look in there."""
    inside = locate(client, container)
    if inside is None:
        return None
    try:
        return inside.ask(socket_path, command)
    except OSError:
        return None


def locate(client: docker.APIClient, container: str) -> Inside | None:
    """Where a running container's inside might be reached; None when that is not worth a try.

    Raises docker's APIError when there is no such container.
    """
    if not str(client.base_url).startswith("http+docker://"):
        return None  # over TCP: another machine
    found = client.inspect_container(container)
    state = found["State"]
    if not state["Running"] or state["Paused"] or not state["Pid"]:
        return None  # Docker will say so
    env = dict(entry.partition("=")[::2] for entry in found["Config"].get("Env") or ())
    return Inside(state["Pid"], found["Id"], env.get(SOCKETS_VARIABLE, ""))


def is_confirmed(client: docker.APIClient, container: str, digest: str) -> bool:
    """Whether the running worker says, within some seconds, that it runs this configuration.

    Raises docker's APIError when the container does not run.
    """
    inside = locate(client, container)
    if inside is not None:
        try:
            return any(
                f"text={digest}" in inside.ask(RUNTIME_SOCKET, "show info")
                for _ in tries(scripts.CONFIRM_S)
            )
        except OSError:
            pass  # this process may not, or the container has ended: Docker may, or will tell
    return run_in_container(client, container, scripts.CONFIRM, digest).exit_code == 0
