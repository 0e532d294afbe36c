"""Which fields of a container hold values from outside the file, and how those were written."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics.place import Path

_FIELD_OF_KEY = {
    "volumes": "mounts",
    "stop_grace_period": "stop_grace_s",
    "shm_size": "shm_bytes",
    "memswap_limit": "memswap_bytes",
    "mac_address": "networks",
}


def sensitive_fields(owner: Path, sensitive: Mapping[Path, str]) -> dict[str, str]:
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
        elif key == "blkio_config" and rest:
            found[f"blkio_{rest[0]}"] = written
        elif key == "resources" and rest:
            found[_limit_of(rest)] = written
        else:
            found[_FIELD_OF_KEY.get(str(key), str(key))] = written
    return found


def _limit_of(rest: list[str | int]) -> str:
    """`memory`, or `reservations` and `memory`."""
    if len(rest) == 1:
        return "memory_bytes" if rest[0] == "memory" else str(rest[0])
    return "reserved_memory_bytes" if rest[1] == "memory" else "cpu_shares"


def sensitive_listeners(
    sensitive: Mapping[Path, str], *, has_directories: bool = False
) -> dict[str, str]:
    """The field `ports` of HAProxy's container comes from binds, wherever they stand; and so do
    `mounts`, if it has directories for sockets."""
    for path, written in sensitive.items():
        if (path[:1] == ("frontends",) and "bind" in path) or path in _STATS_LISTENER:
            return {"ports": written} | ({"mounts": written} if has_directories else {})
    return {}


_STATS_LISTENER = {("stats",), ("stats", "port"), ("stats", "bind")}
