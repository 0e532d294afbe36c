"""Docker as the tests see it, past the tool: what is there, and what others do to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker.errors
from docker.utils.socket import frames_iter

from reconciler.desired import names
from reconciler.engine.docker.exec import closing_stream
from tests.engine import api_client
from tests.images import ECHO
from tests.integration.support.waiting import await_true


class World:
    """A Docker engine, that of the environment or at a URL. `api` is the SDK's low-level client."""

    def __init__(self, url: str = "") -> None:
        self.api: Any = api_client(timeout=60, **({"base_url": url} if url else {}))
        self.api.ping()

    def close(self) -> None:
        self.api.close()

    # -- looking ----------------------------------------------------------------------------

    def containers(self, topology: str, *, role: str | None = None) -> list[dict[str, Any]]:
        """Inspections of all containers with the topology's label, by slot."""
        filters = [f"{names.TOPOLOGY}={topology}"]
        if role is not None:
            filters.append(f"{names.ROLE}={role}")
        found = []
        for item in self.api.containers(all=True, filters={"label": filters}):
            with contextlib.suppress(docker.errors.NotFound):
                found.append(self.api.inspect_container(item["Id"]))
        return sorted(found, key=lambda c: (slot_of(c), c["Name"]))

    def leftovers(self, topology: str, *, volumes: bool = True) -> list[str]:
        """Names of all that carries the topology's label."""
        filters = {"label": [f"{names.TOPOLOGY}={topology}"]}
        found = [c["Names"][0] for c in self.api.containers(all=True, filters=filters)]
        found += [n["Name"] for n in self.api.networks(filters=filters)]
        if volumes:
            found += [v["Name"] for v in self.api.volumes(filters=filters).get("Volumes") or ()]
        return found

    def sweep(self, topology: str) -> None:
        """Remove all that carries the topology's label, whatever it takes."""
        filters = {"label": [f"{names.TOPOLOGY}={topology}"]}
        found = [item["Id"] for item in self.api.containers(all=True, filters=filters)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.remove, found))
        for item in self.api.networks(filters=filters):
            with contextlib.suppress(docker.errors.APIError):
                self.api.remove_network(item["Id"])
        for item in self.api.volumes(filters=filters).get("Volumes") or ():
            with contextlib.suppress(docker.errors.APIError):
                self.api.remove_volume(item["Name"])

    def workers(self, container: str) -> set[int]:
        """Process ids of HAProxy's workers, old ones included: the master's children."""
        master = self.api.inspect_container(container)["State"]["Pid"]
        top = self.api.top(container)
        pid, parent = top["Titles"].index("PID"), top["Titles"].index("PPID")
        return {int(p[pid]) for p in top["Processes"] if int(p[parent]) == master}

    def run_in(self, container: str, *argv: str, user: str = "") -> str:
        """All that a command says. It begins when it is told to: what it said before the SDK has
        read the head of Docker's answer would be read with the head, and lost."""
        waiting = ["sh", "-c", 'read -r go; exec "$@" </dev/null', "sh", *argv]
        made = self.api.exec_create(container, waiting, stdin=True, user=user)
        with closing_stream(self.api.exec_start(made["Id"], socket=True)) as connection:
            connection.sendall(b"\n")
            said = b"".join(data for _, data in frames_iter(connection, tty=False))
        return said.decode(errors="replace")

    # -- doing ------------------------------------------------------------------------------

    def remove(self, container: str) -> None:
        with contextlib.suppress(docker.errors.APIError):
            self.api.remove_container(container, force=True, v=True)
        await_true(lambda: not self._is_there(container), f"container {container[:12]} is gone")

    def _is_there(self, container: str) -> bool:
        try:
            self.api.inspect_container(container)
        except docker.errors.NotFound:
            return False
        return True

    @contextlib.contextmanager
    def foreign_container(self, name: str | None = None, **body: Any) -> Iterator[str]:
        """Somebody else's: without any label of ours unless `Labels` says so."""
        made = self.api.create_container_from_config({"Image": ECHO, **body}, name=name)["Id"]
        try:
            self.api.start(made)
            yield made
        finally:
            self.remove(made)

    @contextlib.contextmanager
    def foreign_network(self, name: str) -> Iterator[str]:
        made = self.api.create_network(name, driver="bridge", check_duplicate=True)["Id"]
        try:
            yield made
        finally:
            self.api.remove_network(made)

    @contextlib.contextmanager
    def tag(self, image: str) -> Iterator[str]:
        """Another name for an image; it can be moved with `move_tag`."""
        name = f"reconciler-test/moving:{id(self):x}-{len(image)}-{_serial()}"
        self.move_tag(name, image)
        try:
            yield name
        finally:
            with contextlib.suppress(docker.errors.APIError):
                self.api.remove_image(name, noprune=True, force=True)

    def move_tag(self, name: str, image: str) -> None:
        repository, _, tag = name.rpartition(":")
        self.api.tag(image, repository, tag, force=True)


def _serial() -> str:
    from tests.integration.support.ports import random_name  # noqa: PLC0415

    return random_name("t")


def slot_of(inspected: dict[str, Any]) -> str:
    """`web-1`, `haproxy` or `anchor`."""
    labels = inspected["Config"]["Labels"]
    if labels[names.ROLE] == names.SERVER_ROLE:
        return f"{labels[names.BACKEND]}-{labels[names.SLOT]}"
    return str(labels[names.ROLE]).replace(names.PROXY_ROLE, "haproxy")
