"""Topology to Desired: every default filled in, every name made, HAProxy's model built."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace

from reconciler.haproxy import model as haproxy
from reconciler.haproxy.paths import CONFIG_PATH, MASTER_SOCKET, RUN_DIRECTORY
from reconciler.plan.desired import PROXY_SLOT, Desired, DesiredContainer, Slot
from reconciler.plan.names import (
    SERVER_ROLE,
    container_name,
    network_name,
    proxy_name,
    run_volume_name,
    server_name,
    volume_name,
)
from reconciler.plan.spec import (
    Attachment,
    ContainerSpec,
    Healthcheck,
    Mount,
    NetworkSpec,
    PublishedPort,
    revision_of,
)
from reconciler.topology.diagnostic import Path
from reconciler.topology.model import Backend, Bind, Check, Network, Topology, Volume
from reconciler.topology.rules import DEFAULT_NETWORK, proxy_networks, served_backends

PROXY_USER = "99:99"
"""Any unprivileged user does: Docker lets every user of a container bind low ports since 20.10."""
STOP_MARGIN_S = 5.0
"""Docker kills after the stop grace; the worker ends itself at hard-stop-after, before that."""


def compile_topology(
    topology: Topology, base_directory: str, sensitive: Mapping[Path, str] | None = None
) -> Desired:
    """The whole wish. `base_directory` is absolute: relative mounts start there.

    `sensitive` are the paths whose values came from outside the file (`Loaded.sensitive`).
    """
    sensitive = sensitive or {}
    networks = _networks(topology)
    containers = {
        container.slot: container
        for name, backend in topology.backends.items()
        for container in _replicas(topology, name, backend, networks, base_directory, sensitive)
    }
    proxy, run_volume = None, ""
    if topology.frontends or topology.stats is not None:
        listeners = _Listeners(topology)
        proxy = _proxy(topology, containers, listeners, frozenset(sensitive))
        containers[PROXY_SLOT] = _proxy_container(topology, listeners, networks, sensitive)
        run_volume = run_volume_name(topology.name)
    used = {attachment.network for c in containers.values() for attachment in c.spec.networks}
    return Desired(
        topology=topology.name,
        containers=containers,
        networks={net.name: net for net in networks.values() if net.name in used},
        volumes=tuple(
            sorted({m.source for c in containers.values() for m in c.spec.mounts
                    if m.kind == "volume"} - {run_volume})
        ),
        run_volume=run_volume,
        proxy=proxy,
        lock_image=topology.haproxy.image,
    )  # fmt: skip


def _networks(topology: Topology) -> dict[str, NetworkSpec]:
    """Name in the file to spec; `default` is there even when the file does not define it."""
    defined = {DEFAULT_NETWORK: Network(), **topology.networks}
    return {
        name: NetworkSpec(
            name=name if net.external else network_name(topology.name, name),
            driver=net.driver,
            internal=net.internal,
            external=net.external,
        )
        for name, net in defined.items()
    }


def _replicas(
    topology: Topology,
    name: str,
    backend: Backend,
    networks: Mapping[str, NetworkSpec],
    base_directory: str,
    sensitive: Mapping[Path, str],
) -> list[DesiredContainer]:
    spec = _server_spec(topology, name, backend, networks, base_directory)
    revision = revision_of(spec)
    fields = _sensitive_fields(("backends", name), sensitive)
    return [
        DesiredContainer(
            slot=Slot(SERVER_ROLE, name, number),
            name=container_name(topology.name, name, number, revision),
            spec=spec,
            revision=revision,
            pull=backend.pull,
            sensitive=fields,
        )
        for number in range(1, backend.replicas + 1)
    ]


def _server_spec(
    topology: Topology,
    name: str,
    backend: Backend,
    networks: Mapping[str, NetworkSpec],
    base_directory: str,
) -> ContainerSpec:
    return ContainerSpec(
        image=backend.image,
        command=backend.command,
        entrypoint=backend.entrypoint,
        env=tuple(backend.env.items()),
        labels=tuple(backend.labels.items()),
        mounts=tuple(_mount(topology, volume, base_directory) for volume in backend.volumes),
        healthcheck=_healthcheck(backend),
        stop_grace_s=backend.stop_grace_period,
        init=backend.init,
        restart=backend.restart,
        cpus=backend.resources.cpus,
        memory_bytes=backend.resources.memory,
        networks=tuple(
            Attachment(networks[net].name, (name,)) for net in dict.fromkeys(backend.networks)
        ),
    )


def _mount(topology: Topology, volume: Volume, base_directory: str) -> Mount:
    if volume.source.startswith(("/", ".")):
        source = posixpath.normpath(posixpath.join(base_directory, volume.source))
        return Mount("bind", source, volume.target, volume.read_only)
    return Mount(
        "volume", volume_name(topology.name, volume.source), volume.target, volume.read_only
    )


def _healthcheck(backend: Backend) -> Healthcheck | None:
    check = backend.healthcheck
    if check is None:
        return None
    if check.disable or check.test is None:
        return Healthcheck(test=("NONE",))
    return Healthcheck(check.test, check.interval, check.timeout, check.retries, check.start_period)


_FIELD_OF_KEY = {
    "volumes": "mounts",
    "stop_grace_period": "stop_grace_s",
}


def _sensitive_fields(owner: Path, sensitive: Mapping[Path, str]) -> dict[str, str]:
    """Spec fields below `owner` that hold outside values, and how they were written."""
    found: dict[str, str] = {}
    for path, written in sensitive.items():
        if path[: len(owner)] != owner or len(path) == len(owner):
            continue
        key, *rest = path[len(owner) :]
        if key in {"env", "labels"} and rest:
            # `env: ["TOKEN=${TOKEN}"]` has a position for a path, and the name in the text.
            name = rest[0] if isinstance(rest[0], str) else written.partition("=")[0]
            found[f"{key}.{name}"] = written
        elif key == "resources" and rest:
            found["memory_bytes" if rest[0] == "memory" else str(rest[0])] = written
        else:
            found[_FIELD_OF_KEY.get(str(key), str(key))] = written
    return found


class _Listeners:
    """Which port of the container each bind gets.

    Usually the port itself. Two frontends may use one port on two addresses of the host; in the
    container both listen on all addresses, so the later one gets a port of its own.
    """

    def __init__(self, topology: Topology) -> None:
        self.published: list[PublishedPort] = []
        self.of_frontend: dict[str, tuple[haproxy.Listener, ...]] = {}
        self.stats: haproxy.Listener | None = None
        self._owner: dict[int, str] = {}
        self._reserved = {b.port for f in topology.frontends.values() for b in f.bind}
        if topology.stats is not None:
            self._reserved.add(topology.stats.port)
        for name, frontend in topology.frontends.items():
            listeners: dict[int, haproxy.Listener] = {}
            for index, bind in enumerate(frontend.bind):
                port = self._publish(name, bind)
                listeners.setdefault(
                    port, haproxy.Listener(port, ("frontends", name, "bind", index))
                )
            self.of_frontend[name] = tuple(listeners.values())
        if topology.stats is not None:
            bind = Bind(port=topology.stats.port, address=topology.stats.address)
            self.stats = haproxy.Listener(self._publish("\0stats", bind), ("stats", "port"))

    def _publish(self, owner: str, bind: Bind) -> int:
        port = bind.port
        while self._owner.setdefault(port, owner) != owner or (
            port != bind.port and port in self._reserved
        ):
            port = port % 65535 + 1
        self.published.append(PublishedPort(bind.address, bind.port, port))
        return port


def _proxy(
    topology: Topology,
    containers: Mapping[Slot, DesiredContainer],
    listeners: _Listeners,
    sensitive: frozenset[Path],
) -> haproxy.Proxy:
    settings = topology.haproxy
    backends = {
        name: backend
        for name, backend in topology.backends.items()
        if backend.port is not None
        and (name in served_backends(topology) or not topology.frontends)
    }
    return haproxy.Proxy(
        topology=topology.name,
        maxconn=settings.maxconn,
        hard_stop_after_s=settings.hard_stop_after,
        timeouts=haproxy.Timeouts(**settings.timeouts.model_dump()),
        frontends=tuple(
            haproxy.Frontend(
                name=name,
                mode=frontend.mode or topology.backends[frontend.default_backend].mode,
                listeners=listeners.of_frontend[name],
                default_backend=frontend.default_backend,
                path=("frontends", name),
            )
            for name, frontend in topology.frontends.items()
        ),
        backends=tuple(
            _proxy_backend(name, backend, containers) for name, backend in backends.items()
        ),
        stats=_stats(topology, listeners),
        raw_global=_raw(settings.raw.global_, "global"),
        raw_defaults=_raw(settings.raw.defaults, "defaults"),
        sensitive=sensitive,
    )


def _raw(lines: tuple[str, ...], section: str) -> tuple[haproxy.RawLine, ...]:
    return tuple(
        haproxy.RawLine(line, ("haproxy", "raw", section, index))
        for index, line in enumerate(lines)
    )


def _proxy_backend(
    name: str, backend: Backend, containers: Mapping[Slot, DesiredContainer]
) -> haproxy.Backend:
    assert backend.port is not None
    path: Path = ("backends", name)
    return haproxy.Backend(
        name=name,
        mode=backend.mode,
        balance=backend.balance,
        check=_check(backend.check, (*path, "check")),
        weight=backend.weight,
        maxconn=backend.maxconn,
        servers=tuple(
            haproxy.Server(
                server_name(name, number),
                containers[Slot(SERVER_ROLE, name, number)].name,
                backend.port,
            )
            for number in range(1, backend.replicas + 1)
        ),
        path=path,
    )


def _check(check: Check, path: Path) -> haproxy.Check | None:
    if check.type == "none":
        return None
    return haproxy.Check(
        url=check.path,
        method=check.method,
        status=check.status,
        interval_s=check.interval,
        timeout_s=check.timeout,
        rise=check.rise,
        fall=check.fall,
        path=path,
    )


def _stats(topology: Topology, listeners: _Listeners) -> haproxy.StatsPage | None:
    stats = topology.stats
    if stats is None or listeners.stats is None:
        return None
    return haproxy.StatsPage(
        listener=listeners.stats,
        uri=stats.uri,
        refresh_s=stats.refresh,
        users=tuple(stats.auth.items()),
        path=("stats",),
    )


def _proxy_container(
    topology: Topology,
    listeners: _Listeners,
    networks: Mapping[str, NetworkSpec],
    sensitive: Mapping[Path, str],
) -> DesiredContainer:
    """Hardened: no root, no capability, no new privileges, sockets in a volume of its own."""
    settings = topology.haproxy
    spec = ContainerSpec(
        image=settings.image,
        # The entry points of the public images add `-W -db` to this.
        command=("haproxy", "-f", CONFIG_PATH, "-S", f"{MASTER_SOCKET},mode,600"),
        user=PROXY_USER,
        cap_drop=("ALL",),
        no_new_privileges=True,
        # A volume and not a plain tmpfs: who may look into Docker's volumes on the engine's machine
        # reaches the sockets there, without the detour of an exec.
        mounts=(Mount("volume", run_volume_name(topology.name), RUN_DIRECTORY),),
        ports=tuple(sorted(listeners.published, key=str)),
        stop_signal="SIGUSR1",
        stop_grace_s=settings.hard_stop_after + STOP_MARGIN_S,
        restart=settings.restart,
        cpus=settings.resources.cpus,
        memory_bytes=settings.resources.memory,
    )
    revision = revision_of(spec)
    joined = (Attachment(networks[net].name) for net in dict.fromkeys(proxy_networks(topology)))
    return DesiredContainer(
        slot=PROXY_SLOT,
        name=proxy_name(topology.name, revision),
        spec=replace(spec, networks=tuple(joined)),
        revision=revision,
        pull=settings.pull,
        sensitive=_sensitive_fields(("haproxy",), sensitive) | _sensitive_ports(sensitive),
    )


def _sensitive_ports(sensitive: Mapping[Path, str]) -> dict[str, str]:
    for path, written in sensitive.items():
        if (path[:1] == ("frontends",) and "bind" in path) or path in _STATS_LISTENER:
            return {"ports": written}
    return {}


_STATS_LISTENER = {("stats",), ("stats", "port"), ("stats", "bind")}
