"""Run a command inside a container, with input, and read all it says."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import docker
import docker.errors
from msgspec import Struct

from reconciler.engine.bounds import LONGEST_S, MOST_BYTES
from reconciler.engine.docker.remove import remove_container
from reconciler.engine.errors import EngineError

MARK = "\x1eexit="
SILENCE_S = 45
"""Nothing that is run here stays silent for longer; a container that is stuck might."""


class CutOffError(EngineError):
    """What ran in a container ended before it had said all: nobody knows how it went."""

    def __init__(self) -> None:
        super().__init__(
            "engine-lost",
            "what runs in a container was cut off before it had said all",
            "apply again; the container may have ended, or the connection to the engine",
        )


class Output(Struct, frozen=True):
    exit_code: int
    text: str


def run_in_container(
    client: docker.APIClient, container: str, script: str, *arguments: str, given: str = ""
) -> Output:
    """Run a shell script in a running container; `given` is its standard input.

    The input's length goes ahead of it, since a half-closed connection does not survive TLS or
    ssh. The exit code comes back in the output, which saves a request. Raises docker's APIError,
    OSError when the connection breaks or nothing comes for SILENCE_S, and CutOffError.
    """
    data = given.encode()
    made = client.exec_create(
        container,
        ["sh", "-c", _fed(script, data), "sh", *arguments],
        stdin=True,
        stdout=True,
        stderr=True,
    )
    with closing_stream(client.exec_start(made["Id"], socket=True)) as connection:
        return _converse(connection, data)


def run_in_throwaway(
    client: docker.APIClient,
    image: str,
    user: str,
    script: str,
    *,
    given: str,
    labels: Mapping[str, str],
    files: bytes = b"",
    mounts: Iterable[Mapping[str, Any]] = (),
) -> Output:
    """The same in a container made for it, without network or capabilities, that Docker removes
    when it ends: also when this process dies, since its input ends then. `files` is an archive
    that is put in before; what is mounted can only be read."""
    data = given.encode()
    made = client.create_container_from_config(
        {
            "Image": image,
            "Entrypoint": ["sh", "-c", _fed(script, data)],
            "Cmd": [],
            "User": user,
            "Labels": dict(labels),
            "OpenStdin": True,
            "StdinOnce": True,
            **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr"), True),
            "HostConfig": {
                "NetworkMode": "none",
                "CapDrop": ["ALL"],
                "AutoRemove": True,
                "Mounts": [{**mount, "ReadOnly": True} for mount in mounts],
            },
        }
    )["Id"]
    try:
        if files:
            client.put_archive(made, "/", files)
        streams = dict.fromkeys(("stdin", "stdout", "stderr", "stream"), 1)
        with closing_stream(client.attach_socket(made, params=streams)) as connection:
            client.start(made)
            return _converse(connection, data)
    finally:
        with contextlib.suppress(docker.errors.DockerException):
            remove_container(client, made)


def _fed(script: str, data: bytes) -> str:
    """A script that waits for a line before it begins, and then reads just the data.

    What it said before the SDK has read the head of Docker's answer would be read with the head,
    and lost.
    """
    return f'read -r go && head -c {len(data)} | ( {script}\n) 2>&1; printf "\\036exit=%s" "$?"'


def _converse(connection: Any, data: bytes) -> Output:
    connection.settimeout(SILENCE_S)
    connection.sendall(b"\n" + data)
    received = b"".join(_read_frames(connection))
    text, _, code = received.decode(errors="replace").rpartition(MARK)
    if not code.strip().isdigit():
        raise CutOffError
    return Output(int(code), text)


@contextlib.contextmanager
def closing_stream(stream: Any) -> Iterator[Any]:
    """The socket in what the SDK gives for a stream of bytes both ways; all of it is closed.

    Over a Unix socket that is a `SocketIO`, which has no public way to its socket, and only that
    has a time limit. Over TLS the SDK hangs the response on the socket, and nobody else has it.
    """
    connection = getattr(stream, "_sock", stream)
    response = getattr(stream, "_response", None)
    try:
        yield connection
    finally:
        if response is not None:
            response.close()
        stream.close()
        connection.close()


def _read_frames(connection: Any) -> Iterator[bytes]:
    """Payloads until the end (API, "Attach to a container": stream type, 3 zeros, length, payload).

    The SDK's own reader polls without a time limit.
    """
    received, ends_at = bytearray(), time.monotonic() + LONGEST_S
    while chunk := connection.recv(65536):
        received += chunk
        if len(received) > MOST_BYTES or time.monotonic() > ends_at:
            break
    position = 0
    while position + 8 <= len(received):
        (length,) = struct.unpack_from(">L", received, position + 4)
        yield bytes(received[position + 8 : position + 8 + length])
        position += 8 + length
