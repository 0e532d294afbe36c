"""A registry to pull from: Debian's, which `tools/images` fetches, with images made by hand.

They hold a few bytes, and no program: pulling is all that can be done with them.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.integration.support.ports import free_port
from tests.integration.support.waiting import await_true

USER, PASSWORD = "tester", "hunter2"
_HTPASSWD = "$2b$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8."
_FETCHED = Path(__file__).parents[3] / ".cache" / "registry" / "usr" / "bin" / "docker-registry"
_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
_LIST_TYPE = "application/vnd.docker.distribution.manifest.list.v2+json"
_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class Registry:
    """Names are `REPOSITORY:TAG`; who pulls says `reference(name)`."""

    def __init__(self, port: int, *, is_private: bool) -> None:
        self.address = f"127.0.0.1:{port}"
        self._headers = {"Authorization": f"Basic {_basic()}"} if is_private else {}

    def reference(self, name: str) -> str:
        return f"{self.address}/{name}"

    def push(self, name: str, layer: bytes, architecture: str = "amd64") -> str:
        """An image whose only file has this content; returns its digest."""
        repository, _, tag = name.partition(":")
        digest, manifest = self._put_image(repository, layer, architecture)
        self._put_manifest(repository, tag, _TYPE, manifest)
        return digest

    def push_list(self, name: str, layers: dict[str, bytes]) -> None:
        """One name for images of several architectures."""
        repository, _, tag = name.partition(":")
        manifests = []
        for architecture, layer in layers.items():
            digest, manifest = self._put_image(repository, layer, architecture)
            self._put_manifest(repository, digest, _TYPE, manifest)
            manifests.append(
                {
                    "mediaType": _TYPE,
                    "size": len(manifest),
                    "digest": digest,
                    "platform": {"os": "linux", "architecture": architecture},
                }
            )
        body = {"schemaVersion": 2, "mediaType": _LIST_TYPE, "manifests": manifests}
        self._put_manifest(repository, tag, _LIST_TYPE, json.dumps(body).encode())

    def _put_image(self, repository: str, layer: bytes, architecture: str) -> tuple[str, bytes]:
        plain = _tar(layer)
        packed = gzip.compress(plain, mtime=0)
        config = json.dumps(
            {
                "architecture": architecture,
                "os": "linux",
                "config": {"Cmd": ["/file"]},
                "rootfs": {"type": "layers", "diff_ids": [_digest(plain)]},
            }
        ).encode()
        for blob in (config, packed):
            self._put_blob(repository, blob)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _TYPE,
                "config": _described(_CONFIG_TYPE, config),
                "layers": [_described(_LAYER_TYPE, packed)],
            }
        ).encode()
        return _digest(manifest), manifest

    def _put_blob(self, repository: str, blob: bytes) -> None:
        begun = self._ask("POST", f"/v2/{repository}/blobs/uploads/", 202)
        place = begun.partition(self.address)[2] or begun
        self._ask("PUT", f"{place}&digest={_digest(blob)}", 201, blob, "application/octet-stream")

    def _put_manifest(self, repository: str, tag: str, kind: str, manifest: bytes) -> None:
        self._ask("PUT", f"/v2/{repository}/manifests/{tag}", 201, manifest, kind)

    def _ask(self, method: str, path: str, expect: int, body: bytes = b"", kind: str = "") -> str:
        """The Location that it answers."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            headers = self._headers | ({"Content-Type": kind} if kind else {})
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == expect, (answer.status, said)
            return answer.headers.get("Location", "")
        finally:
            connection.close()


def docker_config(registry: Registry, password: str = PASSWORD) -> dict[str, Any]:
    """A config.json of somebody who has logged in."""
    return {"auths": {registry.address: {"auth": _basic(password)}}}


def _basic(password: str = PASSWORD) -> str:
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _described(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


def _tar(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@contextlib.contextmanager
def registry(home: Path, *, is_private: bool = False) -> Iterator[Registry]:
    """A registry with nothing in it, on this machine. A private one wants USER and PASSWORD."""
    program = shutil.which("docker-registry") or str(_FETCHED)
    assert os.access(program, os.X_OK), "there is no docker-registry: `tools/images up test`"
    home.mkdir()
    made = Registry(free_port(), is_private=is_private)
    settings: dict[str, Any] = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(home / "data")}},
        "http": {"addr": made.address},
    }
    if is_private:
        (home / "htpasswd").write_text(f"{USER}:{_HTPASSWD}\n", encoding="utf-8")
        settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(home / "htpasswd")}}
    config = home / "config.yml"
    config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        await_true(lambda: _listens(made.address), "the registry listens", 20)
        yield made
    finally:
        process.terminate()
        process.wait(10)


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@contextlib.contextmanager
def mute() -> Iterator[tuple[str, threading.Event]]:
    """The address of a registry that takes connections and never says a word, and when the first
    one has come."""
    came, held = threading.Event(), []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                came.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", came
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in held:
        connection.close()
