"""The same things described three times: as a topology, as a Compose file, and as bare requests."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.engine import api_client
from tests.images import ECHO, HAPROXY

PARALLEL = 6
MISCOUNTED = "Docker counts containers on the network that are gone"
"""Docker 20.10 keeps a network then, whoever wants it removed."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(*command: str | Path) -> None:
    # Without byte code an editable install is compiled anew at each start, an installed one never.
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=env,
    )
    if done.returncode and MISCOUNTED not in done.stderr:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}\n{done.stderr}")


def _edit(file: Path, pattern: str, text: str) -> None:
    file.write_text(re.sub(pattern, text, file.read_text(encoding="utf-8")), encoding="utf-8")


class World:
    """Replicas behind HAProxy, under a name of its own; `tool`, `compose` and `bare` make them."""

    def __init__(self, directory: Path, replicas: int, options: str) -> None:
        self.name = f"bench-{secrets.token_hex(3)}"
        self.replicas = replicas
        self.port = free_port()
        self.topology = directory / f"{self.name}.yaml"
        self.topology.write_text(
            f"name: {self.name}\n"
            "backends:\n"
            f"  web: {{image: '{ECHO}', replicas: {replicas}, port: 8080, weight: 1, "
            f"stop_grace_period: 1s, {options}env: {{VERSION: 0}}}}\n"
            f"frontends: {{www: {{bind: '127.0.0.1:{self.port}', default_backend: web}}}}\n"
            f"haproxy: {{image: '{HAPROXY}'}}\n"
        )
        config = directory / f"{self.name}.cfg"
        self.tool("render", output=config)
        self.compose_file = directory / f"{self.name}.compose.yaml"
        self.compose_file.write_text(
            f"name: {self.name}-compose\n"
            "services:\n"
            f"  web: {{image: '{ECHO}', deploy: {{replicas: {replicas}}}, stop_grace_period: 1s, "
            "environment: {VERSION: 0}}\n"
            "  haproxy:\n"
            f"    image: '{HAPROXY}'\n"
            "    depends_on: [web]\n"
            f"    ports: ['127.0.0.1:{free_port()}:8080']\n"
            "    tmpfs: [/run/haproxy]\n"
            f"    volumes: ['{config}:/usr/local/etc/haproxy/haproxy.cfg:ro']\n"
        )

    def edit(self, pattern: str, text: str) -> None:
        """Save the file with something else in it."""
        _edit(self.topology, pattern, text)

    def set_version(self, number: int) -> None:
        """In both files."""
        for file in (self.topology, self.compose_file):
            _edit(file, r"VERSION: \d+", f"VERSION: {number}")

    def tool(self, command: str, *options: str, output: Path | None = None) -> None:
        """The tool as a user runs it, a process of its own."""
        call: list[str | Path] = [
            str(Path(sys.executable).with_name("reconciler")),
            command,
            *options,
            self.topology,
        ]
        if output is None:
            run(*call)
        else:
            done = subprocess.run(call, capture_output=True, check=True, timeout=60)
            output.write_bytes(done.stdout)
            output.chmod(0o644)

    def compose(self, *arguments: str) -> None:
        run(os.environ["COMPOSE"], "-f", self.compose_file, *arguments)

    def bare(self) -> None:
        """No tool at all: a network, and create and start for each container, in parallel."""
        client = api_client(max_pool_size=PARALLEL + 2)
        client.create_network(self.bare_name, labels={"bench": self.bare_name})
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda number: self._bare_one(client, number), range(self.replicas + 1)))
        client.close()

    def _bare_one(self, client: Any, number: int) -> None:
        made = client.create_container_from_config(
            {
                "Image": ECHO,
                "Labels": {"bench": self.bare_name},
                "HostConfig": {"NetworkMode": self.bare_name},
                "StopTimeout": 1,
            },
            name=f"{self.bare_name}-{number}",
        )
        client.start(made["Id"])

    def remove_bare(self) -> None:
        client = api_client(max_pool_size=PARALLEL + 2)
        filters = {"label": f"bench={self.bare_name}"}
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = client.containers(all=True, filters=filters)
            list(pool.map(lambda c: client.remove_container(c["Id"], force=True), found))
        for network in client.networks(filters=filters):
            client.remove_network(network["Id"])
        client.close()

    @property
    def bare_name(self) -> str:
        return f"{self.name}-bare"

    def remove_all(self) -> None:
        self.tool("destroy", "--yes")
        if has_compose():
            self.compose("down", "--timeout", "1")
        self.remove_bare()


def has_compose() -> bool:
    return bool(os.environ.get("COMPOSE"))


@contextlib.contextmanager
def world(replicas: int, options: str = "") -> Iterator[World]:
    """`options` are more of the backend, as the file has them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        made = World(Path(directory), replicas, options)
        try:
            yield made
        finally:
            made.remove_all()
