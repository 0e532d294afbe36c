"""What of a container Docker takes as it is: a spec's options, and how a file's become them.

Each option says in its own line where Docker has it, and how it is made of the file's key. Where
order means nothing to Docker, it is by name, so that it means nothing to the revision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from reconciler.desired import alike
from reconciler.desired.marks import Marked, config, fields_of, host, keys_of, option, value_of
from reconciler.topology.model import options as model
from reconciler.topology.model.blkio import ByteRate, DeviceWeight, OperationRate
from reconciler.topology.model.options import OptionsOfAll as Wish

WITH_OTHERS = BESIDE_THE_BODY = None
"""No place of its own in Docker's body: one key says several things, or none."""

Pairs = tuple[tuple[str, str], ...]


class Ulimit(Struct, frozen=True):
    name: str
    soft: int
    hard: int

    def __str__(self) -> str:
        return f"{self.name}={self.soft}:{self.hard}"


class Device(Struct, frozen=True):
    source: str
    target: str
    permissions: str

    def __str__(self) -> str:
        return f"{self.source}:{self.target}:{self.permissions}"


class Logging(Struct, frozen=True):
    """`driver` is "" for the engine's own."""

    driver: str = ""
    options: Pairs = ()


class Gpu(Struct, frozen=True):
    """`count` is -1 for all, and 0 where there are ids."""

    driver: str = ""
    count: int = -1
    device_ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("gpu",)
    options: Pairs = ()


class DeviceRate(Struct, frozen=True):
    """A part, or so much in a second, of one block device."""

    path: str
    rate: int

    def __str__(self) -> str:
        return f"{self.path}={self.rate}"


@dataclass(frozen=True, slots=True)
class Profile:
    """A seccomp profile. Its content is compared by the digest."""

    digest: str
    """SHA-256, in hex."""
    content: str = field(default="", repr=False, compare=False)
    """In JSON."""

    def __str__(self) -> str:
        return self.digest[:12]


def _unordered(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(texts))


def _pairs(pairs: dict[str, str]) -> Pairs:
    return tuple(sorted(pairs.items()))


def _tmpfs(mounts: tuple[str, ...]) -> Pairs:
    return tuple(sorted((path, more) for path, _, more in (m.partition(":") for m in mounts)))


def _ulimits(limits: dict[str, model.Ulimit]) -> tuple[Ulimit, ...]:
    return tuple(Ulimit(name, limit.soft, limit.hard) for name, limit in sorted(limits.items()))


def _devices(devices: tuple[model.Device, ...]) -> tuple[Device, ...]:
    return tuple(Device(d.source, d.target or d.source, d.permissions) for d in devices)


def _logging(logging: model.Logging) -> Logging:
    return Logging(logging.driver or "", _pairs(logging.options))


def _gpus(gpus: tuple[model.Gpu, ...]) -> tuple[Gpu, ...]:
    return tuple(
        Gpu(
            g.driver,
            0 if g.device_ids else g.count or -1,
            g.device_ids,
            g.capabilities,
            _pairs(g.options),
        )
        for g in gpus
    )


def _weights(devices: tuple[DeviceWeight, ...]) -> tuple[DeviceRate, ...]:
    return tuple(sorted((DeviceRate(d.path, d.weight) for d in devices), key=str))


def _rates(devices: tuple[ByteRate | OperationRate, ...]) -> tuple[DeviceRate, ...]:
    return tuple(sorted((DeviceRate(d.path, d.rate) for d in devices), key=str))


class ContainerOptions(Marked, frozen=True, kw_only=True):
    """A part of a container's spec. At its default, each is left to Docker and the image."""

    user: str | None = option(None, config("User"))
    working_dir: str | None = option(None, config("WorkingDir"), alike=alike.path)
    hostname: str | None = option(None, config("Hostname"))
    domainname: str | None = option(None, config("Domainname"))
    extra_hosts: tuple[str, ...] = option((), host("ExtraHosts"), alike=alike.unordered)
    dns: tuple[str, ...] = option((), host("Dns"))
    dns_search: tuple[str, ...] = option((), host("DnsSearch"))
    dns_opt: tuple[str, ...] = option((), host("DnsOptions"), alike=alike.unordered)
    tmpfs: Pairs = option((), host("Tmpfs"), made=_tmpfs, alike=alike.paths)
    """The path and options of each tmpfs."""
    shm_bytes: int | None = option(None, host("ShmSize"), "shm_size")
    memswap_bytes: int | None = option(None, WITH_OTHERS, "memswap_limit")
    """The limit of memory and swap together; -1 is no limit, None is twice that of the memory."""
    ulimits: tuple[Ulimit, ...] = option((), host("Ulimits"), made=_ulimits)
    cap_add: tuple[str, ...] = option((), host("CapAdd"), made=_unordered, alike=alike.capabilities)
    cap_drop: tuple[str, ...] = option(
        (), host("CapDrop"), made=_unordered, alike=alike.capabilities
    )
    privileged: bool = option(False, host("Privileged"))
    read_only: bool = option(False, host("ReadonlyRootfs"))
    security_opt: tuple[str, ...] = option(
        (), host("SecurityOpt"), made=_unordered, alike=alike.security
    )
    """Without a profile of seccomp."""
    seccomp: Profile | None = option(None, WITH_OTHERS, made=None)
    sysctls: Pairs = option((), host("Sysctls"), made=_pairs)
    devices: tuple[Device, ...] = option((), host("Devices"), made=_devices, alike=alike.unordered)
    group_add: tuple[str, ...] = option((), host("GroupAdd"), made=_unordered)
    stop_signal: str | None = option(None, config("StopSignal"), alike=alike.signal)
    logging: Logging | None = option(None, host("LogConfig"), made=_logging)
    platform: str = option("", BESIDE_THE_BODY)
    runtime: str = option("", host("Runtime"))
    gpus: tuple[Gpu, ...] = option((), host("DeviceRequests"), made=_gpus)
    annotations: Pairs = option((), host("Annotations"), made=_pairs)
    expose: tuple[str, ...] = option((), config("ExposedPorts"), made=_unordered, alike=alike.ports)
    device_cgroup_rules: tuple[str, ...] = option((), host("DeviceCgroupRules"), made=_unordered)
    stdin_open: bool = option(False, config("OpenStdin"))
    tty: bool = option(False, config("Tty"))
    ipc: str | None = option(None, host("IpcMode"))
    pid: str | None = option(None, host("PidMode"))
    uts: str | None = option(None, host("UTSMode"))
    userns_mode: str | None = option(None, host("UsernsMode"))
    cgroup: str | None = option(None, host("CgroupnsMode"))
    cgroup_parent: str | None = option(None, host("CgroupParent"))
    cpuset: str | None = option(None, host("CpusetCpus"))
    oom_score_adj: int = option(0, host("OomScoreAdj"))
    storage_opt: Pairs = option((), host("StorageOpt"), made=_pairs)
    blkio_weight: int | None = option(None, host("BlkioWeight"), "blkio_config.weight")
    blkio_weight_device: tuple[DeviceRate, ...] = option(
        (), host("BlkioWeightDevice"), "blkio_config.weight_device", _weights
    )
    blkio_device_read_bps: tuple[DeviceRate, ...] = option(
        (), host("BlkioDeviceReadBps"), "blkio_config.device_read_bps", _rates
    )
    blkio_device_write_bps: tuple[DeviceRate, ...] = option(
        (), host("BlkioDeviceWriteBps"), "blkio_config.device_write_bps", _rates
    )
    blkio_device_read_iops: tuple[DeviceRate, ...] = option(
        (), host("BlkioDeviceReadIOps"), "blkio_config.device_read_iops", _rates
    )
    blkio_device_write_iops: tuple[DeviceRate, ...] = option(
        (), host("BlkioDeviceWriteIOps"), "blkio_config.device_write_iops", _rates
    )


def options_of(wish: Wish) -> dict[str, Any]:
    """The fields of a spec, as a file's backend says them, or its `haproxy` those that it has."""
    known = type(wish).model_fields
    return {
        own.name: value_of(own, wish)
        for own in fields_of(ContainerOptions)
        if own.made and keys_of(own)[0][0] in known
    }


def text_of(value: Any) -> str | None:
    """A pair, a limit or a device as one writes it; None for a value that is no list of such."""
    if isinstance(value, Profile):
        return str(value)
    if not isinstance(value, tuple) or not value:
        return None
    if all(isinstance(item, Ulimit | Device | DeviceRate) for item in value):
        return ", ".join(map(str, value))
    if all(isinstance(item, tuple) for item in value):
        return ", ".join(f"{name}={text}" if text else name for name, text in value)
    return None
