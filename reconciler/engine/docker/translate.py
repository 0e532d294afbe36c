"""Between specs and Docker's JSON, in both directions. No IO."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from reconciler.desired import names
from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.resources import resources_in
from reconciler.desired.spec import (
    OF_A_CONTAINER,
    AddressPool,
    Attachment,
    ContainerSpec,
    Healthcheck,
    Mount,
    NetworkSpec,
    PublishedPort,
    describe,
)
from reconciler.engine.docker.haproxy.runtime_sockets import with_sockets
from reconciler.engine.docker.options import (
    config_options,
    host_options,
    limits_body,
    observed_limits,
)
from reconciler.engine.docker.times import parse_time
from reconciler.plan.observed import ObservedContainer, ObservedNetworkLink
from reconciler.topology.model.types.subnet import gateway_of, range_of_docker

_NANO = 1_000_000_000


def container_labels(topology: str, container: DesiredContainer, name: str) -> dict[str, str]:
    """The user's labels and ours."""
    slot = container.slot
    described = describe(container.spec, container.sensitive)
    return {
        **dict(container.spec.labels),
        names.TOPOLOGY: topology,
        names.ROLE: slot.role,
        names.BACKEND: slot.backend,
        names.SLOT: str(slot.number),
        names.REVISION: container.revision,
        names.NAME: name,
        **({names.DEPENDS_ON: " ".join(container.depends_on)} if container.depends_on else {}),
        **({names.JOBS: " ".join(container.jobs)} if container.jobs else {}),
        names.SPEC: json.dumps(described, separators=(",", ":"), ensure_ascii=False),
    }


def create_body(
    topology: str,
    container: DesiredContainer,
    name: str,
    predecessor: str = "",
    *,
    with_all_networks: bool = False,
) -> dict[str, Any]:
    """The body of `POST /containers/create` (API 1.41). Of its networks only the first is in it,
    if not told otherwise."""
    spec = container.spec
    if spec.hands_over:
        spec = with_sockets(spec, name, predecessor)
    body: dict[str, Any] = {
        "Image": spec.image,
        "Labels": container_labels(topology, container, name),
        "Env": [f"{key}={value}" for key, value in spec.env],
        "StopTimeout": math.ceil(spec.stop_grace_s),
        "HostConfig": _host_config(spec),
    }
    optional = {
        "Cmd": list(spec.command) if spec.command is not None else None,
        "Entrypoint": list(spec.entrypoint) if spec.entrypoint is not None else None,
        "Healthcheck": _healthcheck(spec.healthcheck) if spec.healthcheck else None,
    }
    body |= {key: value for key, value in optional.items() if value is not None}
    body |= config_options(spec)
    published: dict[str, Any] = {_inside(port): {} for port in spec.ports}
    body["ExposedPorts"] = published | body.get("ExposedPorts", {})
    if spec.networks:
        first = spec.networks[0]
        if first.mac:
            body["MacAddress"] = first.mac
        at_once = spec.networks if with_all_networks else (first,)
        endpoints = {attachment.network: endpoint(attachment) for attachment in at_once}
        body["NetworkingConfig"] = {"EndpointsConfig": endpoints}
    return body


def endpoint(attachment: Attachment) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if attachment.aliases:
        settings["Aliases"] = list(attachment.aliases)
    told = {"IPv4Address": attachment.told_ipv4, "IPv6Address": attachment.ipv6}
    if any(told.values()):
        settings["IPAMConfig"] = {key: value for key, value in told.items() if value}
    if attachment.mac:
        settings["MacAddress"] = attachment.mac  # older engines look at the container's only
    return settings


def _host_config(spec: ContainerSpec) -> dict[str, Any]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in spec.ports:
        bindings.setdefault(_inside(port), []).append(
            {"HostIp": port.address or "", "HostPort": str(port.host_port or "")}
        )
    config: dict[str, Any] = {
        "NetworkMode": _network_mode(spec),
        "RestartPolicy": restart_policy(spec.restart),
        "PortBindings": bindings,
        "Mounts": [mount_body(mount) for mount in spec.mounts if not _is_of_short_form(mount)]
        + [{"Type": "volume", "Target": directory} for directory in _volumes_for_files(spec)],
    }
    if binds := [_bind(mount) for mount in spec.mounts if _is_of_short_form(mount)]:
        config["Binds"] = binds
    if spec.init:
        config["Init"] = True
    if spec.no_new_privileges:
        config["SecurityOpt"] = ["no-new-privileges:true"]
    config |= host_options(spec)
    if spec.seccomp is not None:
        profile = f"seccomp={spec.seccomp.content}"
        config["SecurityOpt"] = [*config.get("SecurityOpt", ()), profile]
    return config | limits_body(resources_in(spec), spec.memswap_bytes)


def _is_of_short_form(mount: Mount) -> bool:
    """Whether it is something that Docker's long form has not; the short one makes what is not
    there, so it is for no other."""
    return mount.creates_path or bool(mount.selinux)


def _bind(mount: Mount) -> str:
    options = ["ro" if mount.read_only else "rw", mount.propagation, mount.selinux]
    return f"{mount.source}:{mount.target}:{','.join(filter(None, options))}"


def _inside(port: PublishedPort) -> str:
    return f"{port.container_port}/{port.protocol}"


def mount_body(mount: Mount) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Type": mount.kind,
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }
    if mount.propagation:
        body["BindOptions"] = {"Propagation": mount.propagation}
    if mount.nocopy:
        body["VolumeOptions"] = {"NoCopy": True}
    if mount.subpath:
        body.setdefault("VolumeOptions", {})["Subpath"] = mount.subpath
    if mount.kind == "tmpfs":
        size, mode = mount.size_bytes, int(mount.mode or "0", 8)
        body["TmpfsOptions"] = {"SizeBytes": size or 0, "Mode": mode}
    return body


def _volumes_for_files(spec: ContainerSpec) -> list[str]:
    """Anonymous ones, which go with the container."""
    return sorted({file.volume for file in spec.files if file.volume})


def _network_mode(spec: ContainerSpec) -> str:
    return spec.network_mode or (spec.networks[0].network if spec.networks else "none")


def restart_policy(text: str) -> dict[str, Any]:
    name, _, count = text.partition(":")
    return {"Name": name, "MaximumRetryCount": int(count or 0)}


def _healthcheck(check: Healthcheck) -> dict[str, Any]:
    body: dict[str, Any] = {"Test": list(check.test)}
    for key, seconds in (
        ("Interval", check.interval_s),
        ("Timeout", check.timeout_s),
        ("StartPeriod", check.start_period_s),
        ("StartInterval", check.start_interval_s),
    ):
        if seconds is not None:
            body[key] = round(seconds * _NANO)
    if check.retries is not None:
        body["Retries"] = check.retries
    return body


def network_body(topology: str, spec: NetworkSpec, revision: str) -> dict[str, Any]:
    """What a network is created with."""
    body: dict[str, Any] = {
        "Name": spec.name,
        "Driver": spec.driver,
        "Internal": spec.internal,
        "Labels": {
            **dict(spec.labels),
            names.TOPOLOGY: topology,
            names.ROLE: names.NETWORK_ROLE,
            names.REVISION: revision,
        },
    }
    told = {"Attachable": spec.attachable, "EnableIPv6": spec.has_ipv6}
    body |= {key: True for key, is_so in told.items() if is_so}
    if spec.options:
        body["Options"] = dict(spec.options)
    if places := [*_halved(spec.subnet), *map(_pool, spec.pools)]:
        body["IPAM"] = {"Config": places}
    if spec.ipam_driver != "default" or spec.ipam_options:
        own = {"Driver": spec.ipam_driver, "Options": dict(spec.ipam_options)}
        body["IPAM"] = body.get("IPAM", {}) | own
    return body


def _halved(subnet: str | None) -> Iterator[dict[str, Any]]:
    """A subnet of which Docker gives out half by itself."""
    if subnet is not None:
        yield _pool(AddressPool(subnet, range_of_docker(subnet), gateway_of(subnet)))


def _pool(pool: AddressPool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "Subnet": pool.subnet,
        "IPRange": pool.ip_range,
        "Gateway": pool.gateway,
        "AuxiliaryAddresses": dict(pool.aux_addresses),
    }
    return {key: value for key, value in told.items() if value}


def observed_container(inspected: dict[str, Any]) -> ObservedContainer:
    """What `GET /containers/{id}/json` says."""
    config, host, state = inspected["Config"], inspected["HostConfig"], inspected["State"]
    labels = config.get("Labels") or {}
    name = inspected["Name"].lstrip("/")
    links = inspected["NetworkSettings"].get("Networks") or {}
    return ObservedContainer(
        id=inspected["Id"],
        name=name,
        slot=slot_of(labels),
        revision=labels.get(names.REVISION, ""),
        given_name=labels.get(names.NAME, name),
        described=_described(labels),
        image_id=inspected["Image"],
        state=state["Status"],
        health=_health(state),
        exit_code=state.get("ExitCode", 0),
        started_at=parse_time(state.get("StartedAt", "")),
        restarts=inspected.get("RestartCount", 0),
        stop_grace_s=config.get("StopTimeout"),
        restart=_restart(host.get("RestartPolicy") or {}),
        **observed_limits(host),
        networks={
            network: ObservedNetworkLink(
                network_id=link.get("NetworkID") or "",
                address=link.get("IPAddress") or "",
                aliases=frozenset(link.get("Aliases") or ()),
                fixed=(link.get("IPAMConfig") or {}).get("IPv4Address") or "",
            )
            for network, link in links.items()
            if network != "host"
        },
        ports=tuple(_published(host.get("PortBindings") or {})),
        depends_on=tuple(labels.get(names.DEPENDS_ON, "").split()),
        jobs=tuple(labels.get(names.JOBS, "").split()),
        network_mode=_shared_network(host.get("NetworkMode") or ""),
    )


def _published(bindings: dict[str, Any]) -> Iterator[PublishedPort]:
    """Ports from a container's settings, which it has also while it does not run. Ports that Docker
    chose are no part of them."""
    for inside, places in bindings.items():
        port, _, protocol = inside.partition("/")
        for place in places or ():
            if (number := str(place.get("HostPort") or "")).isdigit() and int(number):
                yield PublishedPort(
                    place.get("HostIp") or None, int(number), int(port), protocol or "tcp"
                )


def _shared_network(mode: str) -> str:
    """Docker's network mode, when it is no network of the container's own."""
    return mode if mode == "host" or mode.startswith(OF_A_CONTAINER) else ""


def slot_of(labels: dict[str, str]) -> Slot:
    number = labels.get(names.SLOT, "")
    return Slot(
        labels.get(names.ROLE, ""),
        labels.get(names.BACKEND, ""),
        int(number) if number.isdigit() else 0,
    )


def _described(labels: dict[str, str]) -> dict[str, str]:
    try:
        found = json.loads(labels.get(names.SPEC, "{}"))
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _health(state: dict[str, Any]) -> str | None:
    status = (state.get("Health") or {}).get("Status")
    return None if status in {None, "none", ""} else str(status)


def _restart(policy: dict[str, Any]) -> str:
    name = policy.get("Name") or "no"
    count = policy.get("MaximumRetryCount") or 0
    return f"{name}:{count}" if count else str(name)
