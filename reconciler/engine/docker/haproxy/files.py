"""Files in HAProxy's container: haproxy.cfg, and those that it names.

All of it belongs to HAProxy's unprivileged user, and nobody else may read it.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

import docker
import docker.errors

from reconciler.desired import names
from reconciler.desired.containers.haproxy import PROXY_USER
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.engine.docker.answers import open_archive, read_chunks
from reconciler.haproxy.control.rewrite import with_addresses, without_addresses
from reconciler.haproxy.model.files import ProxyFile
from reconciler.haproxy.paths import CONFIG_PATH, FILES_DIRECTORY


def read_config(client: docker.APIClient, container: str) -> str | None:
    """haproxy.cfg of a container that need not run; None when there is none."""
    text = read_text(client, container)
    return text and without_addresses(text)


def read_text(client: docker.APIClient, container: str) -> str | None:
    """The same with the addresses that were noted in it."""
    try:
        chunks, _ = client.get_archive(container, CONFIG_PATH)
    except docker.errors.NotFound:
        return None
    with open_archive(chunks) as archive:
        found = next(iter(archive), None)
        content = archive.extractfile(found) if found is not None else None
        return content.read().decode(errors="replace") if content else None


def write_config(
    client: docker.APIClient, container: str, text: str, files: Sequence[ProxyFile] = ()
) -> None:
    """Put haproxy.cfg into a container, running or not, and before it the files that it names."""
    text = with_addresses(text, addresses_for(client, container))
    entries = _file_entries(files, FILES_DIRECTORY)
    client.put_archive(container, "/", _archive([*entries, (CONFIG_PATH, 0o600, text.encode())]))


def addresses_for(client: docker.APIClient, proxy: str) -> dict[str, str]:
    """Where HAProxy reaches the containers of its topology by now, by their names: on a network
    that both are on. With one request, since a list tells of all networks."""
    found = client.containers(all=True, filters={"label": names.TOPOLOGY})
    own = next((c for c in found if _is_called(c, proxy)), None)
    if own is None:
        return {}
    topology, joined = own["Labels"][names.TOPOLOGY], links_of(_network_owner(own, found))
    addresses: dict[str, str] = {}
    for container in found:
        if container["Labels"][names.TOPOLOGY] == topology:
            address = shared_address(joined, links_of(container))
            addresses |= dict.fromkeys(_names(container), address)
    return {name: address for name, address in addresses.items() if address}


def _is_called(container: dict[str, Any], reference: str) -> bool:
    return container["Id"] == reference or reference in _names(container)


def _names(container: dict[str, Any]) -> list[str]:
    return [name.removeprefix("/") for name in container["Names"]]


def _network_owner(own: dict[str, Any], found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The container whose networks HAProxy is on: itself, or its anchor."""
    mode = own["HostConfig"]["NetworkMode"]
    if not mode.startswith(OF_A_CONTAINER):
        return own
    return next((c for c in found if c["Id"] == mode.removeprefix(OF_A_CONTAINER)), own)


def shared_address(proxy: Mapping[str, str], server: Mapping[str, str]) -> str:
    """Where HAProxy reaches a server, from the links of both; "" where it does not. The order of
    HAProxy's networks decides, so that two looks find the same address."""
    return next((server[network] for network in proxy if server.get(network)), "")


def links_of(container: dict[str, Any]) -> dict[str, str]:
    """A container's addresses, by the names of its networks; "" while it does not run. The
    container is one of a list, or inspected."""
    networks = container["NetworkSettings"]["Networks"] or {}
    return {name: link["IPAddress"] for name, link in networks.items()}


def write_files(
    client: docker.APIClient,
    container: str,
    files: Sequence[ProxyFile],
    directory: str = FILES_DIRECTORY,
) -> None:
    client.put_archive(container, "/", _archive(_file_entries(files, directory)))


def archive_of(files: Sequence[ProxyFile]) -> bytes:
    """The files as a tar archive that is unpacked at `/`."""
    return _archive(_file_entries(files, FILES_DIRECTORY))


_Entry = tuple[str, int, bytes | None]
"""Path, mode, and content; None for a directory."""


def _file_entries(files: Sequence[ProxyFile], directory: str) -> list[_Entry]:
    if not files:
        return []
    entries: list[_Entry] = [(f"{directory}/{f.name}", 0o600, f.content) for f in files]
    return [(directory, 0o700, None), *entries]


def _archive(entries: Sequence[_Entry]) -> bytes:
    """For `put_archive`: all of it HAProxy's user's, and nobody else's to read."""
    uid, gid = (int(part) for part in PROXY_USER.split(":"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, mode, content in entries:
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mode, entry.uid, entry.gid = mode, uid, gid
            if content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content or b""))
    return buffer.getvalue()


def read_files(client: docker.APIClient, container: str) -> bytes | None:
    """An archive of what a container has beside haproxy.cfg; None when there is nothing."""
    try:
        chunks, _ = client.get_archive(container, FILES_DIRECTORY)
    except docker.errors.NotFound:
        return None
    return read_chunks(chunks)


def list_files(client: docker.APIClient, container: str) -> tuple[str, ...]:
    """The names of what a container has beside haproxy.cfg."""
    found = read_files(client, container)
    if found is None:
        return ()
    with open_archive([found]) as archive:
        files = (entry for entry in archive.getmembers() if entry.isfile())
        return tuple(sorted(posixpath.basename(entry.name) for entry in files))


def put_back(client: docker.APIClient, container: str, before: bytes) -> None:
    """Files as they were, from what `read_files` has given."""
    client.put_archive(container, posixpath.dirname(FILES_DIRECTORY), before)
