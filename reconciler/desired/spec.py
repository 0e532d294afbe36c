"""What a container, a network or a volume is made from, in terms of no engine in particular.

One normaliser and one hasher: the revision of a container is the hash of its canonical spec.
Fields at their default are left out and the version stands in front, so that a newer tool with
more fields computes the same revision for the same wish, and recreates nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import groupby
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import replace

from reconciler.desired import alike
from reconciler.desired.impact import Impact
from reconciler.desired.marks import LIKE_SERVERS, Marked, fields_of, known
from reconciler.desired.options import ContainerOptions, Profile, text_of
from reconciler.desired.resources import resource_limit

REVISION_VERSION = "v1"

OF_A_CONTAINER = "container:"
"""The network mode of a container that shares another's network; which one's, by id or name, is
added when it is known, and is no part of the revision."""


class Mount(Struct, frozen=True):
    """`kind` is `bind` (source is a host path), `volume` (source is a volume's Docker name) or
    `tmpfs` (there is no source). Options at their default are left to Docker."""

    kind: str
    source: str
    target: str
    read_only: bool = False
    propagation: str = ""
    nocopy: bool = False
    size_bytes: int | None = None
    mode: str = ""
    """In octal."""
    subpath: str = ""
    creates_path: bool = False
    selinux: str = ""

    def __str__(self) -> str:
        options = {
            "ro": self.read_only,
            self.propagation: self.propagation,
            "nocopy": self.nocopy,
            f"size={self.size_bytes}": self.size_bytes,
            f"mode={self.mode}": self.mode,
            f"subpath={self.subpath}": self.subpath,
            "create": self.creates_path,
            self.selinux: self.selinux,
        }
        more = ",".join(text for text, is_given in options.items() if is_given)
        return f"{self.source or self.kind}:{self.target}{more and f':{more}'}"


class PublishedPort(Struct, frozen=True):
    """A container port on an address of the host; None is all addresses."""

    address: str | None
    host_port: int
    """0 for one that Docker chooses."""
    container_port: int
    protocol: str = "tcp"

    @property
    def host(self) -> str:
        """Address and port of the host."""
        host = f"[{self.address}]:" if self.address and ":" in self.address else ""
        host = host or (f"{self.address}:" if self.address else "")
        return f"{host}{self.host_port or 'any'}"

    def overlaps(self, other: PublishedPort) -> bool:
        """Whether two containers cannot have both at once."""
        everywhere = {None, "0.0.0.0", "::"}
        same_port = (self.host_port, self.protocol) == (other.host_port, other.protocol)
        is_there = self.address == other.address or everywhere & {self.address, other.address}
        return bool(self.host_port and same_port and is_there)

    @property
    def kind(self) -> str:
        """The protocol as Compose writes it, if it is another than TCP."""
        return "" if self.protocol == "tcp" else f"/{self.protocol}"

    def __str__(self) -> str:
        return f"{self.host}{self.kind}"


class Healthcheck(Struct, frozen=True):
    """Docker's health check. `test` is Docker's list; None stands for Docker's default."""

    test: tuple[str, ...]
    interval_s: float | None = None
    timeout_s: float | None = None
    retries: int | None = None
    start_period_s: float | None = None
    start_interval_s: float | None = None


class Attachment(Struct, frozen=True):
    """A network by its Docker name, and the names that the container answers to on it."""

    network: str
    aliases: tuple[str, ...] = ()
    is_fixed: bool = False
    """Whether the container needs an address of its own there that stays; which, is decided when
    it is known which are taken."""
    address: str = ""
    """The fixed address by which HAProxy reaches it; "" where it goes by the name."""
    ipv4: str = ""
    """The address that the file gives, as is `ipv6`; "" where it gives none."""
    ipv6: str = ""
    mac: str = ""

    @property
    def told_ipv4(self) -> str:
        """The address that Docker is asked for; "" leaves the choice to Docker."""
        return self.address or self.ipv4

    @property
    def fixed(self) -> tuple[str, ...]:
        """The addresses that the file gives. Only one container can have them at a time."""
        return tuple(filter(None, (self.ipv4, self.ipv6, self.mac)))


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """A secret or a config. Its content is compared by the digest, and shown nowhere."""

    target: str
    digest: str
    """SHA-256, in hex."""
    uid: int = 0
    gid: int = 0
    mode: int = 0o444
    volume: str = ""
    """Its directory, where that needs an anonymous volume; "" where the container's own file system
    takes it."""
    origin: str = field(default="", compare=False)
    """Its section and name in the file: `secrets.db`."""
    content: bytes = field(default=b"", repr=False, compare=False)


class ContainerSpec(ContainerOptions, frozen=True):
    """A container."""

    image: str = known(alike=alike.image)
    command: tuple[str, ...] | None = known(None)
    entrypoint: tuple[str, ...] | None = known(None)
    env: tuple[tuple[str, str], ...] = known((), is_named=True)
    labels: tuple[tuple[str, str], ...] = known((), is_named=True)
    mounts: tuple[Mount, ...] = known((), "volumes", alike=alike.paths)
    ports: tuple[PublishedPort, ...] = known((), in_jobs=(), alike=alike.ports)
    no_new_privileges: bool = known(False)
    healthcheck: Healthcheck | None = known(None, in_jobs=Healthcheck(test=("NONE",)))
    stop_grace_s: float = known(10.0, "stop_grace_period", "hard_stop_after")
    init: bool = known(False)
    restart: str = known("no", impact=Impact.NONE, in_jobs="no")
    cpus: float | None = resource_limit("cpus")
    memory_bytes: int | None = resource_limit("memory_bytes")
    pids: int | None = resource_limit("pids")
    cpu_shares: int | None = resource_limit("cpu_shares")
    reserved_memory_bytes: int | None = resource_limit("reserved_memory_bytes")
    networks: tuple[Attachment, ...] = known((), "networks", "mac_address", impact=Impact.RUNTIME)
    network_mode: str = known("")
    """`host`, or `container:` and what that one is; "" for networks of its own."""
    files: tuple[ContainerFile, ...] = known(())
    """Written before it starts for the first time."""
    hands_over: bool = known(False)
    """A HAProxy whose listening sockets its successor takes over."""

    @property
    def host_ports(self) -> tuple[PublishedPort, ...]:
        """The published ports that no other container can have at the same time."""
        return tuple(port for port in self.ports if port.host_port)

    @property
    def host_paths(self) -> tuple[str, ...]:
        """Mounted paths of the host that nobody creates, so that they must be there."""
        return tuple(
            mount.source
            for mount in self.mounts
            if mount.kind == "bind" and not mount.creates_path and not mount.selinux
        )

    @property
    def fixed_places(self) -> dict[str, tuple[str, ...]]:
        """The addresses that the file gives, by network. Unlike the rest of a network they do not
        change in place: HAProxy, and others, may know them."""
        return {place.network: place.fixed for place in self.networks if place.fixed}

    @property
    def is_alone(self) -> bool:
        """Whether it has something that nobody else can have meanwhile: then no other can start
        beside it in its place."""
        return bool(self.host_ports or self.fixed_places)


_MARKS = {own.name: own for own in fields_of(ContainerSpec)}


def is_in_place(field: str) -> bool:
    """Whether Docker changes this field of a running container."""
    return _MARKS[field].impact < Impact.REPLACE


def as_of_jobs(spec: ContainerSpec) -> ContainerSpec:
    """A spec with jobs' values in the fields that differ for jobs."""
    others = {name: mark.in_jobs for name, mark in _MARKS.items()}
    return replace(spec, **{n: value for n, value in others.items() if value is not LIKE_SERVERS})


class AddressPool(Struct, frozen=True):
    """Addresses of a network; "" leaves the choice to Docker."""

    subnet: str
    ip_range: str = ""
    gateway: str = ""
    aux_addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A Docker network by its Docker name. An external one is only used."""

    name: str
    driver: str = "bridge"
    internal: bool = False
    external: bool = False
    subnet: str | None = None
    """That of which the upper half is for fixed addresses; it is no part of `pools`."""
    options: tuple[tuple[str, str], ...] = ()
    """The driver's."""
    attachable: bool = False
    has_ipv6: bool = False
    pools: tuple[AddressPool, ...] = ()
    ipam_driver: str = "default"
    ipam_options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """Only what is made gets them: nobody's traffic is interrupted for a label."""


class VolumeSpec(Struct, frozen=True):
    """A Docker volume by its Docker name. An external one is only used."""

    name: str
    driver: str = "local"
    options: tuple[tuple[str, str], ...] = ()
    """The driver's, such as those of a tmpfs; they may hold secrets."""
    labels: tuple[tuple[str, str], ...] = ()
    external: bool = False


def canonical(spec: Any) -> dict[str, Any]:
    """A spec as plain JSON values, without the fields that have their default, and without those
    that others stand for when it is compared."""
    result: dict[str, Any] = {}
    for name, default in _compared(type(spec)).items():  # type: ignore[arg-type]  # classes are hashable
        value = getattr(spec, name)
        if value != default:
            result[name] = _plain(value)
    return result


@functools.cache
def _compared(kind: Any) -> Mapping[str, Any]:
    """The default of each field that counts, NODEFAULT where there is none."""
    if issubclass(kind, Marked):
        return {own.name: own.default for own in fields_of(kind)}
    if issubclass(kind, Struct):
        names, defaults = kind.__struct_fields__, kind.__struct_defaults__
        required = dict.fromkeys(names, NODEFAULT)
        return required | dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    return {own.name: own.default for own in fields(kind) if own.compare}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Struct | ContainerFile | Profile):
        return canonical(value)
    return value


def revision_of(spec: ContainerSpec | NetworkSpec) -> str:
    """`v1:` and 16 hex digits over all that cannot change in place."""
    content = canonical(spec)
    if isinstance(spec, ContainerSpec):
        content = {name: value for name, value in content.items() if not is_in_place(name)}
        named = {name: value for name, value in content.items() if _MARKS[name].is_named}
        content |= {name: sorted(value) for name, value in named.items()}
        if spec.fixed_places:
            content["places"] = spec.fixed_places
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{REVISION_VERSION}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def describe(spec: ContainerSpec, sensitive: Mapping[str, str]) -> dict[str, str]:
    """Field to text, for showing and for the label that later plans compare with.

    `sensitive` maps fields (`image`, `env.TOKEN`) to how they were written; those appear as a
    digest with the written text, never as themselves.
    """
    shown: dict[str, str] = {}
    for name, value in canonical(spec).items():
        if _MARKS[name].is_named:
            shown |= {f"{name}.{key}": text for key, text in value}
        elif name == "files":
            shown |= _texts_of_files(spec.files)
        elif name == "ports":
            shown[name] = ", ".join(_texts_of_ports(spec.ports))
        elif name == "mounts":
            shown[name] = ", ".join(map(str, spec.mounts))
        elif name == "network_mode" and value.startswith(OF_A_CONTAINER):
            shown[name] = "of its anchor"
        elif name == "networks":
            shown |= _texts_of_places(spec.fixed_places)
        else:
            shown[name] = text_of(getattr(spec, name)) or _text_of(value)
    for name, text in shown.items():
        written = sensitive.get(name)
        if written is not None:
            shown[name] = f"{written}#{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return shown


def is_alike(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two specs mean the same, as `describe` tells them."""
    if one.keys() != other.keys():
        return False
    written_otherwise = [name for name, text in one.items() if text != other[name]]
    # Where each text is the same, something is different that none of them tells.
    return bool(written_otherwise) and all(
        name in _MARKS and _MARKS[name].alike(one[name]) == _MARKS[name].alike(other[name])
        for name in written_otherwise
    )


def _texts_of_places(places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    texts = [f"{network} {' '.join(fixed)}" for network, fixed in places.items()]
    return {"networks": ", ".join(texts)} if texts else {}


def _texts_of_files(files: tuple[ContainerFile, ...]) -> dict[str, str]:
    """The text of the files of each origin; one may be there several times."""
    found: dict[str, str] = {}
    for file in files:
        text = f"{file.target} {file.mode:04o} {file.uid}:{file.gid} {file.digest}"
        found[file.origin] = f"{found[file.origin]}, {text}" if file.origin in found else text
    return found


_LEAST_RUN = 4
"""Ports in a row that are told as a range."""


def _texts_of_ports(ports: tuple[PublishedPort, ...]) -> Iterator[str]:
    """One by one, and many in a row as the first and the last."""
    for _, found in groupby(enumerate(ports), key=_row_of):
        row = [port for _, port in found]
        if len(row) < _LEAST_RUN:
            yield from map(_text_of_port, row)
        else:
            yield _text_of_row(row[0], row[-1])


def _row_of(place: tuple[int, PublishedPort]) -> tuple[object, ...]:
    """The same for ports of which each follows the one before it."""
    number, port = place
    return port.address, port.protocol, port.host_port - number, port.container_port - number


def _text_of_row(first: PublishedPort, last: PublishedPort) -> str:
    text = f"{first.host}-{last.host_port}"
    if first.host_port != first.container_port:
        text += f":{first.container_port}-{last.container_port}"
    return f"{text}{first.kind}"


def _text_of_port(port: PublishedPort) -> str:
    same = port.host_port == port.container_port
    return str(port) if same else f"{port.host}:{port.container_port}{port.kind}"


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(", ", ": "), ensure_ascii=False)
