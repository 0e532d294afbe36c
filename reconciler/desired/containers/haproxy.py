"""Topology to the containers of HAProxy itself, and of the anchor that it may stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from reconciler.desired.containers.volumes import compile_mount
from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, DesiredContainer, Slot
from reconciler.desired.names import anchor_name, proxy_name, run_volume_name
from reconciler.desired.options import options_of
from reconciler.desired.proxy.listeners import Listeners
from reconciler.desired.resources import compile_resources
from reconciler.desired.sensitive import sensitive_fields, sensitive_listeners
from reconciler.desired.spec import (
    OF_A_CONTAINER,
    Attachment,
    ContainerSpec,
    Mount,
    NetworkSpec,
    PublishedPort,
    revision_of,
)
from reconciler.diagnostics.place import Path
from reconciler.haproxy.paths import (
    CONFIG_PATH,
    IDLE_HOST,
    MASTER_SOCKET,
    RUN_DIRECTORY,
    SOCKETS_VARIABLE,
    is_directory_of_sockets,
)
from reconciler.topology.model import Topology
from reconciler.topology.networks import proxy_networks

PROXY_USER = "99:99"
"""Any unprivileged user does: Docker lets every user of a container bind low ports since 20.10."""
STOP_MARGIN_S = 5.0
"""Docker kills after the stop grace; the worker ends itself at hard-stop-after, before that."""


def proxy_containers(
    topology: Topology,
    listeners: Listeners,
    networks: Mapping[str, NetworkSpec],
    sensitive: Mapping[Path, str],
    base_directory: str,
) -> dict[Slot, DesiredContainer]:
    """HAProxy, and before it the container that has its network, if it is not HAProxy itself."""
    ports = tuple(sorted(listeners.published, key=str))
    joined = tuple(
        Attachment(networks[net].name, (IDLE_HOST,))
        for net in dict.fromkeys(proxy_networks(topology))
    )
    directories = sorted(listeners.directories.values(), key=str)
    own = (compile_mount(topology, mount, base_directory) for mount in topology.haproxy.volumes)
    mounts = (*directories, *own)
    if topology.haproxy.network == "host":
        proxy = _proxy_container(topology, "host", sensitive, mounts)
    elif topology.haproxy.upgrade == "handover":
        anchor = _anchor(topology, sensitive, ports, joined)
        proxy = _proxy_container(topology, OF_A_CONTAINER, sensitive, mounts)
        return {ANCHOR_SLOT: anchor, PROXY_SLOT: proxy}
    else:
        proxy = _proxy_container(topology, "", sensitive, mounts, ports, joined)
    return {PROXY_SLOT: proxy}


_WITH_THE_NETWORK = ("extra_hosts", "dns", "dns_search", "dns_opt")
"""Options that Docker takes only of the container that a network is made for."""


def _of_the_network(options: dict[str, Any]) -> dict[str, Any]:
    """What of HAProxy's options goes to the container that has its network."""
    found = {name: options[name] for name in _WITH_THE_NETWORK}
    return found | {"sysctls": tuple(own for own in options["sysctls"] if own[0][:4] == "net.")}


def files_of_the_host(spec: ContainerSpec) -> tuple[Mount, ...]:
    """Those of HAProxy's mounts in which there may be files that its configuration names."""
    return tuple(
        mount
        for mount in spec.mounts
        if mount.source in spec.host_paths and not is_directory_of_sockets(mount.target)
    )


def _anchor(
    topology: Topology,
    sensitive: Mapping[Path, str],
    ports: tuple[PublishedPort, ...],
    joined: tuple[Attachment, ...],
) -> DesiredContainer:
    """The anchor, which only waits to be killed. Any image that is there will do, so a newer one
    does not replace it."""
    spec = ContainerSpec(
        image="",
        entrypoint=("tail",),
        command=("-f", "/dev/null"),
        user=PROXY_USER,
        cap_drop=("ALL",),
        no_new_privileges=True,
        ports=ports,
        stop_signal="SIGKILL",
        restart=topology.haproxy.restart,
        **_of_the_network(options_of(topology.haproxy)),
    )
    revision = revision_of(spec)
    return DesiredContainer(
        slot=ANCHOR_SLOT,
        name=anchor_name(topology.name, revision),
        spec=replace(spec, image=topology.haproxy.image, networks=joined),
        revision=revision,
        pull=topology.haproxy.pull,
        sensitive=sensitive_fields(("haproxy",), sensitive) | sensitive_listeners(sensitive),
        any_image=True,
    )


def _proxy_container(
    topology: Topology,
    network_mode: str,
    sensitive: Mapping[Path, str],
    mounts: tuple[Mount, ...],
    ports: tuple[PublishedPort, ...] = (),
    joined: tuple[Attachment, ...] = (),
) -> DesiredContainer:
    """Hardened: no root, no capability, no new privileges, sockets in a volume of its own."""
    settings = topology.haproxy
    hands_over = bool(network_mode)
    master = f"${{{SOCKETS_VARIABLE}}}master.sock" if hands_over else MASTER_SOCKET
    options = options_of(settings)
    if network_mode == OF_A_CONTAINER:
        of_the_network = _of_the_network(options)
        sysctls = tuple(own for own in options["sysctls"] if own not in of_the_network["sysctls"])
        options = options | dict.fromkeys(_WITH_THE_NETWORK, ()) | {"sysctls": sysctls}
    spec = ContainerSpec(
        image=settings.image,
        # The entry points of the public images add `-W -db` to this.
        command=("haproxy", "-f", CONFIG_PATH, "-S", f"{master},mode,600"),
        user=PROXY_USER,
        cap_drop=("ALL",),
        no_new_privileges=True,
        # A volume and not a plain tmpfs: who may look into Docker's volumes on the engine's machine
        # reaches the sockets there, without the detour of an exec.
        mounts=(Mount("volume", run_volume_name(topology.name), RUN_DIRECTORY), *mounts),
        ports=ports,
        stop_signal="SIGUSR1",
        stop_grace_s=settings.hard_stop_after + STOP_MARGIN_S,
        restart=settings.restart,
        **compile_resources(settings),
        **options,
        labels=tuple(settings.labels.items()),
        network_mode=network_mode,
        hands_over=hands_over,
    )
    revision = revision_of(spec)
    return DesiredContainer(
        slot=PROXY_SLOT,
        name=proxy_name(topology.name, revision),
        spec=replace(spec, networks=joined),
        revision=revision,
        pull=settings.pull,
        sensitive=sensitive_fields(("haproxy",), sensitive)
        | sensitive_listeners(sensitive, has_directories=bool(mounts)),
    )
