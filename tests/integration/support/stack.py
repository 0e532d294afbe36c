"""One topology of a test: its file, the tool on it, and what has become of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from reconciler.desired import names
from reconciler.haproxy.paths import RUNTIME_SOCKET
from tests.images import ECHO, HAPROXY
from tests.integration.support import tool, web
from tests.integration.support.ports import free_port, random_name
from tests.integration.support.tool import Ended
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World, slot_of

Spec = dict[str, Any]


class Stack:
    """`spec` is the file's content, to be changed at will; it is written before each command.

    It starts with one backend `web` of two echo servers, and one frontend on `port`. JSON is YAML,
    so the file is written as JSON; a test about places in a file writes its own `text`.
    """

    def __init__(self, world: World, directory: Path, haproxy_image: str = HAPROXY) -> None:
        self.world = world
        self.directory = directory
        self.name = random_name()
        self.port = free_port()
        self.file = directory / f"{self.name}.yaml"
        self.env: dict[str, str] = {}
        self.text: str | None = None
        self.spec: Spec = {
            "name": self.name,
            "backends": {"web": echo_backend(replicas=2)},
            "frontends": {"www": {"bind": f"127.0.0.1:{self.port}", "default_backend": "web"}},
            "haproxy": {"image": haproxy_image},
        }

    @property
    def backend(self) -> Spec:
        """The backend `web` of the spec."""
        backend: Spec = self.spec["backends"]["web"]
        return backend

    def with_stats(self, **stats: Any) -> int:
        port = free_port()
        self.spec["stats"] = {"port": port, **stats}
        return port

    # -- the tool ---------------------------------------------------------------------------

    def write(self) -> None:
        self.file.write_text(self.text or json.dumps(self.spec, indent=1), encoding="utf-8")

    def run(self, *arguments: str, expect: int = 0, env: Mapping[str, str] | None = None) -> Ended:
        """`reconciler <arguments> FILE`."""
        self.write()
        ended = tool.run(
            [*arguments, str(self.file)], self.directory, env={**self.env, **(env or {})}
        )
        assert ended.code == expect, f"exit code {ended.code}\n{ended.out}\n--\n{ended.err}"
        return ended

    def apply(self, *options: str, expect: int = 0, env: Mapping[str, str] | None = None) -> Ended:
        return self.run("apply", "--yes", *options, expect=expect, env=env)

    def plan(self, *options: str, expect: int = 0) -> Ended:
        return self.run("plan", *options, expect=expect)

    def plan_document(self) -> dict[str, Any]:
        document: dict[str, Any] = self.plan("--output", "json").document["plans"][0]
        return document

    def destroy(self, *options: str, expect: int = 0) -> Ended:
        return self.run("destroy", "--yes", *options, expect=expect)

    def assert_converged(self) -> None:
        """Nothing is left to do, nothing is left over, and every wanted server takes traffic."""
        assert "up to date" in self.plan("--detailed-exitcode").out
        self.assert_whole()

    def assert_whole(self) -> None:
        """Every wanted container is there and no other, and every server takes traffic."""
        wanted = {
            f"{name}-{number}"
            for name, backend in self.spec["backends"].items()
            for number in range(1, backend.get("replicas", 1) + 1)
        }
        wanted.add("haproxy")
        if "upgrade" in self.spec["haproxy"]:
            wanted.add("anchor")
        assert set(self.ids()) == wanted
        assert len(self.containers()) == len(wanted)
        self.assert_serves()

    # -- what is there ----------------------------------------------------------------------

    def containers(self) -> list[dict[str, Any]]:
        """Servers and HAProxy; locks and jobs are left out."""
        found = self.world.containers(self.name)
        others = {names.LOCK_ROLE, names.JOB_ROLE}
        return [c for c in found if c["Config"]["Labels"][names.ROLE] not in others]

    def by_slot(self) -> dict[str, dict[str, Any]]:
        return {slot_of(c): c for c in self.containers()}

    def ids(self) -> dict[str, str]:
        """Slot (`web-1`, `haproxy`) to container id."""
        return {slot_of(c): c["Id"] for c in self.containers()}

    def all_ids(self) -> set[str]:
        """Also of containers that share a slot with another."""
        return {c["Id"] for c in self.containers()}

    @property
    def haproxy(self) -> str:
        return self.ids()["haproxy"]

    def tell_haproxy(self, commands: str) -> None:
        """As somebody would at the runtime socket."""
        self.ask_haproxy(commands)

    def ask_haproxy(self, commands: str) -> str:
        """The reply to what somebody says at the runtime socket."""
        script = (
            "use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0);"
            "connect(S, sockaddr_un($ARGV[0])) or die;"
            'syswrite S, "$ARGV[1]\\n"; shutdown S, 1; print while <S>;'
        )
        return self.world.run_in(self.haproxy, "perl", "-e", script, RUNTIME_SOCKET, commands)

    def get(self, path: str = "/") -> web.Answer:
        return web.get(self.port, path)

    def servers_that_answer(self, requests: int = 12) -> set[str]:
        """The containers, by the start of their id, that answer a bounded number of requests. Each
        request must be answered; to wait until that is so, there is `servers_met`."""
        answers = [self.get() for _ in range(requests)]
        assert {a.status for a in answers} == {200}
        return {a.server for a in answers}

    def servers_met(self, requests: int = 12) -> set[str]:
        """The same while some or all of them may be down: up to the first request that fails."""
        met = set()
        for _ in range(requests):
            try:
                answer = self.get()
            except OSError:  # HAProxy tries a server that is gone for longer than anybody waits
                break
            if answer.status != 200:
                break
            met.add(answer.server)
        return met

    def assert_serves(self) -> None:
        """All servers of `web` answer, and no other."""
        there = {i[:12] for slot, i in self.ids().items() if slot.startswith("web-")}
        assert self.servers_that_answer(4 * len(there)) == there

    def await_gone(self, *, volumes: bool = True) -> None:
        """Docker removes a lock on its own after its holder is gone, a moment later."""
        await_true(
            lambda: not self.world.leftovers(self.name, volumes=volumes),
            f"nothing of {self.name} is left",
        )


S = TypeVar("S", bound=Stack)


@contextlib.contextmanager
def swept(stack: S) -> Iterator[S]:
    """All of it is removed in the end, past the tool: `destroy` has tests of its own, and here it
    would take as long as many a test."""
    try:
        yield stack
    finally:
        stack.world.sweep(stack.name)
        stack.await_gone()


def echo_backend(**more: Any) -> Spec:
    return {"image": ECHO, "port": 8080, "stop_grace_period": "2s", **more}
