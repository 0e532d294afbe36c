"""HAProxy inside its container: read it, check a configuration, reload and confirm.

Its sockets are reachable through `exec` alone, never from the network.
"""

from __future__ import annotations

import io
import tarfile

import docker
import docker.errors

from reconciler.engine.docker import scripts
from reconciler.engine.docker.exec import run_in_container, run_in_throwaway
from reconciler.engine.protocol import ConfigRejectedError, EngineError
from reconciler.haproxy.paths import CONFIG_PATH
from reconciler.haproxy.render import Config
from reconciler.haproxy.runtime import (
    parse_alerts,
    parse_info,
    parse_processes,
    parse_reload,
    parse_stat,
)
from reconciler.plan import names
from reconciler.plan.compile import PROXY_USER
from reconciler.plan.observed import ObservedProxy


def read_proxy(client: docker.APIClient, container: str) -> ObservedProxy:
    """Everything about a running HAProxy in one exec. Raises docker's APIError, EngineError."""
    output = run_in_container(client, container, scripts.READ)
    if output.exit_code == scripts.NO_CLIENT:
        raise EngineError(
            "proxy-unreadable", "its image has none of perl, socat and nc to reach the socket with"
        )
    parts = scripts.split_blocks(output.text)
    if "master" not in parts:
        raise EngineError("proxy-unreadable", f"HAProxy cannot be read: {output.text.strip()}")
    info_text, _, stat_text = parts["worker"].partition("# pxname")
    info = parse_info(info_text)
    config = parts["config"]
    return ObservedProxy(
        config=None if "No such file" in config[:200] else config,
        running=info if info.version else None,
        servers=parse_stat(f"# pxname{stat_text}") if stat_text else (),
        old_workers=parse_processes(parts["master"]).old_workers,
    )


def read_config(client: docker.APIClient, container: str) -> str | None:
    """haproxy.cfg of a container that need not run; None when there is none."""
    try:
        chunks, _ = client.get_archive(container, CONFIG_PATH)
    except docker.errors.NotFound:
        return None
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        content = archive.extractfile(archive.getmembers()[0])
        return content.read().decode(errors="replace") if content else None


def write_config(client: docker.APIClient, container: str, text: str) -> None:
    """Put haproxy.cfg into a container, running or not, readable by HAProxy's user alone."""
    data = text.encode()
    uid, gid = PROXY_USER.split(":")
    entry = tarfile.TarInfo(CONFIG_PATH.lstrip("/"))
    entry.size, entry.mode, entry.uid, entry.gid = len(data), 0o600, int(uid), int(gid)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(data))
    client.put_archive(container, "/", buffer.getvalue())


def check_in_running(client: docker.APIClient, container: str, config: Config) -> None:
    """`haproxy -c` in the container that will run it. Raises ConfigRejectedError."""
    output = run_in_container(client, container, scripts.CHECK, given=config.text)
    raise_if_rejected(output.exit_code, output.text)


def check_in_throwaway(client: docker.APIClient, topology: str, image: str, config: Config) -> None:
    """`haproxy -c` in a container made for it, from standard input: nothing is written."""
    labels = {names.TOPOLOGY: topology, names.ROLE: names.CHECK_ROLE}
    output = run_in_throwaway(
        client, image, PROXY_USER, scripts.CHECK, given=config.text, labels=labels
    )
    raise_if_rejected(output.exit_code, output.text)


def raise_if_rejected(exit_code: int, output: str) -> None:
    if exit_code == 0:
        return
    alerts = [(alert.line, alert.message) for alert in parse_alerts(output)]
    last = [line for line in output.splitlines() if line.strip()][-1:]
    raise ConfigRejectedError(alerts or [(None, line) for line in last])


def reload(client: docker.APIClient, container: str, config: Config, previous: str | None) -> None:
    """Write, reload through the master, and see the worker run it; else write `previous` back."""
    write_config(client, container, config.text)
    answer = run_in_container(client, container, scripts.RELOAD)
    reply = parse_reload(answer.text)
    failed = reply.succeeded is False
    if not failed:
        failed = not is_confirmed(client, container, config.digest)
    if not failed:
        return
    if previous is not None:
        write_config(client, container, previous)
    raise EngineError(
        "reload-failed",
        "HAProxy did not take the new configuration; the old one is in force and written",
        details=[line for line in reply.log.splitlines() if line.strip()][-5:],
    )


def is_confirmed(client: docker.APIClient, container: str, digest: str) -> bool:
    """Whether the running worker says, within some seconds, that it runs this configuration."""
    return run_in_container(client, container, scripts.CONFIRM, digest).exit_code == 0


def hint_of(log: list[str]) -> str:
    """What to do about a HAProxy that does not start, where its log tells."""
    text = "\n".join(log)
    if "cannot bind socket (Permission denied)" in text:
        return (
            "HAProxy runs as an unprivileged user: let such users have low ports of the host, "
            "`sysctl net.ipv4.ip_unprivileged_port_start=80`, or bind to a port from 1024 on"
        )
    if "cannot bind socket" in text:
        return "another program of the host has the port; stop it, or bind to another one"
    return ""
