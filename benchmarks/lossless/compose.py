"""The same topology as a Compose file, with the haproxy.cfg that the tool renders, in which servers
come from Docker's DNS, as in a setup by hand that wants to be scaled without a tool."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.lossless import tool
from benchmarks.lossless.change import Change, Group
from benchmarks.lossless.settings import Settings
from benchmarks.lossless.site import REPLICAS, Images, Site, Spec
from benchmarks.lossless.tool import Applied

MOST_SERVERS = 6
SETTLE_S = 3.0
"""Compose does not wait for HAProxy: what follows is for its change all the same."""


class ComposeSite:
    def __init__(self, directory: Path, images: Images) -> None:
        self.images = images
        ours = Site(directory, images, "bridge", {}, Settings())
        self.www, self.extra, self.tcp = ours.www, ours.extra, ours.tcp
        self.name = ours.name
        self.file = directory / f"{self.name}.compose.json"
        self.config = directory / f"{self.name}.cfg"
        self.client_timeout = 10
        self.reload = False
        ours.write()
        done = subprocess.run(
            tool.command("render", str(ours.file)), capture_output=True, check=True, text=True
        )
        self._rendered = _with_templates(done.stdout)
        self.services = self._services()

    def _services(self) -> Spec:
        each: Spec = {"restart": "unless-stopped", "stop_grace_period": "2s"}
        echo: Spec = {"image": self.images.names["echo", "a"], **each}
        ports = [f"127.0.0.1:{port}:{port}" for port in (self.www, self.extra, self.tcp)]
        return {
            "web": {**echo, "deploy": {"replicas": REPLICAS}, "environment": {}},
            "green": {**echo},
            "lines": {**echo, "deploy": {"replicas": 2}, "environment": {}},
            "haproxy": {
                "image": self.images.names["haproxy", "a"],
                "depends_on": ["web", "green", "lines"],
                **each,
                "ports": ports,
                "tmpfs": ["/run/haproxy"],
                "volumes": [f"{self.config}:/usr/local/etc/haproxy/haproxy.cfg:ro"],
            },
        }

    def apply(self) -> Applied:
        started = time.monotonic()
        code, said = self._apply()
        ended = time.monotonic()
        time.sleep(SETTLE_S)
        return Applied(started, ended, code, "", problems=[said] if code else [])

    def _apply(self) -> tuple[int, str]:
        self.file.write_text(json.dumps({"name": self.name, "services": self.services}))
        text = re.sub("timeout client .*", f"timeout client {self.client_timeout}s", self._rendered)
        self.config.write_text(text)  # in place: the mount is of this very file
        self.config.chmod(0o644)
        if self.reload:
            self.reload = False
            return self.compose("kill", "--signal", "HUP", "haproxy")
        return self.compose("up", "--detach")

    def compose(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [os.environ["COMPOSE"], "-f", str(self.file), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=tool.LONGEST_S,
        )
        return done.returncode, done.stderr[-500:]

    def change_timeout(self) -> None:
        self.client_timeout = 22 - self.client_timeout
        self.reload = True

    def kill_one(self) -> None:
        labels = [f"com.docker.compose.project={self.name}", "com.docker.compose.service=web"]
        found = self.images.api.containers(filters={"label": labels})
        self.images.api.kill(found[0]["Id"])


def _with_templates(config: str) -> str:
    lines: list[str] = []
    for line in config.splitlines():
        if match := re.match(r"    server (\S+)-1 \S+:(\d+)", line):
            name, port = match.groups()
            lines.append(f"    server-template {name}- {MOST_SERVERS} {name}:{port}")
        elif not re.match(r"    server(-template)? ", line):
            lines.append(line)
    return "\n".join([*lines, ""])


def compose_groups() -> list[Group[ComposeSite]]:
    """What Compose can change, under the names that the same has for our tool."""
    numbers = itertools.count(1)
    images, proxies = itertools.cycle("ba"), itertools.cycle("ba")

    def scaled(replicas: int) -> Spec:
        return {"deploy": {"replicas": replicas}}

    def version() -> Spec:
        return {"environment": {"VERSION": str(next(numbers))}}

    def image(what: str, marks: Iterator[str], site: ComposeSite) -> Spec:
        return {"image": site.images.names[what, next(marks)]}

    return [
        Group(
            (
                Change("scale up", lambda s: s.services["web"].update(scaled(REPLICAS + 2))),
                Change("scale down", lambda s: s.services["web"].update(scaled(REPLICAS))),
            )
        ),
        Group((Change("new image", lambda s: s.services["web"].update(image("echo", images, s))),)),
        Group((Change("new environment", lambda s: s.services["web"].update(version())),)),
        Group(
            (
                Change(
                    "new environment, TCP backend", lambda s: s.services["lines"].update(version())
                ),
            )
        ),
        Group((Change("timeouts", ComposeSite.change_timeout),)),
        Group(
            (
                Change(
                    "HAProxy replaced",
                    lambda s: s.services["haproxy"].update(image("haproxy", proxies, s)),
                ),
            )
        ),
        Group((Change("replica killed and healed", ComposeSite.kill_one, kills=True),)),
    ]


@contextlib.contextmanager
def compose_site(proxy: str) -> Iterator[ComposeSite]:
    with (
        tempfile.TemporaryDirectory(prefix="lossless-") as directory,
        contextlib.ExitStack() as end,
    ):
        images = Images(proxy)
        end.callback(images.remove)
        made = ComposeSite(Path(directory), images)
        end.callback(made.compose, "down", "--timeout", "1")
        applied = made.apply()
        if applied.code:
            raise SystemExit(f"compose up failed: {applied.problems}")
        yield made
