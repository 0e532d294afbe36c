"""The real HAProxy: files in, output out."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker

from tests.integration.support.waiting import LONGEST_S

_HOST = re.compile(r"^    server(?:-template)? \S+ (?:\d+-\d+ )?([a-z][a-z0-9.-]*):", re.MULTILINE)


def archive(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@contextmanager
def container(
    image: str, command: list[str], files: Mapping[str, str | bytes], **options: Any
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
    image: str,
    texts: Mapping[str, str],
    beside: Mapping[str, str | bytes] | None = None,
    *,
    strictly: bool = False,
) -> dict[str, str]:
    """`haproxy -c` of every text, in one container: name to output; "" for one that is accepted,
    and if `strictly`, without a warning. `beside` are files that they name; all hosts of servers
    are known."""
    names = sorted(set(_HOST.findall("\n".join(texts.values()))))
    hosts = {name: f"127.0.1.{number}" for number, name in enumerate(names, start=1)}
    command = "haproxy -dW -c" if strictly else "haproxy -c"
    script = (
        'cd /checked; for f in *; do echo "@@ $f"; '
        f'out=$({command} -f "$f" 2>&1) || printf \'%s\\n\' "$out"; done'
    )
    files = {f"checked/{name}": text for name, text in texts.items()} | dict(beside or {})
    options = {"network_mode": "none", "extra_hosts": hosts, "dns": ["127.0.0.1"]}
    with container(image, ["sh", "-c", script], files, **options) as running:
        assert running.wait(timeout=LONGEST_S)["StatusCode"] == 0
        output = running.logs().decode()
    found = dict(part.split("\n", 1) for part in output.split("@@ ")[1:])
    assert set(found) == set(texts)
    return found
