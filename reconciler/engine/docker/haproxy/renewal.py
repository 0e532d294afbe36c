"""Files that a running HAProxy takes over: no reload, and no connection notices.

It loads another certificate or map aside, and then uses it for every new connection or request
(management guide, "set ssl cert", "commit ssl cert", "prepare map", "commit map"); certificates
join and leave a list one by one ("add ssl crt-list", "del ssl crt-list"). It knows one
transaction for certificates at a time, so one file comes after another; the configuration with all
of them was checked before. Each is written as well: a restart loads the same.

What a HAProxy uses can be asked of nobody. So haproxy.cfg tells first that these files are under
way, and is written anew at the end: whoever comes after a run that was cut off sees a difference,
whatever is wanted then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import docker

from reconciler.engine.docker.haproxy import files as proxy_files
from reconciler.engine.docker.haproxy import proxy, runtime
from reconciler.engine.errors import refused_by_haproxy
from reconciler.haproxy.control.rewrite import mark_renewal
from reconciler.haproxy.model.files import (
    ProxyFile,
    abort_command,
    commit_command,
    fill_commands,
    join_commands,
    leave_commands,
    new_command,
    prepare_command,
    renewal_command,
    show_list_command,
    switch_command,
)
from reconciler.haproxy.paths import RUNTIME_SOCKET


def renew_files(client: docker.APIClient, container: str, files: Sequence[ProxyFile]) -> None:
    """Raises EngineError for what HAProxy refuses; it uses what it used before in place of that."""
    # First the mark, last the files: whoever comes after a run that was cut off between them sees
    # that it has to be done again.
    names = [file.name for file in files]
    proxy.rewrite(client, container, lambda config: mark_renewal(config, names))
    for kind, parts in _together(files):
        match kind:
            case "map":
                _renew_map(client, container, *parts)
            case "crt-list":
                _renew_list(client, container, *parts)
            case _:
                _renew_certificate(client, container, parts)
    proxy_files.write_files(client, container, files)


def _together(files: Sequence[ProxyFile]) -> Iterator[tuple[str, list[ProxyFile]]]:
    """A certificate and its OCSP response are taken over at once, each other file by itself."""
    parts: dict[str, list[ProxyFile]] = {}
    for file in files:
        parts.setdefault(file.certificate, []).append(file)
    return ((group[0].kind, group) for group in parts.values())


def _renew_certificate(
    client: docker.APIClient, container: str, parts: Sequence[ProxyFile]
) -> None:
    for part in parts:
        said = runtime.tell(client, container, RUNTIME_SOCKET, renewal_command(part))
        # HAProxy has no such certificate yet: it is made empty, and then filled.
        if "not referenced" in said and part.kind == "certificate":
            runtime.ask(client, container, RUNTIME_SOCKET, new_command(part))
            said = runtime.tell(client, container, RUNTIME_SOCKET, renewal_command(part))
        if "Transaction" not in said:
            break
    else:
        said = runtime.ask(client, container, RUNTIME_SOCKET, commit_command(parts[0]))
    if "Success" not in said:
        # What is loaded aside would be in the way of the next try.
        runtime.ask(client, container, RUNTIME_SOCKET, abort_command(parts[0]))
        raise refused_by_haproxy(said)


def _renew_list(client: docker.APIClient, container: str, file: ProxyFile) -> None:
    """Certificates join a list before others leave it. HAProxy has loaded those that join by
    now."""
    shown = runtime.ask(client, container, RUNTIME_SOCKET, show_list_command(file))
    for command in join_commands(file, shown):
        said = runtime.ask(client, container, RUNTIME_SOCKET, command)
        if "Success" not in said:
            raise refused_by_haproxy(said)
    for take, forget in leave_commands(file, shown):
        said = runtime.ask(client, container, RUNTIME_SOCKET, take)
        if "deleted" not in said:
            raise refused_by_haproxy(said)
        runtime.ask(client, container, RUNTIME_SOCKET, forget)


def _renew_map(client: docker.APIClient, container: str, file: ProxyFile) -> None:
    """A version that is never committed is in nobody's way. Of success HAProxy says nothing."""
    said = runtime.ask(client, container, RUNTIME_SOCKET, prepare_command(file))
    version = re.search(r"created: (\d+)", said)
    if version is None:
        raise refused_by_haproxy(said)
    commands = [*fill_commands(file, version[1]), switch_command(file, version[1])]
    for command in commands:
        said = runtime.tell(client, container, RUNTIME_SOCKET, command)
        if said.strip():
            raise refused_by_haproxy(said)
