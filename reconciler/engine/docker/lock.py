"""A lock that lives exactly as long as its holder.

A container's name is taken atomically, whoever asks and from whichever machine. The container
does nothing but read its standard input, which is this process's connection: when the process
dies, however it dies, the input ends, the container exits, and Docker removes it.
"""

from __future__ import annotations

import contextlib
import re
import select
from collections.abc import Iterator, Sequence
from typing import Any

import docker
import docker.errors
import requests.exceptions
from msgspec import Struct

from reconciler.desired import names
from reconciler.engine.docker.exec import closing_stream
from reconciler.engine.docker.remove import remove_container
from reconciler.engine.docker.times import engine_time, parse_time
from reconciler.engine.errors import LockedError, no_lock_image
from reconciler.engine.waiting import tries

_POLL_S = 0.2
_NEVER_STARTED_S = 20.0
"""A lock that is this old and still not started belongs to a run that died in between."""


class HeldLock(Struct, frozen=True):
    """`connection` is the container's standard input, or None where it cannot be looked at."""

    connection: Any

    def is_held(self) -> bool:
        """The container never says a word: all there can be to read is the end."""
        if self.connection is None:
            return True
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return not poll.poll(0)


@contextlib.contextmanager
def held_lock(
    client: docker.APIClient, topology: str, holder: str, images: Sequence[str], timeout_s: float
) -> Iterator[HeldLock]:
    """Hold the lock of a topology, with the first of the images that is here and has what it takes.
    Raises LockedError when another holds it for longer."""
    for image in _images_that_are_here(client, images):
        container = _acquire(client, topology, holder, image, timeout_s)
        try:
            stream = client.attach_socket(container, params={"stdin": 1, "stream": 1})
            with closing_stream(stream) as connection:
                if not _has_started(client, container):
                    continue
                _sweep(client, topology)
                over_ssh = str(client.base_url).startswith("http+docker://ssh")
                yield HeldLock(None if over_ssh else connection)
                return
        finally:
            # An engine that is gone has taken the lock with it.
            with contextlib.suppress(
                docker.errors.DockerException, requests.exceptions.RequestException, OSError
            ):
                remove_container(client, container)
    raise no_lock_image(images)


def _has_started(client: docker.APIClient, container: str) -> bool:
    """False where the image has no `cat`, as images with nothing but a program have not."""
    try:
        client.start(container)
    except docker.errors.APIError as error:
        if re.search("executable file not found|no such file", str(error), re.IGNORECASE):
            return False
        raise
    return True


def _acquire(
    client: docker.APIClient, topology: str, holder: str, image: str, timeout_s: float
) -> str:
    name = names.lock_name(topology)
    body = {
        "Image": image,
        "Entrypoint": ["cat"],
        "Cmd": [],
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "Labels": {names.TOPOLOGY: topology, names.ROLE: names.LOCK_ROLE, names.HOLDER: holder},
        "HostConfig": {"NetworkMode": "none", "AutoRemove": True, "CapDrop": ["ALL"]},
    }
    other: dict[str, Any] = {}
    for _ in tries(timeout_s, longest_s=_POLL_S):
        made, other = _made_or_held(client, name, body)
        if made:
            return made
    raise LockedError(topology, _who(other))


def _made_or_held(
    client: docker.APIClient, name: str, body: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The container that was made, or "" and who has its name. One that is gone meanwhile, or dead,
    has not: nobody waits for it. It is held as well by one that looked dead and is not, or that
    Docker cannot remove."""
    is_tried = False
    while True:
        try:
            return str(client.create_container_from_config(body, name=name)["Id"]), {}
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise
        other = _holder(client, name)
        if other is None:
            continue
        if is_tried or not (_is_dead(client, other) and _has_removed(client, other["Id"])):
            return "", other
        is_tried = True


def _images_that_are_here(client: docker.APIClient, images: Sequence[str]) -> Iterator[str]:
    for image in images:
        with contextlib.suppress(docker.errors.NotFound):
            yield str(client.inspect_image(image)["Id"])


def _holder(client: docker.APIClient, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.inspect_container(name)
    except docker.errors.NotFound:
        return None
    return found


def _is_dead(client: docker.APIClient, container: dict[str, Any]) -> bool:
    if (container["Config"].get("Labels") or {}).get(names.ROLE) != names.LOCK_ROLE:
        return False
    state = container["State"]["Status"]
    if state != "created":
        return state in {"exited", "removing", "dead"}
    return _is_stale(client, parse_time(container["Created"]))


def _is_stale(client: docker.APIClient, made_at: float) -> bool:
    """Whether a container that was never started was made long ago. One without a time is left
    alone."""
    return 0 < made_at < engine_time(client) - _NEVER_STARTED_S


def _sweep(client: docker.APIClient, topology: str) -> None:
    """Remove checks that a run made and, dying in that moment, never started: the others end by
    themselves."""
    labels = [f"{names.TOPOLOGY}={topology}", f"{names.ROLE}={names.CHECK_ROLE}"]
    for item in client.containers(all=True, filters={"label": labels, "status": "created"}):
        if _is_stale(client, item["Created"]):
            _has_removed(client, item["Id"])


def _has_removed(client: docker.APIClient, container: str) -> bool:
    """Whether a container that does not run is gone. Without force: whoever made it may be slow,
    and start it at this very moment; then Docker refuses, and it is his."""
    try:
        remove_container(client, container, even_running=False)
    except (docker.errors.APIError, requests.exceptions.RequestException):
        return False
    return True


def _who(container: dict[str, Any]) -> str:
    labels = container["Config"].get("Labels") or {}
    name = container["Name"].lstrip("/")
    return labels.get(names.HOLDER) or f"the holder of container {name}, which is not ours"
