"""Options of a container in Docker's words, and limits. Where each goes says its mark; how it is
written there is known here, by its type.

An option at its default is left out, so that Docker and the image decide. No IO.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reconciler.desired.marks import fields_of
from reconciler.desired.options import ContainerOptions, Device, DeviceRate, Gpu, Logging, Ulimit
from reconciler.desired.resources import ResourceLimits

_NANO = 1_000_000_000


def _gpu(g: Gpu) -> dict[str, Any]:
    return {
        "Driver": g.driver,
        "Count": g.count,
        "DeviceIDs": list(g.device_ids) or None,
        "Capabilities": [list(g.capabilities)],
        "Options": dict(g.options),
    }


def _weights(devices: tuple[DeviceRate, ...]) -> list[dict[str, Any]]:
    return [{"Path": d.path, "Weight": d.rate} for d in devices]


def _exposed(ports: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Docker's command line expands ranges, its API does not."""
    found: dict[str, dict[str, str]] = {}
    for text in ports:
        numbers, _, protocol = text.partition("/")
        first, _, last = numbers.partition("-")
        for port in range(int(first), int(last or first) + 1):
            found[f"{port}/{protocol}"] = {}
    return found


_IN_A_WAY_OF_ITS_OWN: dict[str, Callable[[Any], Any]] = {
    "BlkioWeightDevice": _weights,
    "ExposedPorts": _exposed,
}
"""Docker's keys whose values are not written as those of their type are."""


def _written(value: Any) -> Any:
    """A value of an option as Docker has it."""
    match value:
        case str() | int() | float():
            return value
        case tuple() if all(isinstance(item, tuple) for item in value):
            return dict(value)
        case tuple():
            return [_written(item) for item in value]
        case Ulimit(name, soft, hard):
            return {"Name": name, "Soft": soft, "Hard": hard}
        case Device(source, target, permissions):
            return {
                "PathOnHost": source,
                "PathInContainer": target,
                "CgroupPermissions": permissions,
            }
        case DeviceRate(path, rate):
            return {"Path": path, "Rate": rate}
        case Logging(driver, options):
            return {"Type": driver, "Config": dict(options)}
        case Gpu():
            return _gpu(value)
        case _:
            raise TypeError(f"nobody knows how Docker has a {type(value).__name__}")


_ROTATED = {"max-size": "10m", "max-file": "3"}
"""As much as a busy day's lines take, and no disk."""


def rotating_log(driver: str) -> dict[str, Any]:
    """The log of a HAProxy of which the file says nothing, given the engine's own driver. It has a
    line for each request, and Docker's usual driver keeps all of them; others take care of it
    themselves. It is no part of the spec: containers that are there already stay as they are."""
    return {"LogConfig": {"Type": driver, "Config": _ROTATED}} if driver == "json-file" else {}


def config_options(spec: ContainerOptions) -> dict[str, Any]:
    return _translated(spec, "Config")


def host_options(spec: ContainerOptions) -> dict[str, Any]:
    return _translated(spec, "HostConfig")


def _translated(spec: ContainerOptions, section: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for own in fields_of(ContainerOptions):
        place, value = own.docker, getattr(spec, own.name)
        if place is not None and place.section == section and value != own.default:
            found[place.key] = _IN_A_WAY_OF_ITS_OWN.get(place.key, _written)(value)
    return found


def _limits() -> Iterator[tuple[str, str, int]]:
    """Each limit, Docker's key for it, and how many of Docker's unit are one of ours."""
    for own in fields_of(ResourceLimits):
        place = own.docker
        assert place is not None
        yield own.name, place.key, _NANO if place.key == "NanoCpus" else 1


def limits_body(limits: ResourceLimits, memswap_bytes: int | None = None) -> dict[str, int]:
    """Docker sets swap to twice the memory when it is not given, and keeps it at an update, which
    then refuses a larger memory: so it is always given."""
    values = ((key, getattr(limits, name), unit) for name, key, unit in _limits())
    found = {key: round(value * unit) for key, value, unit in values if value is not None}
    if limits.memory_bytes is not None:
        swap = limits.memory_bytes * 2 if memswap_bytes is None else memswap_bytes
        found["MemorySwap"] = swap
    return found


def observed_limits(host: dict[str, Any]) -> dict[str, Any]:
    """The fields of an observed container, out of Docker's HostConfig. None of it is 0, or less."""
    found = {name: (host.get(key) or 0, unit) for name, key, unit in _limits()}
    return {
        name: (value if unit == 1 else value / unit) if value > 0 else None
        for name, (value, unit) in found.items()
    }
