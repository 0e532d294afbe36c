"""The real HAProxy: files in, output out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker


def archive(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@contextmanager
def container(
    image: str, command: list[str], files: Mapping[str, str], **options: Any
) -> Iterator[Any]:
    """A running container with `files` below /. An engine that does not answer is a failure."""
    client = docker.from_env()
    try:
        made = client.containers.create(
            image, command, labels={"haproxy-reconciler-golden": ""}, **options
        )
        try:
            made.put_archive("/", archive(files))
            made.start()
            yield made
        finally:
            made.remove(force=True, v=True)
    finally:
        client.close()


def check_all(
    image: str, texts: Mapping[str, str], beside: Mapping[str, str] | None = None
) -> dict[str, str]:
    """`haproxy -c` of every text, in one container: name to output; "" for one that is accepted.
    `beside` are files that they name."""
    script = (
        'cd /checked; for f in *; do echo "@@ $f"; '
        'out=$(haproxy -c -f "$f" 2>&1) || printf \'%s\\n\' "$out"; done'
    )
    files = {f"checked/{name}": text for name, text in texts.items()} | dict(beside or {})
    with container(image, ["sh", "-c", script], files, network_mode="none") as running:
        assert running.wait(timeout=60)["StatusCode"] == 0
        output = running.logs().decode()
    found = dict(part.split("\n", 1) for part in output.split("@@ ")[1:])
    assert set(found) == set(texts)
    return found
