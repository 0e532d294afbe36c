"""Run a command inside a container, with input, and read all it says."""

from __future__ import annotations

from dataclasses import dataclass

import docker
from docker.utils.socket import frames_iter

MARK = "\x1eexit="
SILENCE_S = 45
"""Nothing that is run here stays silent for longer; a container that is stuck might."""


@dataclass(frozen=True, slots=True)
class Output:
    exit_code: int
    text: str


def run_in_container(
    client: docker.APIClient, container: str, script: str, *arguments: str, given: str = ""
) -> Output:
    """Run a shell script in a running container; `given` is its standard input.

    The input's length goes ahead of it, since a half-closed connection does not survive TLS or
    ssh. The exit code comes back in the output, which saves a request. Raises docker's APIError.
    """
    data = given.encode()
    feed = f'head -c {len(data)} | ( {script}\n) 2>&1; printf "\\036exit=%s" "$?"'
    made = client.exec_create(
        container, ["sh", "-c", feed, "sh", *arguments], stdin=True, stdout=True, stderr=True
    )
    stream = client.exec_start(made["Id"], socket=True)
    connection = getattr(stream, "_sock", stream)
    try:
        connection.settimeout(SILENCE_S)
        if data:
            connection.sendall(data)
        received = b"".join(chunk for _, chunk in frames_iter(stream, tty=False))
    finally:
        stream.close()
    text, _, code = received.decode(errors="replace").rpartition(MARK)
    return Output(int(code) if code.strip().isdigit() else 255, text)
