"""Certificates that a running HAProxy takes over: no reload, and no connection notices.

HAProxy loads each aside, and uses all of them only when it has accepted every one (management
guide, "set ssl cert", "commit ssl cert"). Then they are written, so that a restart loads the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import docker

from reconciler.engine.docker import talk, written
from reconciler.engine.protocol import refused_by_haproxy
from reconciler.haproxy.files import (
    ProxyFile,
    abort_command,
    commit_command,
    renewal_command,
)
from reconciler.haproxy.paths import RUNTIME_SOCKET


def renew_certificates(
    client: docker.APIClient, container: str, files: Sequence[ProxyFile]
) -> None:
    """Raises EngineError for what HAProxy refuses; then it uses what it used before."""
    for number, file in enumerate(files):
        said = talk.tell(client, container, RUNTIME_SOCKET, renewal_command(file))
        if "ransaction" not in said:
            _abort(client, container, files[: number + 1])
            raise refused_by_haproxy(said)
    for file in files:
        said = talk.ask(client, container, RUNTIME_SOCKET, commit_command(file))
        if "Success" not in said:
            _abort(client, container, files)
            raise refused_by_haproxy(said)
    written.write_files(client, container, files)


def _abort(client: docker.APIClient, container: str, files: Sequence[ProxyFile]) -> None:
    """What is loaded aside would be in the way of the next try."""
    for file in files:
        talk.ask(client, container, RUNTIME_SOCKET, abort_command(file))
