"""A snapshot of what a local Docker engine runs, taken without the SDK, whose import alone takes
longer.

Answers one question: is everything as it was when a plan was last seen to be empty? Two requests,
whatever the number of containers, and HAProxy's own word: from its socket, where this process may
reach into the container, else through an exec. Only reads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator

from reconciler.desired import names
from reconciler.engine.docker.haproxy.procfs import Inside
from reconciler.engine.docker.haproxy.scripts import MARK, QUESTION, SNAPSHOT
from reconciler.files.reading import read_file
from reconciler.haproxy.control.replies import (
    is_whole_about_servers,
    parse_frontends,
    parse_info,
    parse_servers,
)
from reconciler.haproxy.paths import RUNTIME_SOCKET, SOCKETS_VARIABLE

TIMEOUT_S = 20
_QUIET = ("exec_", "attach", "top", "resize", "archive-path", "export", "logs")
"""Events of a container that leave it as it was, but for what an exec does in HAProxy's."""


ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What comes of reading an answer that is not as Docker gives them: null, half of one, or deep."""


class SnapshotError(Exception):
    """The engine did not answer as expected; the long way will tell why."""


def local_socket() -> str | None:
    """The engine's socket when it is a local one, as the Docker CLI finds it; else None."""
    host = os.environ.get("DOCKER_HOST", "")
    if host:
        return host.removeprefix("unix://") if host.startswith("unix://") else None
    directory = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    if os.environ.get("DOCKER_CONTEXT", "default") != "default":
        return None
    try:
        settings = json.loads(read_file(os.path.join(directory, "config.json")))
        if settings.get("currentContext", "default") != "default":
            return None
    except FileNotFoundError:
        pass
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return "/var/run/docker.sock"


class Connection:
    """One HTTP/1.1 exchange after another on the engine's socket, in the version of the API that it
    says: each engine refuses some. Raises SnapshotError, OSError."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_S)
        self._buffer = b""
        self._version = ""
        try:
            self._socket.connect(path)
            self._version = self._ask_version()
        except (OSError, SnapshotError):
            self._socket.close()
            raise

    def send(self, method: str, path: str, body: object = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {self._version}{path} HTTP/1.1\r\nHost: docker\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + data)

    def receive(self) -> bytes:
        """The body of the next response."""
        headers = self._headers()
        if b"chunked" in headers.get(b"transfer-encoding", b""):
            return self._chunks()
        return self._exactly(int(headers.get(b"content-length", b"0")))

    def receive_stream(self) -> str:
        """What an exec prints: frames of 8 bytes of heading and the payload, to the end."""
        self._headers()
        out = []
        while header := self._buffer or self._socket.recv(65536):
            self._buffer = header
            frame = self._exactly(8)
            out.append(self._exactly(int.from_bytes(frame[4:8], "big")))
        return b"".join(out).decode(errors="replace")

    def close(self) -> None:
        self._socket.close()

    def _ask_version(self) -> str:
        """`/v1.47`, from the one path that is the same in all versions."""
        self.send("GET", "/_ping")
        headers = self._headers()
        self._exactly(int(headers.get(b"content-length", b"0")))
        version = headers.get(b"api-version", b"").decode(errors="replace")
        if re.fullmatch(r"[0-9]+\.[0-9]+", version) is None:
            raise SnapshotError("the engine says no version of its API")
        return f"/v{version}"

    def _headers(self) -> dict[bytes, bytes]:
        status, *lines = self._until(b"\r\n\r\n").split(b"\r\n")
        if not status.startswith(b"HTTP/1.1 ") or status[9:10] not in b"12":
            raise SnapshotError(status.decode(errors="replace"))
        pairs = (line.split(b":", 1) for line in lines if b":" in line)
        return {name.strip().lower(): value.strip().lower() for name, value in pairs}

    def _chunks(self) -> bytes:
        out = []
        while size := int(self._until(b"\r\n").split(b";")[0] or b"0", 16):
            out.append(self._exactly(size))
            self._until(b"\r\n")
        self._until(b"\r\n")
        return b"".join(out)

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._fill()
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._fill()
        found, self._buffer = self._buffer[:length], self._buffer[length:]
        return found

    def _fill(self) -> None:
        received = self._socket.recv(1 << 18)
        if not received:
            raise SnapshotError("the engine closed the connection")
        self._buffer += received


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """What is no answer of an engine's makes its reader stumble somewhere."""
    try:
        yield
    except ODD as error:
        raise SnapshotError(repr(error)) from error


def last_event(path: str) -> int:
    """When the engine last reported anything, in its own nanoseconds; 0 when it remembers nothing.

    From here on, a later look can tell whether it saw everything that happened since. Raises
    SnapshotError, OSError.
    """
    with _reading(), contextlib.closing(Connection(path)) as connection:
        connection.send("GET", _events_path())
        events = _parse_events(connection.receive())
        return max(map(_time, events), default=0)


def _events_path() -> str:
    """All events the engine still has (moby keeps the last 256). It would wait for a later end."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"/events?since=0&until={seconds}.{nanoseconds:09d}"


def _parse_events(body: bytes) -> list[dict[str, object]]:
    """Raises what `_reading` knows."""
    events = [json.loads(line) for line in body.splitlines() if line.strip()]
    return [{**event, "timeNano": int(event.get("timeNano", 0))} for event in events]


def _time(event: dict[str, object]) -> int:
    return int(str(event["timeNano"]))


class Snapshot:
    """A topology as it was at one moment. `fingerprint` covers all of it but counters and times."""

    def __init__(
        self, proxy: str, listed: bytes, worker: str, events: list[dict[str, object]]
    ) -> None:
        containers = json.loads(listed)
        described = [line for line in worker.splitlines() if line.startswith("description:")]
        servers = [server for server in parse_servers(worker) if not server.is_idle]
        info = parse_info(worker.partition("# pxname")[0])
        told = [info.maxconn, info.rate_limits, *map(str, parse_frontends(worker))]
        facts = [
            sorted(map(_facts, containers)),
            described,
            [server.told for server in servers],
            told,
        ]
        self.has_worker = bool(described) and is_whole_about_servers(worker)
        self.containers = sum(
            item["Labels"].get(names.ROLE) != names.JOB_ROLE for item in containers
        )
        self.is_healthy = not any(map(_is_unhealthy, containers))
        self.servers_up, self.servers = sum(server.is_up for server in servers), len(servers)
        self.fingerprint = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        self._proxy = proxy
        self._events = events
        self._own = _own_things(containers)

    def is_untouched(self, since: int) -> bool:
        """Whether the events reach back to `since`, and none after it is about what is ours."""
        # Docker keeps the last 256 events. When all of them are younger than `since`, one about
        # what is ours may be forgotten: that none is in the list would prove nothing.
        if not since or not any(_time(event) <= since for event in self._events):
            return False
        return not any(self._touches(event) for event in self._events if _time(event) > since)

    def _touches(self, event: dict[str, object]) -> bool:
        actor = event.get("Actor")
        if not isinstance(actor, dict):
            return True  # who cannot be named may have been ours
        action = str(event.get("Action", ""))
        if action.startswith(_QUIET):
            # These change nothing, but for a command that somebody runs in HAProxy's container.
            return actor.get("ID") == self._proxy and _is_strange_exec(action)
        attributes = actor.get("Attributes") or {}
        try:
            return not self._own.isdisjoint({actor.get("ID"), *attributes.values()})
        except ODD:
            return True  # what cannot be read may have been about ours


def _own_things(containers: list[dict[str, object]]) -> set[object]:
    """Ids and names that events about a topology mention: its own, its networks', its images'."""
    own: set[object] = set()
    for container in containers:
        labels, settings = container.get("Labels"), container.get("NetworkSettings")
        image, mounts = str(container.get("Image")), container.get("Mounts")
        own |= {container.get("Id"), container.get("ImageID"), image, f"{image}:latest"}
        own.add(labels.get(names.TOPOLOGY) if isinstance(labels, dict) else None)
        networks = settings.get("Networks") if isinstance(settings, dict) else None
        for name, link in (networks or {}).items():
            own |= {name, link.get("NetworkID")}
        if isinstance(mounts, list):
            own |= {mount.get("Name") for mount in mounts}
    return own - {None, ""}


def _facts(container: dict[str, object]) -> str:
    """What the list tells of a container, without what changes by itself."""
    settings = container.get("NetworkSettings")
    networks = settings.get("Networks") if isinstance(settings, dict) else {}
    links = {
        name: [link.get("NetworkID"), link.get("IPAddress")]
        for name, link in (networks or {}).items()
    }
    keys = ("Id", "Names", "Image", "ImageID", "State", "Labels")
    return json.dumps([{key: container.get(key) for key in keys}, links], sort_keys=True)


def _is_unhealthy(container: dict[str, object]) -> bool:
    return "(unhealthy)" in str(container.get("Status"))


def _is_strange_exec(action: str) -> bool:
    """Whether somebody else runs a command, which may edit the configuration."""
    return action.startswith("exec_create") and MARK not in action


def first_process(path: str, container: str) -> tuple[int, str]:
    """The number of a container's first process, by which it may be reached directly, and what its
    sockets begin with, if that is its own."""
    with _reading(), contextlib.closing(Connection(path)) as connection:
        connection.send("GET", f"/containers/{container}/json")
        found = json.loads(connection.receive())
        env = dict(entry.partition("=")[::2] for entry in found["Config"].get("Env") or ())
        return int(found["State"]["Pid"]), env.get(SOCKETS_VARIABLE, "")


def take_snapshot(path: str, topology: str, proxy: str, pid: int, sockets: str) -> Snapshot:
    """A snapshot of a topology whose HAProxy is container `proxy`, and was started as process
    `pid`.

    Raises SnapshotError, OSError.
    """
    filters = f'{{"label":["{names.TOPOLOGY}={topology}"]}}'.replace('"', "%22")
    with (
        _reading(),
        contextlib.closing(Connection(path)) as containers,
        contextlib.closing(Connection(path)) as events,
    ):
        containers.send("GET", f"/containers/json?all=1&filters={filters}")
        events.send("GET", _events_path())
        listed = containers.receive()
        worker = _ask(path, proxy, pid, sockets) if _is_running(listed, proxy) else ""
        return Snapshot(proxy, listed, worker, _parse_events(events.receive()))


def _is_running(listed: bytes, container: str) -> bool:
    """A container that is paused would keep us waiting."""
    states = {item["Id"]: item["State"] for item in json.loads(listed)}
    return states.get(container) == "running"


def _ask(path: str, proxy: str, pid: int, sockets: str) -> str:
    try:
        return Inside(pid, proxy, sockets).ask(RUNTIME_SOCKET, QUESTION)
    except OSError:
        return _ask_by_exec(path, proxy)


def _ask_by_exec(path: str, proxy: str) -> str:
    connection = Connection(path)
    try:
        body = {"Cmd": ["sh", "-c", SNAPSHOT], "AttachStdout": True, "AttachStderr": True}
        connection.send("POST", f"/containers/{proxy}/exec", body)
        made = json.loads(connection.receive())["Id"]
        connection.send("POST", f"/exec/{made}/start", {"Detach": False, "Tty": False})
        return connection.receive_stream()
    finally:
        connection.close()
