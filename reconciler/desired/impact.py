"""What a change means for traffic: one ordered scale, and a table by field.

Every field of a container spec is in the table; a test under `tests/arch/` sees to it.
"""

from __future__ import annotations

from enum import IntEnum


class Impact(IntEnum):
    """A plan's impact is the highest of its changes'."""

    NONE = 0
    """Traffic is not touched."""
    RUNTIME = 1
    """Changed in running containers or in the running HAProxy, without a reload."""
    RELOAD = 2
    """HAProxy reloads: no request is refused; the old worker finishes what it has."""
    REPLACE = 3
    """New containers take over from old ones, which finish what they have."""
    INTERRUPT = 4
    """New connections are refused for a moment, or running ones are cut."""

    def __str__(self) -> str:
        return self.name.lower()


EXPLANATION: dict[Impact, str] = {
    Impact.NONE: "Traffic is not touched.",
    Impact.RUNTIME: "Changed in place, without a reload; no connection is closed.",
    Impact.RELOAD: "HAProxy reloads without refusing a request; connections that the old worker "
    "still has after `hard_stop_after` are closed.",
    Impact.REPLACE: "New containers take traffic before old ones leave; no request is refused.",
    Impact.INTERRUPT: "Connections are refused for a moment, and open ones are closed.",
}

CONTAINER_FIELDS: dict[str, Impact] = {
    "image": Impact.REPLACE,
    "command": Impact.REPLACE,
    "entrypoint": Impact.REPLACE,
    "env": Impact.REPLACE,
    "labels": Impact.REPLACE,
    "mounts": Impact.REPLACE,
    "ports": Impact.REPLACE,
    "no_new_privileges": Impact.REPLACE,
    "healthcheck": Impact.REPLACE,
    "stop_grace_s": Impact.REPLACE,
    "init": Impact.REPLACE,
    "restart": Impact.NONE,
    "cpus": Impact.NONE,
    "memory_bytes": Impact.NONE,
    "pids": Impact.NONE,
    "cpu_shares": Impact.NONE,
    "reserved_memory_bytes": Impact.NONE,
    "networks": Impact.RUNTIME,
    "network_mode": Impact.REPLACE,
    "files": Impact.REPLACE,
    "hands_over": Impact.REPLACE,
    "user": Impact.REPLACE,
    "working_dir": Impact.REPLACE,
    "hostname": Impact.REPLACE,
    "extra_hosts": Impact.REPLACE,
    "dns": Impact.REPLACE,
    "dns_search": Impact.REPLACE,
    "dns_opt": Impact.REPLACE,
    "tmpfs": Impact.REPLACE,
    "shm_bytes": Impact.REPLACE,
    "memswap_bytes": Impact.REPLACE,
    "ulimits": Impact.REPLACE,
    "cap_add": Impact.REPLACE,
    "cap_drop": Impact.REPLACE,
    "privileged": Impact.REPLACE,
    "read_only": Impact.REPLACE,
    "security_opt": Impact.REPLACE,
    "seccomp": Impact.REPLACE,
    "sysctls": Impact.REPLACE,
    "devices": Impact.REPLACE,
    "group_add": Impact.REPLACE,
    "stop_signal": Impact.REPLACE,
    "logging": Impact.REPLACE,
    "platform": Impact.REPLACE,
    "runtime": Impact.REPLACE,
    "gpus": Impact.REPLACE,
    "annotations": Impact.REPLACE,
    "expose": Impact.REPLACE,
    "device_cgroup_rules": Impact.REPLACE,
    "domainname": Impact.REPLACE,
    "stdin_open": Impact.REPLACE,
    "tty": Impact.REPLACE,
    "ipc": Impact.REPLACE,
    "pid": Impact.REPLACE,
    "uts": Impact.REPLACE,
    "userns_mode": Impact.REPLACE,
    "cgroup": Impact.REPLACE,
    "cgroup_parent": Impact.REPLACE,
    "cpuset": Impact.REPLACE,
    "oom_score_adj": Impact.REPLACE,
    "storage_opt": Impact.REPLACE,
    "blkio_weight": Impact.REPLACE,
    "blkio_weight_device": Impact.REPLACE,
    "blkio_device_read_bps": Impact.REPLACE,
    "blkio_device_write_bps": Impact.REPLACE,
    "blkio_device_read_iops": Impact.REPLACE,
    "blkio_device_write_iops": Impact.REPLACE,
}


def is_in_place(field: str) -> bool:
    """Whether Docker changes this field of a running container."""
    return CONTAINER_FIELDS[field] < Impact.REPLACE
