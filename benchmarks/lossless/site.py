"""The topology that is changed: two backends, three frontends' ports, and the images for it."""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker.errors

from benchmarks.lossless import tool
from benchmarks.lossless.settings import Settings
from reconciler.desired import names
from tests.engine import api_client
from tests.images import ECHO

Spec = dict[str, Any]
REPLICAS = 3

_dice = random.SystemRandom()


def free_ports(number: int) -> list[int]:
    """Below the range that Linux takes outgoing ports from, of which a load uses many."""
    found: list[int] = []
    for _ in range(1000):
        port = _dice.randint(20_000, 31_999)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))
            found.append(port)
        if len(set(found)) == number:
            return sorted(set(found))
    raise SystemExit("no free ports found")


class Images:
    """The same images under further names, with other ids: `a` and `b` of each."""

    def __init__(self, proxy: str) -> None:
        self.api: Any = api_client(timeout=120)
        self.repository = f"lossless-{secrets.token_hex(4)}"
        self.names = {
            (what, mark): self._make(image, what, mark)
            for what, image in (("echo", ECHO), ("haproxy", proxy))
            for mark in "ab"
        }

    def _make(self, image: str, what: str, mark: str) -> str:
        made = self.api.create_container(image)["Id"]
        try:
            label = f'LABEL lossless="{mark}"'
            self.api.commit(made, f"{self.repository}/{what}", mark, changes=label)
        finally:
            self.api.remove_container(made, force=True)
        return f"{self.repository}/{what}:{mark}"

    def remove(self) -> None:
        for name in self.names.values():
            with contextlib.suppress(docker.errors.APIError):
                self.api.remove_image(name)
        self.api.close()


class Site:
    """`spec` is the file's content, to be changed at will; JSON is YAML."""

    def __init__(
        self, directory: Path, images: Images, network: str, schema: Spec, settings: Settings
    ) -> None:
        self.images, self.settings = images, settings
        self.name = f"ll{secrets.token_hex(4)}"
        self.file = directory / f"{self.name}.yaml"
        self.www, self.extra, self.tcp, self.stats = free_ports(4)
        self.schema = schema
        self.spec = self._first_spec(network)

    def knows(self, *paths: str) -> bool:
        return all(tool.knows(self.schema, path) for path in paths)

    @property
    def web(self) -> Spec:
        backend: Spec = self.spec["backends"]["web"]
        return backend

    @property
    def haproxy(self) -> Spec:
        found: Spec = self.spec["haproxy"]
        return found

    def echo(self, **more: Any) -> Spec:
        """A backend of echo servers."""
        spec = {"image": self.images.names["echo", "a"], "port": 8080, "stop_grace_period": "2s"}
        rollout = {
            "drain_timeout": f"{self.settings.drain_timeout}s",
            "ready_timeout": f"{self.settings.ready_timeout}s",
        }
        known = {k: v for k, v in rollout.items() if self.knows(f"backends.*.rollout.{k}")}
        return {**spec, **({"rollout": known} if known else {}), **more}

    def _first_spec(self, network: str) -> Spec:
        haproxy: Spec = {
            "image": self.images.names["haproxy", "a"],
            "hard_stop_after": f"{self.settings.hard_stop_after}s",
        }
        more: Spec = {}
        if network == "host":
            haproxy["network"] = "host"
            more["networks"] = {
                "back": {"subnet": f"10.{_dice.randint(100, 250)}.{_dice.randint(0, 250)}.0/24"}
            }
        elif self.knows("haproxy.upgrade"):
            haproxy["upgrade"] = "handover"
        on = {"networks": ["back"]} if network == "host" else {}
        www = [f"127.0.0.1:{self.www}", f"127.0.0.1:{self.extra}"]
        return {
            "name": self.name,
            **more,
            "backends": {
                "web": self.echo(replicas=REPLICAS, **on),
                "green": self.echo(replicas=1, **on),
                "lines": self.echo(replicas=2, mode="tcp") | {"port": 9000} | on,
            },
            "frontends": {
                "www": {"bind": www, "default_backend": "web"},
                "lines": {"bind": f"127.0.0.1:{self.tcp}", "default_backend": "lines"},
            },
            "stats": {"port": self.stats, "refresh": "10s"},
            "haproxy": haproxy,
        }

    def write(self) -> None:
        self.file.write_text(json.dumps(self.spec, indent=1), encoding="utf-8")

    def apply(self) -> tool.Applied:
        self.write()
        return tool.apply(self.file, self.settings.apply_timeout)

    def must_apply(self) -> tool.Applied:
        applied = self.apply()
        if applied.code:
            raise SystemExit(f"apply failed:\n{self.file.read_text()}\n{applied.problems}")
        return applied

    def kill_one(self) -> str:
        """Kill a replica of `web` as somebody would by hand."""
        label = [f"{names.TOPOLOGY}={self.name}"]
        found = self.images.api.containers(filters={"label": label})
        servers = sorted(c["Id"] for c in found if "-web-" in c["Names"][0])
        self.images.api.kill(servers[0])
        return str(servers[0])


@contextlib.contextmanager
def site(
    proxy: str, network: str = "bridge", settings: Settings | None = None
) -> Iterator[Site | None]:
    """A site that runs, and is gone afterwards; None where the tool does not know the network."""
    schema = tool.schema()
    if network == "host" and not tool.knows(schema, "haproxy.network"):
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="lossless-") as directory,
        contextlib.ExitStack() as end,
    ):
        images = Images(proxy)
        end.callback(images.remove)
        made = Site(Path(directory), images, network, schema, settings or Settings())
        end.callback(tool.destroy, made.file)
        made.must_apply()
        yield made
