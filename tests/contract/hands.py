"""Two pairs of hands: on Docker through its SDK, and in memory."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import tarfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker

from reconciler.desired.spec import Attachment, PublishedPort
from reconciler.engine.memory import Image, World
from reconciler.haproxy.paths import CONFIG_PATH, FILES_DIRECTORY
from tests.engine import api_client
from tests.images import ECHO, HAPROXY, OTHER_HAPROXY
from tests.integration.support.waiting import LONGEST_S, await_true


class MemoryHand:
    """The world's own methods, with the names of images for what they are."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world, name)

    def read_files(self, reference: str) -> dict[str, bytes]:
        return dict(self.world.get(reference).files)

    def read_mounted(self, reference: str, path: str) -> tuple[bytes, int, int, int]:
        file = self.world.get(reference).mounted[path]
        return file.content, file.mode, file.uid, file.gid

    def shown_certificate(self, reference: str, name: str, port: int) -> bytes:  # noqa: ARG002  # data has no port
        text = self.world.get(reference).loaded_files[name]
        return text[: text.index(b"-----BEGIN PRIVATE KEY")]

    def hide_sockets(self, reference: str) -> None:
        self.world.get(reference).is_readable = False

    def sicken(self, reference: str) -> None:
        self.world.get(reference).is_sick = True

    def heal(self, reference: str) -> None:
        self.world.get(reference).is_sick = False

    def turn_unhealthy(self, reference: str) -> None:
        self.world.turn(reference, healthy=False)

    def end_jobs_with(self, code: int | None) -> None:
        self.world.images[ECHO].job_exit_code = code

    def let_crash(self) -> None:
        self.world.images[ECHO].crashes = True

    def add_volume(self, name: str) -> None:
        self.world.volumes[name] = ""

    def move_tag(self, reference: str, image: str) -> None:
        self.world.move_tag(reference, self.world.images[image])

    @contextlib.contextmanager
    def hold_connection(self, reference: str, port: int) -> Iterator[None]:  # noqa: ARG002  # data has no port
        self.world.get(reference).is_busy = True
        yield
        self.world.get(reference).is_busy = False

    @contextlib.contextmanager
    def send_requests(self, port: int, *, bad: bool) -> Iterator[None]:  # noqa: ARG002  # data has no port
        self.world.images[ECHO].errs = bad
        yield
        self.world.images[ECHO].errs = False


def memory_world() -> World:
    world = World()
    for reference in (ECHO, HAPROXY, OTHER_HAPROXY):
        world.images[reference] = Image(world.new_id("image", reference))
    world.unavailable.add("127.0.0.1:1/nothing/here:1")
    return world


class DockerHand:
    """Remembers what it made, and removes that and no more."""

    def __init__(self) -> None:
        self.client = api_client(timeout=60)
        self.containers: list[str] = []
        self.networks: list[str] = []
        self.volumes: list[str] = []
        self.tags: list[str] = []

    def end_jobs_with(self, code: int | None) -> None:
        """Their scripts do."""

    def let_crash(self) -> None:
        """Their command does."""

    def start(self, reference: str) -> None:
        self.client.start(reference)

    def stop(self, reference: str) -> None:
        self.client.stop(reference, timeout=5)

    def kill(self, reference: str) -> None:
        self.client.kill(reference)

    def pause(self, reference: str) -> None:
        self.client.pause(reference)

    def remove(self, reference: str) -> None:
        self.client.remove_container(reference, force=True)

    def rename(self, reference: str, name: str) -> None:
        self.client.rename(reference, name)

    def connect(self, reference: str, attachment: Attachment) -> None:
        self.client.connect_container_to_network(
            reference, attachment.network, aliases=list(attachment.aliases)
        )

    def disconnect(self, reference: str, network: str) -> None:
        self.client.disconnect_container_from_network(reference, network)

    def set_limits(self, reference: str, *, memory_bytes: int, restart: str) -> None:
        self.client.update_container(
            reference,
            mem_limit=memory_bytes,
            memswap_limit=memory_bytes * 2,
            restart_policy={"Name": restart},
        )

    def edit_config(self, reference: str, text: str) -> None:
        entry = tarfile.TarInfo(CONFIG_PATH.lstrip("/"))
        entry.size, entry.mode, entry.uid, entry.gid = len(text.encode()), 0o644, 99, 99
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.addfile(entry, io.BytesIO(text.encode()))
        self.client.put_archive(reference, "/", buffer.getvalue())

    def reload(self, reference: str) -> None:
        """A signal says nothing: wait until the master shows a worker from before."""
        before = self._workers(reference)
        self.client.kill(reference, "SIGUSR2")
        await_true(lambda: (self._workers(reference) or before) != before, "another worker")

    def read_files(self, reference: str) -> dict[str, bytes]:
        try:
            chunks, _ = self.client.get_archive(reference, FILES_DIRECTORY)
        except docker.errors.NotFound:
            return {}
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            inside = [entry for entry in archive.getmembers() if entry.isfile()]
            assert {(e.mode & 0o777, e.uid, e.gid) for e in inside} <= {(0o600, 99, 99)}
            files = {e.name.rpartition("/")[2]: archive.extractfile(e) for e in inside}
            return {name: file.read() for name, file in files.items() if file is not None}

    def read_mounted(self, reference: str, path: str) -> tuple[bytes, int, int, int]:
        chunks, _ = self.client.get_archive(reference, path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            (entry,) = archive.getmembers()
            file = archive.extractfile(entry)
            assert file is not None
            return file.read(), entry.mode & 0o7777, entry.uid, entry.gid

    def shown_certificate(self, reference: str, name: str, port: int) -> bytes:  # noqa: ARG002  # the port leads there
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=LONGEST_S).encode()

    def _workers(self, reference: str) -> set[str]:
        rows = self.client.top(reference)["Processes"]
        return {row[1] for row in rows}

    def hide_sockets(self, reference: str) -> None:
        """No link is followed from outside, and inside there is nothing to ask with."""
        script = f"mv {CONFIG_PATH} /tmp/cfg && ln -s /tmp/cfg {CONFIG_PATH} && rm /usr/bin/perl"
        made = self.client.exec_create(reference, ["sh", "-c", script], user="0")
        self.client.exec_start(made["Id"])

    def sicken(self, reference: str) -> None:
        made = self.client.exec_create(reference, ["touch", "/tmp/unhealthy"], user="0")
        self.client.exec_start(made["Id"])

    def heal(self, reference: str) -> None:
        made = self.client.exec_create(reference, ["rm", "-f", "/tmp/unhealthy"], user="0")
        self.client.exec_start(made["Id"])

    def turn_unhealthy(self, reference: str) -> None:
        made = self.client.exec_create(reference, ["touch", "/tmp/ill"], user="0")
        self.client.exec_start(made["Id"])

    def add_network(self, name: str) -> object:
        self.networks.append(self.client.create_network(name, check_duplicate=True)["Id"])
        return self.networks[-1]

    def remove_network(self, reference: str) -> None:
        self.client.remove_network(reference)

    def add_volume(self, name: str) -> None:
        self.client.create_volume(name)
        self.volumes.append(name)

    def move_tag(self, reference: str, image: str) -> None:
        repository, _, tag = reference.rpartition(":")
        self.client.tag(image, repository, tag)
        self.tags.append(reference)

    def run(
        self, name: str, *, ports: Sequence[PublishedPort] = (), networks: Sequence[str] = ()
    ) -> object:
        bindings = {
            f"{p.container_port}/{p.protocol}": [
                {"HostIp": p.address or "", "HostPort": str(p.host_port)}
            ]
            for p in ports
        }
        mode = {"NetworkMode": networks[0]} if networks else {}
        body = {
            "Image": ECHO,
            "ExposedPorts": {key: {} for key in bindings},
            "HostConfig": {"PortBindings": bindings, **mode},
        }
        container = self.client.create_container_from_config(body, name=name)["Id"]
        self.containers.append(container)
        self.client.start(container)
        return container

    @contextlib.contextmanager
    def hold_connection(self, reference: str, port: int) -> Iterator[None]:  # noqa: ARG002  # the port leads there
        """A slow answer: its worker cannot end before it, or `hard-stop-after`."""
        with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_S) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536)  # now the connection is the worker's
            connection.sendall(b"GET /slow?seconds=30 HTTP/1.1\r\nHost: x\r\n\r\n")
            yield

    @contextlib.contextmanager
    def send_requests(self, port: int, *, bad: bool) -> Iterator[None]:
        done = threading.Event()

        def send() -> None:
            while not done.is_set():
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_S)
                with contextlib.suppress(OSError, http.client.HTTPException):
                    connection.request("GET", "/status/500" if bad else "/")
                    connection.getresponse().read()
                connection.close()
                done.wait(0.01)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield
        finally:
            done.set()
            sender.join()

    def clean(self, topology: str) -> None:
        label = {"label": [f"io.haproxy-reconciler.topology={topology}"]}
        listed = self.client.containers(all=True, filters=label)
        with ThreadPoolExecutor(4) as pool:
            found = {*self.containers, *(item["Id"] for item in listed)}
            list(pool.map(self._remove_container, found))
        for network in {*self.networks, *(n["Id"] for n in self.client.networks(filters=label))}:
            with contextlib.suppress(docker.errors.NotFound):
                self.client.remove_network(network)
        # Also those that Docker made, without labels, for a container that mounts them.
        volumes = self.client.volumes(filters={"name": [topology]})["Volumes"] or []
        for volume in {*self.volumes, *(v["Name"] for v in volumes)}:
            with contextlib.suppress(docker.errors.NotFound):
                self.client.remove_volume(volume)
        for tag in set(self.tags):
            with contextlib.suppress(docker.errors.NotFound):
                self.client.remove_image(tag)
        self.client.close()

    def _remove_container(self, container: str) -> None:
        try:
            self.client.remove_container(container, force=True, v=True)
        except docker.errors.APIError as error:  # a lock's container removes itself
            if error.status_code not in {404, 409}:
                raise
