"""What of a container Docker takes as it is: a spec's options, and how a file's become them.

Where order means nothing to Docker, it is by name, so that it means nothing to the revision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.topology.model.blkio import Blkio
from reconciler.topology.model.container import Resources
from reconciler.topology.model.options import ContainerOptions as Wish

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ulimit:
    name: str
    soft: int
    hard: int

    def __str__(self) -> str:
        return f"{self.name}={self.soft}:{self.hard}"


@dataclass(frozen=True, slots=True)
class Device:
    source: str
    target: str
    permissions: str

    def __str__(self) -> str:
        return f"{self.source}:{self.target}:{self.permissions}"


@dataclass(frozen=True, slots=True)
class Logging:
    """`driver` is "" for the engine's own."""

    driver: str = ""
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Gpu:
    """`count` is -1 for all, and 0 where there are ids."""

    driver: str = ""
    count: int = -1
    device_ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("gpu",)
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class DeviceRate:
    """A part, or so much in a second, of one block device."""

    path: str
    rate: int

    def __str__(self) -> str:
        return f"{self.path}={self.rate}"


@dataclass(frozen=True, slots=True)
class Profile:
    """Of seccomp. Its content is compared by the digest."""

    digest: str
    """SHA-256, in hex."""
    content: str = field(default="", repr=False, compare=False)
    """In JSON."""

    def __str__(self) -> str:
        return self.digest[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOptions:
    """A part of a container's spec. At its default, each is left to Docker and the image."""

    user: str | None = None
    working_dir: str | None = None
    hostname: str | None = None
    domainname: str | None = None
    extra_hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()
    tmpfs: Pairs = ()
    """Path and options of each."""
    shm_bytes: int | None = None
    memswap_bytes: int | None = None
    """Of memory and swap together; -1 is no limit, None is twice that of the memory."""
    ulimits: tuple[Ulimit, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False
    security_opt: tuple[str, ...] = ()
    """Without a profile of seccomp."""
    seccomp: Profile | None = None
    sysctls: Pairs = ()
    devices: tuple[Device, ...] = ()
    group_add: tuple[str, ...] = ()
    stop_signal: str | None = None
    logging: Logging | None = None
    platform: str = ""
    runtime: str = ""
    gpus: tuple[Gpu, ...] = ()
    annotations: Pairs = ()
    expose: tuple[str, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
    stdin_open: bool = False
    tty: bool = False
    ipc: str | None = None
    pid: str | None = None
    uts: str | None = None
    userns_mode: str | None = None
    cgroup: str | None = None
    cgroup_parent: str | None = None
    cpuset: str | None = None
    oom_score_adj: int = 0
    storage_opt: Pairs = ()
    blkio_weight: int | None = None
    blkio_weight_device: tuple[DeviceRate, ...] = ()
    blkio_device_read_bps: tuple[DeviceRate, ...] = ()
    blkio_device_write_bps: tuple[DeviceRate, ...] = ()
    blkio_device_read_iops: tuple[DeviceRate, ...] = ()
    blkio_device_write_iops: tuple[DeviceRate, ...] = ()


def options_of(wish: Wish) -> dict[str, Any]:
    """The fields of a spec, as a file's backend says them."""
    found: dict[str, Any] = {name: getattr(wish, name) for name in _AS_THEY_ARE}
    found |= {name: tuple(sorted(getattr(wish, name))) for name in _WITHOUT_ORDER}
    found |= {name: _pairs(getattr(wish, name)) for name in _PAIRS}
    found |= _blkio(wish.blkio_config)
    return found | {
        "tmpfs": tuple(sorted((path, more) for path, _, more in map(_split, wish.tmpfs))),
        "shm_bytes": wish.shm_size,
        "memswap_bytes": wish.memswap_limit,
        "ulimits": tuple(Ulimit(name, u.soft, u.hard) for name, u in sorted(wish.ulimits.items())),
        "devices": tuple(
            Device(d.source, d.target or d.source, d.permissions) for d in wish.devices
        ),
        "logging": Logging(wish.logging.driver or "", _pairs(wish.logging.options))
        if wish.logging
        else None,
        "platform": wish.platform or "",
        "runtime": wish.runtime or "",
        "gpus": tuple(
            Gpu(
                g.driver,
                0 if g.device_ids else g.count or -1,
                g.device_ids,
                g.capabilities,
                _pairs(g.options),
            )
            for g in wish.gpus
        ),
    }


_AS_THEY_ARE = (
    "user", "working_dir", "hostname", "extra_hosts", "dns", "dns_search", "dns_opt", "privileged",
    "read_only", "stop_signal", "domainname", "stdin_open", "tty", "ipc", "pid", "uts",
    "userns_mode", "cgroup", "cgroup_parent", "cpuset", "oom_score_adj",
)  # fmt: skip
_WITHOUT_ORDER = (
    "cap_add",
    "cap_drop",
    "security_opt",
    "group_add",
    "expose",
    "device_cgroup_rules",
)
_PAIRS = ("sysctls", "annotations", "storage_opt")


def _blkio(wish: Blkio) -> dict[str, Any]:
    found: dict[str, Any] = {"blkio_weight": wish.weight}
    weights = (DeviceRate(item.path, item.weight) for item in wish.weight_device)
    found["blkio_weight_device"] = tuple(sorted(weights, key=str))
    for name in ("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"):
        rates = (DeviceRate(item.path, item.rate) for item in getattr(wish, name))
        found[f"blkio_{name}"] = tuple(sorted(rates, key=str))
    return found


SHARES = 1024
"""CPU shares of one core: what a container has that reserves nothing."""


def limits_of(wish: Resources) -> dict[str, Any]:
    """The fields of a spec that Docker changes in place."""
    reserved = wish.reservations.cpus
    return {
        "cpus": wish.cpus,
        "memory_bytes": wish.memory,
        "pids": wish.pids,
        "cpu_shares": None if reserved is None else round(reserved * SHARES),
        "reserved_memory_bytes": wish.reservations.memory,
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


def _split(text: str) -> tuple[str, str, str]:
    return text.partition(":")


def _pairs(pairs: dict[str, str]) -> Pairs:
    return tuple(sorted(pairs.items()))
