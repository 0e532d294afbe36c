"""HAProxy inside its container: read it, check a configuration, reload and confirm.

Its sockets are never reachable from the network.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

import docker
import docker.errors
from msgspec import Struct

from reconciler.desired import names
from reconciler.desired.containers.haproxy import PROXY_USER
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.engine.docker.exec import run_in_container, run_in_throwaway
from reconciler.engine.docker.haproxy import runtime, scripts
from reconciler.engine.docker.haproxy.files import (
    addresses_for,
    archive_of,
    links_of,
    put_back,
    read_files,
    read_text,
    shared_address,
    write_config,
    write_files,
)
from reconciler.engine.docker.wait import last_log_lines
from reconciler.engine.errors import (
    ConfigRejectedError,
    EngineError,
    edited_meanwhile,
    no_spare_server,
    refused_by_haproxy,
    reload_failed,
    silent,
)
from reconciler.engine.waiting import tries
from reconciler.haproxy.config import Config
from reconciler.haproxy.config import read_config as parse_config
from reconciler.haproxy.control.commands import (
    NoSpareServerError,
    ServerSetting,
    commands_for,
    find_refusal,
    lines_of,
)
from reconciler.haproxy.control.replies import (
    Alert,
    Processes,
    ServerState,
    is_whole_about_processes,
    is_whole_about_servers,
    parse_alerts,
    parse_frontends,
    parse_info,
    parse_processes,
    parse_reload,
    parse_servers,
    parse_warnings,
)
from reconciler.haproxy.control.rewrite import mark_reload, with_addresses, without_addresses
from reconciler.haproxy.control.versions import explain, read_version, too_old
from reconciler.haproxy.model.files import files_for_check, for_check, from_check
from reconciler.haproxy.paths import (
    CHECK_DIRECTORY,
    CONFIG_PATH,
    FILES_DIRECTORY,
    MASTER_SOCKET,
    RUNTIME_SOCKET,
)
from reconciler.plan.observed import ObservedProxy

SILENCE_S = 2.0
"""How long a HAProxy may be silent, as it is between two workers and when it has just begun."""


class _Said(Struct, frozen=True):
    """What is in a proxy's container, as it was read: texts to be parsed."""

    config: str | None
    worker: str
    master: str
    files: tuple[str, ...]


def read_proxy(client: docker.APIClient, container: str) -> ObservedProxy:
    """Everything about a running HAProxy. Raises docker's APIError, EngineError.

    One that says nothing at all is asked for a while, and has no worker then. One that says half of
    it is not read: what is missing in it need not be so.
    """
    for _ in tries(SILENCE_S):
        said = _read_directly(client, container) or _read_by_exec(client, container)
        if _is_whole(said):
            break
    else:
        if said.worker:
            raise silent()
    info = parse_info(said.worker.partition("# pxname")[0])
    return ObservedProxy(
        config=said.config,
        running=info if info.version else None,
        servers=parse_servers(said.worker),
        frontends=parse_frontends(said.worker),
        old_workers=parse_processes(said.master).old_workers,
        files=said.files,
    )


def _is_whole(said: _Said) -> bool:
    return is_whole_about_servers(said.worker) and is_whole_about_processes(said.master)


def _read_directly(client: docker.APIClient, container: str) -> _Said | None:
    """HAProxy's state, read through /proc; None when this process may not look in there."""
    inside = runtime.locate(client, container)
    if inside is None:
        return None
    try:
        worker = inside.ask(RUNTIME_SOCKET, scripts.QUESTION)
        master = inside.ask(MASTER_SOCKET, "show proc")
        files = inside.names(FILES_DIRECTORY)
        try:
            config = without_addresses(inside.read(CONFIG_PATH))
        except FileNotFoundError:
            config = None
    except OSError:
        return None
    return _Said(config, worker, master, files)


def _read_by_exec(client: docker.APIClient, container: str) -> _Said:
    output = run_in_container(client, container, scripts.READ)
    if output.exit_code == scripts.NO_CLIENT:
        raise EngineError(
            "proxy-unreadable", "its image has none of perl, socat and nc to reach the socket with"
        )
    parts = scripts.split_blocks(output.text)
    if "master" not in parts:
        # What comes after the first heading is of haproxy.cfg, which holds passwords.
        said = output.text.partition("\x1e")[0].strip()
        why = f"HAProxy cannot be read (exit code {output.exit_code}): {said}"
        raise EngineError("proxy-unreadable", why)
    config = without_addresses(parts["config"])
    config_or_none = None if "No such file" in config[:200] else config
    files = tuple(parts["files"].splitlines())
    return _Said(config_or_none, parts["worker"], parts["master"], files)


def read_states(client: docker.APIClient, container: str) -> tuple[ServerState, ...]:
    """The servers of the running worker. Raises EngineError when it does not tell them."""
    for _ in tries(SILENCE_S):
        states = look_at_states(client, container)
        if states is not None:
            return states
    raise silent()


def look_at_states(client: docker.APIClient, container: str) -> tuple[ServerState, ...] | None:
    """The same at once; None when nobody answered, or not to the end: that is no word of them."""
    said = runtime.ask(client, container, RUNTIME_SOCKET, scripts.SERVERS)
    return parse_servers(said) if is_whole_about_servers(said) else None


def look_at_processes(client: docker.APIClient, container: str) -> Processes | None:
    """HAProxy's workers, as its master tells of them; None as above."""
    said = runtime.ask(client, container, MASTER_SOCKET, "show proc")
    return parse_processes(said) if is_whole_about_processes(said) else None


def set_servers(
    client: docker.APIClient, container: str, settings: Sequence[ServerSetting]
) -> None:
    """Change servers of the running worker. Raises EngineError for what HAProxy refuses."""
    try:
        states = read_states(client, container)
        known = {(state.backend, state.host) for state in states}
        new = {s.host for s in settings if not s.is_outside and (s.backend, s.host) not in known}
        commands = list(commands_for(settings, states, _addresses(client, container, new)))
    except NoSpareServerError as error:
        raise no_spare_server(error.backend) from error
    for line in lines_of(commands):
        if refusal := find_refusal(runtime.ask(client, container, RUNTIME_SOCKET, line)):
            raise refused_by_haproxy(refusal)


def _addresses(client: docker.APIClient, proxy: str, hosts: Collection[str]) -> dict[str, str]:
    """Where HAProxy reaches these containers, without a list of all that there are."""
    if not hosts:
        return {}
    own = _links(client, proxy)
    found: dict[str, str] = {}
    for host in hosts:
        with contextlib.suppress(docker.errors.NotFound):
            found[host] = shared_address(own, _links(client, host))
    return found


def _links(client: docker.APIClient, container: str) -> dict[str, str]:
    """A container's addresses, or those of the one whose network it shares."""
    inspected = client.inspect_container(container)
    mode = inspected["HostConfig"].get("NetworkMode") or ""
    if mode.startswith(OF_A_CONTAINER):
        return _links(client, mode.removeprefix(OF_A_CONTAINER))
    return links_of(inspected)


_writing = threading.Lock()
"""Roll-outs of several backends change one file, each its own part of it."""


def rewrite(client: docker.APIClient, container: str, change: Callable[[Config], Config]) -> None:
    """Change a part of the written configuration, and leave the rest as it is."""
    with _writing:
        written = _read_running_config(client, container)
        config = written and parse_config(written)
        if not config:
            raise edited_meanwhile()
        write_config(client, container, change(config).text)


def note_addresses(client: docker.APIClient, container: str) -> None:
    """Write the addresses of servers into haproxy.cfg, where they are others than stand there: a
    worker that starts while the engine is away has nobody to ask."""
    with _writing:
        written = _read_as_it_is(client, container)
        if written is None:
            return
        text = without_addresses(written)
        if with_addresses(text, addresses_for(client, container)) != written:
            write_config(client, container, text)


def _read_running_config(client: docker.APIClient, container: str) -> str | None:
    written = _read_as_it_is(client, container)
    return written and without_addresses(written)


def _read_as_it_is(client: docker.APIClient, container: str) -> str | None:
    inside = runtime.locate(client, container)
    if inside is not None:
        with contextlib.suppress(OSError):
            return inside.read(CONFIG_PATH)
    return read_text(client, container)


def check_in_running(client: docker.APIClient, container: str, config: Config) -> tuple[Alert, ...]:
    """The warnings of `haproxy -c` in the container that will run it, its files beside those that
    are in use.

    Raises ConfigRejectedError.
    """
    if not config.files:
        output = run_in_container(client, container, scripts.CHECK, given=config.text)
    else:
        write_files(client, container, files_for_check(config.files), CHECK_DIRECTORY)
        script = scripts.CHECK_BESIDE
        output = run_in_container(client, container, script, given=for_check(config.text))
    return _judged(output.exit_code, from_check(output.text), config)


def check_in_throwaway(
    client: docker.APIClient,
    topology: str,
    image: str,
    config: Config,
    mounts: list[dict[str, Any]],
) -> tuple[Alert, ...]:
    """The warnings of `haproxy -c` in a container made for it, from standard input: nothing else is
    written to.

    Raises ConfigRejectedError.
    """
    labels = {names.TOPOLOGY: topology, names.ROLE: names.CHECK_ROLE}
    files = archive_of(config.files) if config.files else b""
    output = run_in_throwaway(
        client,
        image,
        PROXY_USER,
        scripts.CHECK,
        given=config.text,
        labels=labels,
        files=files,
        mounts=mounts,
    )
    return _judged(output.exit_code, output.text, config)


def _judged(exit_code: int, output: str, config: Config) -> tuple[Alert, ...]:
    if exit_code == 0:
        return parse_warnings(output)
    if reason := too_old(output):
        raise ConfigRejectedError([(None, reason)])
    version, found = read_version(output), parse_alerts(output)
    if version is not None:
        found = tuple(explain(alert, config.text, version) for alert in found)
    alerts = [(alert.line, alert.message) for alert in found]
    last = [line for line in output.splitlines() if line.strip()][-1:]
    raise ConfigRejectedError(alerts or [(None, line) for line in last])


def reload(client: docker.APIClient, container: str, config: Config, previous: str | None) -> None:
    """Write, reload through the master, and see the worker run it; else write `previous` back.

    Until it is seen, haproxy.cfg tells that changed certificates and maps are under way.
    """
    # A reload that fails leaves the old worker running. What is written must then be what it runs
    # again: HAProxy may start anew at any time, and would take what was refused.
    before = read_files(client, container) if config.files else None
    loaded = mark_reload(config, previous)
    write_config(client, container, loaded.text, loaded.files)
    reply = parse_reload(runtime.ask(client, container, MASTER_SOCKET, "reload"))
    # Not every HAProxy tells how the reload went, and one that tells of success means that a worker
    # was started: only the running one's own word counts.
    failed = reply.succeeded is False
    if not failed:
        failed = not runtime.is_confirmed(client, container, loaded.digest)
    if not failed:
        if loaded is not config:
            write_config(client, container, config.text)
        return
    if before is not None:
        put_back(client, container, before)
    if previous is not None:
        write_config(client, container, previous)
    raise reload_failed([line for line in reply.log.splitlines() if line.strip()][-5:])


def remove_files(client: docker.APIClient, container: str, files: Sequence[str]) -> None:
    """Files beside haproxy.cfg are removed from the container. Raises EngineError."""
    output = run_in_container(client, container, scripts.REMOVE, *files)
    if output.exit_code != 0:
        raise EngineError("engine-refused", f"files of HAProxy cannot be removed: {output.text}")


def why_not_running(client: docker.APIClient, container: str) -> tuple[str, list[str]]:
    """What to do about a HAProxy that did not start, and what its log says of it: alerts where
    there are some, since a master goes on when its worker has said why."""
    log = last_log_lines(client, container, _LOG_LINES)
    alerts = [line for line in log if line.startswith("[ALERT]")]
    return _hint_of(log), (alerts or log)[-_SHOWN_LINES:]


_AGAIN = "apply again; its log says whether workers end by themselves"
_LOG_LINES, _SHOWN_LINES = 20, 5


def _hint_of(log: list[str]) -> str:
    """What to do about it, where the log tells."""
    text = "\n".join(log)
    if "cannot bind socket (Permission denied)" in text:
        return (
            "HAProxy runs as an unprivileged user: let such users have low ports of the host, "
            "`sysctl net.ipv4.ip_unprivileged_port_start=80`, or bind to a port from 1024 on"
        )
    if "protocol unix_stream" in text and "(Permission denied)" in text:
        return (
            "HAProxy runs as user 99, which may not write into the directory of a socket: let it, "
            "`chown 99 DIRECTORY`"
        )
    if "cannot bind socket" in text:
        return "another program of the host has the port; stop it, or bind to another one"
    return ""
