"""What happens to what is ours, from one connection to Docker and a look at HAProxy's sockets.

The connection may break at any time; it is made again, ever less often, and what happened in
between is not missed: whoever listens is told that the engine is back, and looks.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import docker.errors
import requests.exceptions
import urllib3.exceptions

from reconciler.desired import names
from reconciler.engine.docker.connect import connect
from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.docker.events import FILTERS, EventReader, container_of
from reconciler.engine.docker.haproxy.poll import Poll
from reconciler.engine.docker.haproxy.runtime import locate
from reconciler.engine.docker.inspections import Inspections, is_unhealthy
from reconciler.engine.docker.times import engine_time
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Wake, Wakeup
from reconciler.engine.waiting import Backoff

LOOK_S = 3.0
"""How often HAProxy is asked."""
_AGAIN = Backoff(0.1, 5.0)
_FIRST_TRY_S = 10.0
"""How long a start waits for the first connection, at most."""
_BROKEN = (
    EngineError,
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,  # half a JSON document, or a stream that was closed
    AttributeError,  # http.client, on a response that another thread closes
)


class DockerEngines:
    """The Docker engine that the environment names."""

    def __init__(self) -> None:
        self._inspections = Inspections()

    def open(self, topology: str) -> DockerEngine:
        return DockerEngine(topology, self._inspections)

    @contextlib.contextmanager
    def wakeups(self, wake: Wake) -> Iterator[None]:
        feed = _Feed(wake, self._inspections)
        feed.start()
        try:
            yield
        finally:
            feed.stop()


class _Feed:
    def __init__(self, wake: Wake, inspections: Inspections) -> None:
        self._wake = wake
        self._inspections = inspections
        self._poll = Poll(wake)
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._stream: Any = None
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._listen, "events"), (self._look, "poll"))
        ]

    def start(self) -> None:
        """Returns when events are subscribed to, or no engine answers."""
        for thread in self._threads:
            thread.start()
        self._tried.wait(_FIRST_TRY_S)

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(*_BROKEN):
            if self._stream is not None:
                self._stream.close()
        for thread in self._threads:
            thread.join(1.0)

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_S):
            with self._surviving():
                self._poll.look()

    @contextlib.contextmanager
    def _surviving(self) -> Iterator[None]:
        """A bug costs a look at everything, never the thread, without which nothing is heard."""
        try:
            yield
        except _BROKEN:
            pass
        except Exception as error:
            self._wake(Wakeup("", f"listening failed: {error!r}"))

    def _listen(self) -> None:
        failures, was_away = 0, False
        while not self._stopping.is_set():
            began = time.monotonic()
            with self._surviving(), self._subscribed() as (client, events):
                reader = EventReader()
                self._find_ours(client, reader)
                self._inspections.begin()
                self._tried.set()
                if was_away:
                    self._wake(Wakeup("", "the engine is back"))
                for event in events:
                    self._tell(client, reader, event)
            self._tried.set()
            self._poll.clear()
            self._inspections.end()
            was_away = True
            if time.monotonic() - began > _AGAIN.longest_s:
                failures = 0  # it was a good one
            failures += 1
            self._stopping.wait(_AGAIN.wait_s(failures, random.random()))  # noqa: S311  # no secret

    @contextlib.contextmanager
    def _subscribed(self) -> Iterator[tuple[docker.APIClient, Any]]:
        """Events begin at the engine's own time: Docker answers just before it subscribes."""
        client, _ = connect(1)
        try:
            now = f"{engine_time(client):.6f}"
            self._stream = client.events(since=now, filters=FILTERS, decode=True)
            yield client, self._stream
        finally:
            client.close()

    def _find_ours(self, client: docker.APIClient, reader: EventReader) -> None:
        for item in client.containers(filters={"label": [names.TOPOLOGY]}):
            topology = item["Labels"][names.TOPOLOGY]
            reader.know(item["Id"], topology, is_unhealthy=is_unhealthy(item))
            if item["Labels"].get(names.ROLE) == names.PROXY_ROLE:
                self._begin(client, topology, item["Id"])

    def _tell(self, client: docker.APIClient, reader: EventReader, event: dict[str, Any]) -> None:
        self._inspections.forget(container_of(event))
        wakeup = reader.read(event)
        if wakeup is None:
            return
        self._wake(wakeup)
        actor = event["Actor"]
        if actor["Attributes"].get(names.ROLE) == names.PROXY_ROLE:
            if event["Action"] == "start":
                self._begin(client, wakeup.topology, actor["ID"])
            elif event["Action"] == "die":
                self._poll.end(actor["ID"])

    def _begin(self, client: docker.APIClient, topology: str, container: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            if inside := locate(client, container):
                self._poll.begin(topology, container, inside)
