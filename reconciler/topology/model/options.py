"""What Docker's containers can be told, under Compose's names. HAProxy knows nothing of it."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.blkio import Blkio
from reconciler.topology.model.marks import Appends
from reconciler.topology.model.types.container import (
    SECCOMP,
    ULIMITS,
    UNCONFINED,
    AbsolutePath,
    Addresses,
    Capabilities,
    CgroupPath,
    CpuSet,
    DeviceRules,
    DnsOptions,
    Domains,
    ExposedPorts,
    ExtraHosts,
    Groups,
    HostName,
    Memswap,
    Platform,
    Runtime,
    SecurityOptions,
    Signal,
    Sysctls,
    TmpfsMounts,
    User,
    check_ulimit,
)
from reconciler.topology.model.types.endpoint import Mac
from reconciler.topology.model.types.scalar import (
    Pairs,
    Size,
    Text,
    Whole,
    error,
    listed,
    scalar_text,
)


class Ulimit(Model):
    """A limit of the kernel for each process."""

    soft: Whole = Field(ge=-1)
    """The soft limit, which holds until a process raises it; -1 is no limit."""
    hard: Whole = Field(ge=-1)
    """The hard limit, up to which a process may raise the soft one; -1 is no limit."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if re.fullmatch(r"-1|[0-9]{1,18}", scalar_text(value)) is None:
            raise error(
                "wrong-type",
                "a limit is a whole number, or -1 for none",
                hint="write `65536`, or `{soft: 1024, hard: 65536}`",
            )
        return {"soft": value, "hard": value}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.hard != -1 and (self.soft > self.hard or self.soft == -1):
            raise error(
                "bad-value",
                "the soft limit is above the hard one",
                at=("soft",),
                hint="raise `hard`, or lower `soft`",
            )
        return self


class Device(Model):
    """A device of the host."""

    source: AbsolutePath
    """Its path on the host: `/dev/ttyUSB0`."""
    target: AbsolutePath = ""
    """Its path in the container; the same when not given."""
    permissions: Text = Field("rwm", pattern="^[rwm]{1,3}$")
    """What the container may do with it: read, write, make nodes."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) > 3 or not all(parts):
            raise error(
                "bad-value",
                "`{value}` is not a device",
                value=value,
                hint="write `/dev/a`, `/dev/a:/dev/b` or `/dev/a:/dev/b:r`",
            )
        return dict(zip(("source", "target", "permissions"), parts, strict=False))


class Logging(Model):
    """Where Docker writes what a container prints."""

    driver: Text | None = None
    """Docker's log driver: `json-file`, `local`, `journald` …; the engine's own when not given."""
    options: Pairs = Field(default_factory=dict)
    """The driver's options: `{max-size: 10m, max-file: 3}`."""


def _count(value: Any) -> Any:
    text = value if isinstance(value, bool) else scalar_text(value)
    if text == "all":
        return -1
    if isinstance(text, bool) or not text.isascii() or not text.isdigit() or not int(text):
        raise error("bad-value", "a count is a number, or `all`", hint="write it like `2`")
    return int(text)


class Gpu(Model):
    """GPUs, or other devices that a driver of Docker's hands out."""

    driver: Text = ""
    """The device driver, `nvidia`; one that has the capabilities when not given."""
    count: Annotated[int, BeforeValidator(_count)] | None = Field(
        None, json_schema_extra=accepts({"const": "all"})
    )
    """How many, or `all`, which it is when there are no `device_ids`."""
    device_ids: Annotated[tuple[Text, ...], BeforeValidator(listed)] = ()
    """Just these, by index or UUID."""
    capabilities: Annotated[tuple[Text, ...], BeforeValidator(listed)] = ("gpu",)
    """What they must be capable of."""
    options: Pairs = Field(default_factory=dict)
    """Options of the driver."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if self.count is not None and self.device_ids:
            raise error(
                "bad-value",
                "`count` and `device_ids` say both how many",
                at=("count",),
                hint="leave one of them out",
            )
        return self


def _gpus(value: Any) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return [{"count": value}]
    return listed(value)


_ULIMIT_SHORT = {"type": "integer", "minimum": -1}


class OptionsOfAll(Model):
    """Options that HAProxy's own container has as well."""

    extra_hosts: Annotated[ExtraHosts, Appends()] = ()
    """Lines for its `/etc/hosts`: `["db:192.0.2.7"]` or `{db: 192.0.2.7}`. The address
    `host-gateway` is the host's."""
    dns: Annotated[Addresses, Appends()] = ()
    """DNS servers that it asks for names that are not of its networks."""
    dns_search: Annotated[Domains, Appends()] = ()
    """Domains in which it looks up short names."""
    dns_opt: Annotated[DnsOptions, Appends()] = ()
    """Options of its resolver, `ndots:2`."""
    ulimits: dict[
        Annotated[
            str,
            BeforeValidator(scalar_text),
            AfterValidator(check_ulimit),
            WithJsonSchema({"enum": list(ULIMITS)}),
        ],
        Annotated[Ulimit, Field(json_schema_extra=accepts(_ULIMIT_SHORT))],
    ] = Field(default_factory=dict)
    """The kernel's limits for its processes: `{nofile: 65536}`, or `{nofile: {soft: 1024, hard:
    65536}}`."""
    group_add: Annotated[Groups, Appends()] = ()
    """Groups its user is in beside its own, by name or number."""
    sysctls: Sysctls = Field(default_factory=dict)
    """The kernel's settings for it: `{net.core.somaxconn: 1024}`."""
    logging: Logging | None = None
    """Where Docker writes what it prints."""


class ContainerOptions(OptionsOfAll):
    """Options of a backend's containers that Docker is told as they are."""

    user: User | None = None
    """Who runs in it: `app`, `1000` or `1000:1000`; the image's user when not given."""
    working_dir: AbsolutePath | None = None
    """The directory its process starts in; the image's when not given."""
    hostname: HostName | None = None
    """The name it has for itself; Docker's id of it when not given."""
    domainname: HostName | None = None
    """The domain of the name that it has for itself."""
    tmpfs: Annotated[TmpfsMounts, Appends()] = ()
    """Directories in memory: `/run`, or `/run:size=64m,mode=755`."""
    shm_size: Size | None = Field(None, ge=1)
    """The size of `/dev/shm`; Docker's default is 64m."""
    memswap_limit: Memswap | None = None
    """Memory and swap together, `-1` for as much swap as the host has; twice `memory` of
    `resources`, which it needs, when not given. Another one makes new containers."""
    cap_add: Annotated[Capabilities, Appends()] = ()
    """Capabilities it has beside Docker's usual ones: `NET_ADMIN`."""
    cap_drop: Annotated[Capabilities, Appends()] = ()
    """Capabilities taken from it: `ALL` for every one that `cap_add` does not name."""
    privileged: bool = False
    """All capabilities, and all devices of the host: it is as root on the host."""
    read_only: bool = False
    """Nothing can be written in it but to its mounts."""
    security_opt: Annotated[SecurityOptions, Appends()] = ()
    """`no-new-privileges:true`, `apparmor=PROFILE`, `label=…`, `seccomp=unconfined`, or
    `seccomp=./profile.json`, whose content makes new containers when it changes."""
    devices: Annotated[
        tuple[Annotated[Device, Field(json_schema_extra=accepts({"type": "string"}))], ...],
        Appends("target"),
    ] = ()
    """Devices of the host: `/dev/fuse`, or `/dev/a:/dev/b:r`."""
    device_cgroup_rules: Annotated[DeviceRules, Appends()] = ()
    """Kinds of devices that it may use when they appear, by their numbers: `c 189:* rw`."""
    mac_address: Mac | None = None
    """The MAC address of its one container on its first network: `02:42:ac:1e:07:0a`."""
    stop_signal: Signal | None = None
    """What tells it to stop: `SIGINT`; the image's, or `SIGTERM`, when not given."""
    stdin_open: bool = False
    """Keep its standard input open, though nobody is attached."""
    tty: bool = False
    """Give it a terminal, which makes one stream of what it prints."""
    ipc: Literal["none", "private", "shareable", "host"] | None = None
    """Shared memory and semaphores: its own (`private`), no `/dev/shm` either (`none`), or the
    host's. The engine's default when not given."""
    pid: Literal["host"] | None = None
    """`host` lets it see the host's processes."""
    uts: Literal["host"] | None = None
    """`host` gives it the host's name."""
    userns_mode: Literal["host"] | None = None
    """`host` takes it out of the engine's user namespaces."""
    cgroup: Literal["private", "host"] | None = None
    """The cgroup namespace; the engine's default when not given."""
    cgroup_parent: CgroupPath | None = None
    """The cgroup that its own is in: `/shop`, or `shop.slice` where systemd keeps them."""
    cpuset: CpuSet | None = None
    """The CPUs it may run on: `0-3` or `1,3`."""
    oom_score_adj: Whole = Field(0, ge=-1000, le=1000)
    """How early the kernel ends it when memory is short: 1000 first, -1000 never."""
    blkio_config: Blkio = Blkio.model_construct()
    """Its part of block devices, and limits on them."""
    storage_opt: Pairs = Field(default_factory=dict)
    """Options of the storage driver: `{size: 10g}`."""
    platform: Platform | None = None
    """Which variant of an image for several: `linux/arm64`."""
    runtime: Runtime | None = None
    """The OCI runtime, by the name that Docker knows it by."""
    gpus: Annotated[tuple[Gpu, ...], BeforeValidator(_gpus)] = Field(
        (), json_schema_extra=accepts({"const": "all"}, {"type": "integer", "minimum": 1})
    )
    """GPUs: `all`, a number, or a list with drivers."""
    annotations: Pairs = Field(default_factory=dict)
    """Annotations for the OCI runtime. Docker 24 and newer pass them on."""
    expose: Annotated[ExposedPorts, Appends()] = ()
    """Ports it is said to listen on, for who asks Docker: `3000`, `8000-8010`, `53/udp`. Nothing is
    published, and `port` needs no mention."""

    @model_validator(mode="after")
    def _one_profile(self) -> Self:
        seccomp = [at for at, o in enumerate(self.security_opt) if o.startswith(SECCOMP)]
        if len(seccomp) > 1:
            raise error(
                "bad-value",
                "a container has one profile of seccomp",
                at=("security_opt", seccomp[1]),
                hint="leave one of them",
            )
        return self

    @model_validator(mode="after")
    def _names_of_its_own(self) -> Self:
        for key in ("hostname", "domainname"):
            if self.uts == "host" and getattr(self, key) is not None:
                raise error(
                    "bad-value",
                    "with `uts: host` it has the host's name",
                    at=(key,),
                    hint=f"leave `{key}` or `uts` out",
                )
        return self

    @property
    def seccomp_profile(self) -> str | None:
        """The file of it."""
        named = (o for o in self.security_opt if o.startswith(SECCOMP) and o != UNCONFINED)
        return next((option.removeprefix(SECCOMP) for option in named), None)
