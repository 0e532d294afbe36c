"""Certificates that a running HAProxy takes over: no reload, and no connection notices.

HAProxy loads one aside, and then uses it for every new connection (management guide, "set ssl
cert", "commit ssl cert"). It knows one such transaction at a time, so one comes after another; the
configuration with all of them was checked before. Each is written as well: a restart loads the
same.
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
    """Raises EngineError for what HAProxy refuses; it uses what it used before in place of that."""
    for file in files:
        said = talk.tell(client, container, RUNTIME_SOCKET, renewal_command(file))
        if "Transaction" in said:
            said = talk.ask(client, container, RUNTIME_SOCKET, commit_command(file))
        if "Success" not in said:
            # What is loaded aside would be in the way of the next try.
            talk.ask(client, container, RUNTIME_SOCKET, abort_command(file))
            raise refused_by_haproxy(said)
    written.write_files(client, container, files)
