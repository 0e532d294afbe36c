"""Options of a container in Docker's words: a table of what goes where, and limits.

An option at its default is left out, so that Docker and the image decide. No IO.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from reconciler.desired.limits import Limits
from reconciler.desired.options import ContainerOptions, Device, DeviceRate, Gpu, Logging, Ulimit

_NANO = 1_000_000_000


def _ulimits(limits: tuple[Ulimit, ...]) -> list[dict[str, Any]]:
    return [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in limits]


def _devices(devices: tuple[Device, ...]) -> list[dict[str, str]]:
    return [
        {"PathOnHost": d.source, "PathInContainer": d.target, "CgroupPermissions": d.permissions}
        for d in devices
    ]


def _weights(devices: tuple[DeviceRate, ...]) -> list[dict[str, Any]]:
    return [{"Path": d.path, "Weight": d.rate} for d in devices]


def _rates(devices: tuple[DeviceRate, ...]) -> list[dict[str, Any]]:
    return [{"Path": d.path, "Rate": d.rate} for d in devices]


def _logging(logging: Logging) -> dict[str, Any]:
    return {"Type": logging.driver, "Config": dict(logging.options)}


def _gpus(gpus: tuple[Gpu, ...]) -> list[dict[str, Any]]:
    return [
        {
            "Driver": g.driver,
            "Count": g.count,
            "DeviceIDs": list(g.device_ids) or None,
            "Capabilities": [list(g.capabilities)],
            "Options": dict(g.options),
        }
        for g in gpus
    ]


def _exposed(ports: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Docker's command line expands ranges, its API does not."""
    found: dict[str, dict[str, str]] = {}
    for text in ports:
        numbers, _, protocol = text.partition("/")
        first, _, last = numbers.partition("-")
        for port in range(int(first), int(last or first) + 1):
            found[f"{port}/{protocol}"] = {}
    return found


def _as_is(value: Any) -> Any:
    return value


_HOST, _CONFIG = "HostConfig", "Config"
_TABLE: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "user": (_CONFIG, "User", _as_is),
    "working_dir": (_CONFIG, "WorkingDir", _as_is),
    "hostname": (_CONFIG, "Hostname", _as_is),
    "stop_signal": (_CONFIG, "StopSignal", _as_is),
    "expose": (_CONFIG, "ExposedPorts", _exposed),
    "extra_hosts": (_HOST, "ExtraHosts", list),
    "dns": (_HOST, "Dns", list),
    "dns_search": (_HOST, "DnsSearch", list),
    "dns_opt": (_HOST, "DnsOptions", list),
    "tmpfs": (_HOST, "Tmpfs", dict),
    "shm_bytes": (_HOST, "ShmSize", _as_is),
    "ulimits": (_HOST, "Ulimits", _ulimits),
    "cap_add": (_HOST, "CapAdd", list),
    "cap_drop": (_HOST, "CapDrop", list),
    "privileged": (_HOST, "Privileged", _as_is),
    "read_only": (_HOST, "ReadonlyRootfs", _as_is),
    "security_opt": (_HOST, "SecurityOpt", list),
    "sysctls": (_HOST, "Sysctls", dict),
    "devices": (_HOST, "Devices", _devices),
    "group_add": (_HOST, "GroupAdd", list),
    "logging": (_HOST, "LogConfig", _logging),
    "runtime": (_HOST, "Runtime", _as_is),
    "gpus": (_HOST, "DeviceRequests", _gpus),
    "annotations": (_HOST, "Annotations", dict),
    "domainname": (_CONFIG, "Domainname", _as_is),
    "stdin_open": (_CONFIG, "OpenStdin", _as_is),
    "tty": (_CONFIG, "Tty", _as_is),
    "device_cgroup_rules": (_HOST, "DeviceCgroupRules", list),
    "ipc": (_HOST, "IpcMode", _as_is),
    "pid": (_HOST, "PidMode", _as_is),
    "uts": (_HOST, "UTSMode", _as_is),
    "userns_mode": (_HOST, "UsernsMode", _as_is),
    "cgroup": (_HOST, "CgroupnsMode", _as_is),
    "cgroup_parent": (_HOST, "CgroupParent", _as_is),
    "cpuset": (_HOST, "CpusetCpus", _as_is),
    "oom_score_adj": (_HOST, "OomScoreAdj", _as_is),
    "storage_opt": (_HOST, "StorageOpt", dict),
    "blkio_weight": (_HOST, "BlkioWeight", _as_is),
    "blkio_weight_device": (_HOST, "BlkioWeightDevice", _weights),
    "blkio_device_read_bps": (_HOST, "BlkioDeviceReadBps", _rates),
    "blkio_device_write_bps": (_HOST, "BlkioDeviceWriteBps", _rates),
    "blkio_device_read_iops": (_HOST, "BlkioDeviceReadIOps", _rates),
    "blkio_device_write_iops": (_HOST, "BlkioDeviceWriteIOps", _rates),
}
"""All but `platform`, which is not in the body, and `memswap_bytes`, which goes with limits."""


def config_options(spec: ContainerOptions) -> dict[str, Any]:
    return _translated(spec, _CONFIG)


def host_options(spec: ContainerOptions) -> dict[str, Any]:
    return _translated(spec, _HOST)


def _translated(spec: ContainerOptions, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(ContainerOptions):
        where, key, translate = _TABLE.get(field.name, ("", "", _as_is))
        value = getattr(spec, field.name)
        if where == place and value != field.default:
            found[key] = translate(value)
    return found


def limits_body(limits: Limits, memswap_bytes: int | None = None) -> dict[str, int]:
    """Docker sets swap to twice the memory when it is not given, and keeps it at an update, which
    then refuses a larger memory: so it is always given."""
    found: dict[str, int] = {}
    if limits.cpus is not None:
        found["NanoCpus"] = round(limits.cpus * _NANO)
    if limits.memory_bytes is not None:
        swap = limits.memory_bytes * 2 if memswap_bytes is None else memswap_bytes
        found |= {"Memory": limits.memory_bytes, "MemorySwap": swap}
    if limits.pids is not None:
        found["PidsLimit"] = limits.pids
    if limits.cpu_shares is not None:
        found["CpuShares"] = limits.cpu_shares
    if limits.reserved_memory_bytes is not None:
        found["MemoryReservation"] = limits.reserved_memory_bytes
    return found


def observed_limits(host: dict[str, Any]) -> dict[str, Any]:
    """The fields of an observed container, out of Docker's HostConfig."""
    pids = host.get("PidsLimit") or 0
    return {
        "cpus": (host.get("NanoCpus") or 0) / _NANO or None,
        "memory_bytes": host.get("Memory") or None,
        "pids": pids if pids > 0 else None,
        "cpu_shares": host.get("CpuShares") or None,
        "reserved_memory_bytes": host.get("MemoryReservation") or None,
    }
