"""Revisions: what is in them, what is not, and that a newer tool computes the same ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.marks import fields_of, known
from reconciler.desired.options import (
    ContainerOptions,
    Device,
    DeviceRate,
    Gpu,
    Logging,
    Profile,
    Ulimit,
)
from reconciler.desired.spec import (
    Attachment,
    ContainerFile,
    ContainerSpec,
    Healthcheck,
    Mount,
    NetworkSpec,
    PublishedPort,
    canonical,
    describe,
    is_in_place,
    revision_of,
)
from tests.unit.topology.loading import read, topology_with

PLAIN = ContainerSpec("nginx:1.27")
LATER = {
    "network_mode",
    "hands_over",
    "pids",
    "cpu_shares",
    "reserved_memory_bytes",
    "files",
    *(own.name for own in fields_of(ContainerOptions)),
} - {"user", "cap_drop", "stop_signal"}
"""Fields that the first pinned revisions did not have."""
OTHER: dict[str, Any] = {
    "image": "nginx:1.28",
    "command": ("serve", "--port", "80"),
    "entrypoint": ("/bin/web",),
    "env": (("A", "1"), ("B", "größe")),
    "labels": (("com.example/x", "y"),),
    "mounts": (Mount("volume", "shop-data", "/d"), Mount("bind", "/srv", "/s", read_only=True)),
    "ports": (PublishedPort("127.0.0.1", 80, 8080), PublishedPort(None, 81, 81)),
    "user": "99:99",
    "cap_drop": ("ALL",),
    "no_new_privileges": True,
    "healthcheck": Healthcheck(("CMD", "true"), interval_s=5.0, retries=2),
    "stop_signal": "SIGUSR1",
    "stop_grace_s": 35.0,
    "init": True,
    "restart": "always",
    "cpus": 0.5,
    "memory_bytes": 134_217_728,
    "networks": (Attachment("shop-front", ("web",)),),
    "network_mode": "host",
    "hands_over": True,
    "pids": 100,
    "cpu_shares": 512,
    "reserved_memory_bytes": 67_108_864,
    "working_dir": "/srv",
    "hostname": "web",
    "extra_hosts": ("db:192.0.2.7",),
    "dns": ("192.0.2.53",),
    "dns_search": ("example.com",),
    "dns_opt": ("ndots:2",),
    "tmpfs": (("/run", "size=1m"),),
    "shm_bytes": 134_217_728,
    "memswap_bytes": 268_435_456,
    "ulimits": (Ulimit("nofile", 1024, 65536),),
    "cap_add": ("NET_ADMIN",),
    "privileged": True,
    "read_only": True,
    "security_opt": ("no-new-privileges:true",),
    "seccomp": Profile("ab" * 32),
    "sysctls": (("net.core.somaxconn", "1024"),),
    "devices": (Device("/dev/null", "/dev/x", "r"),),
    "group_add": ("100",),
    "logging": Logging("json-file", (("max-size", "1m"),)),
    "platform": "linux/amd64",
    "runtime": "runc",
    "gpus": (Gpu("nvidia", 2),),
    "annotations": (("com.example/x", "y"),),
    "expose": ("3000/tcp",),
    "domainname": "shop.example",
    "device_cgroup_rules": ("c 189:* rw",),
    "stdin_open": True,
    "tty": True,
    "ipc": "shareable",
    "pid": "host",
    "uts": "host",
    "userns_mode": "host",
    "cgroup": "private",
    "cgroup_parent": "shop.slice",
    "cpuset": "0-1",
    "oom_score_adj": -500,
    "storage_opt": (("size", "10g"),),
    "blkio_weight": 300,
    "blkio_weight_device": (DeviceRate("/dev/sda", 400),),
    "blkio_device_read_bps": (DeviceRate("/dev/sda", 1024),),
    "blkio_device_write_bps": (DeviceRate("/dev/sda", 1024),),
    "blkio_device_read_iops": (DeviceRate("/dev/sda", 10),),
    "blkio_device_write_iops": (DeviceRate("/dev/sda", 10),),
    "files": (ContainerFile("/run/secrets/db", "ab" * 32, mode=0o400),),
}


def test_every_field_is_tried() -> None:
    assert set(OTHER) == {own.name for own in fields_of(ContainerSpec)}


@pytest.mark.parametrize("name", OTHER)
def test_a_field_is_in_the_revision_unless_it_changes_in_place(name: str) -> None:
    changed = replace(PLAIN, **{name: OTHER[name]})
    assert (revision_of(changed) == revision_of(PLAIN)) == is_in_place(name)


# Pinned: a change here would recreate the containers of everybody who upgrades. It takes another
# REVISION_VERSION and a way for old containers to stay.
REVISIONS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, "v1:425f67ea157483d7"),
    "env": ({"env": OTHER["env"]}, "v1:bdd27b9b5ed47f32"),
    "command": ({"command": OTHER["command"]}, "v1:392e8eea0d3bbf3a"),
    "mounts": ({"mounts": OTHER["mounts"]}, "v1:3367bb9d06a61a2c"),
    "ports": ({"ports": OTHER["ports"]}, "v1:864c3229a06dfd61"),
    "healthcheck": ({"healthcheck": OTHER["healthcheck"]}, "v1:1bd7cd71d04f6035"),
    "everything but what came later": (
        {name: value for name, value in OTHER.items() if name not in LATER},
        "v1:9d65df742b610466",
    ),
}


@pytest.mark.parametrize(("changes", "revision"), REVISIONS.values(), ids=REVISIONS.keys())
def test_pinned_revisions(changes: dict[str, Any], revision: str) -> None:
    assert revision_of(replace(PLAIN, **changes)) == revision


@pytest.mark.parametrize(
    "fixed",
    [
        Attachment("n", ipv4="172.30.7.200"),
        Attachment("n", ipv6="fd00::1"),
        Attachment("n", mac="02:42:ac:1e:07:0a"),
    ],
)
def test_an_address_of_the_file_is_in_the_revision(fixed: Attachment) -> None:
    given = replace(PLAIN, networks=(Attachment("n", is_fixed=True, address="172.30.7.128"),))
    assert revision_of(given) == revision_of(PLAIN)
    assert "networks" not in describe(given, {})
    spec = replace(PLAIN, networks=(fixed,))
    assert revision_of(spec) != revision_of(PLAIN)
    assert describe(spec, {})["networks"] == f"n {fixed.fixed[0]}"
    hidden = describe(spec, {"networks": "${ADDRESS}"})["networks"]
    assert hidden.startswith("${ADDRESS}#")


def test_content_of_a_file_is_in_no_revision_but_by_its_digest() -> None:
    file = ContainerFile("/run/secrets/db", "ab" * 32, mode=0o400)
    told = dataclasses.replace(file, origin="secrets.db", content=b"hunter2")
    assert told == file
    assert revision_of(replace(PLAIN, files=(told,))) == revision_of(replace(PLAIN, files=(file,)))
    assert "hunter2" not in f"{told} {describe(replace(PLAIN, files=(told,)), {})}"


def test_pinned_revisions_of_networks() -> None:
    assert revision_of(NetworkSpec("shop-front")) == "v1:b42808ac2991916e"
    assert revision_of(NetworkSpec("shop-back", internal=True)) == "v1:e0019ea027d07b70"
    assert revision_of(NetworkSpec("shop-back", subnet="172.30.7.0/24")) == "v1:695dfc559e5114a0"


def test_a_new_field_at_its_default_changes_no_revision() -> None:
    class Later(ContainerSpec, frozen=True):
        later: bool = known(False)

    for changes, revision in REVISIONS.values():
        assert revision_of(Later(**({"image": PLAIN.image} | changes))) == revision


def test_a_field_of_which_nothing_is_known() -> None:
    with pytest.raises(TypeError, match="nothing is known of later of Later"):

        class Later(ContainerSpec, frozen=True):
            later: bool = False


@pytest.mark.parametrize("name", ["env", "labels"])
def test_order_that_means_nothing(name: str) -> None:
    pairs: Any = (("A", "1"), ("B", "2"))
    one, other = replace(PLAIN, **{name: pairs}), replace(PLAIN, **{name: pairs[::-1]})
    assert revision_of(one) == revision_of(other)


def test_order_that_means_something() -> None:
    one = replace(PLAIN, command=("a", "b"))
    assert revision_of(one) != revision_of(replace(PLAIN, command=("b", "a")))


def test_what_could_be_taken_for_one_another() -> None:
    variants = [
        replace(PLAIN, command=("a b",)),
        replace(PLAIN, command=("a", "b")),
        replace(PLAIN, entrypoint=("a b",)),
        replace(PLAIN, command=()),
        replace(PLAIN, env=(("A", "1"),)),
        replace(PLAIN, labels=(("A", "1"),)),
        replace(PLAIN, healthcheck=Healthcheck(("NONE",))),
        PLAIN,
    ]
    assert len({revision_of(spec) for spec in variants}) == len(variants)


def test_canonical_leaves_defaults_out() -> None:
    assert canonical(PLAIN) == {"image": "nginx:1.27"}
    assert canonical(OTHER["mounts"][0]) == {
        "kind": "volume",
        "source": "shop-data",
        "target": "/d",
    }


def test_described_values() -> None:
    shown = describe(replace(PLAIN, **OTHER), {})
    assert shown["image"] == "nginx:1.28"
    assert shown["env.B"] == "größe"
    assert shown["labels.com.example/x"] == "y"
    assert shown["command"] == '["serve", "--port", "80"]'
    assert shown["memory_bytes"] == "134217728"
    assert "networks" not in shown
    assert "env" not in shown


def test_values_from_outside_are_described_by_how_they_were_written() -> None:
    spec = replace(PLAIN, env=(("TOKEN", "hunter2"), ("B", "b")), command=("x", "hunter2"))
    written = {"env.TOKEN": "${TOKEN}", "command": "[${X}]", "image": "${IMAGE}"}
    shown = describe(spec, written)
    assert "hunter2" not in str(shown)
    assert "nginx" not in str(shown)
    assert shown["env.TOKEN"].startswith("${TOKEN}#")
    assert shown["env.B"] == "b"


def test_a_value_from_outside_that_changes_is_seen() -> None:
    before, after = (
        describe(replace(PLAIN, env=(("T", value),)), {"env.T": "${T}"}) for value in ("a", "b")
    )
    assert before["env.T"] != after["env.T"]


def test_many_ports_in_a_row_are_told_as_a_range() -> None:
    row = [PublishedPort("::1", port, port + 10) for port in range(8000, 8011)]
    udp = [PublishedPort(None, port, port, "udp") for port in range(90, 94)]
    pair = [PublishedPort(None, 80, 80), PublishedPort(None, 81, 81)]
    spec = ContainerSpec(image="", ports=(*row, *udp, *pair))
    assert describe(spec, {})["ports"] == "[::1]:8000-8010:8010-8020, 90-93/udp, 80, 81"


def test_a_directory_of_sockets_that_comes_from_outside_is_not_shown() -> None:
    loaded = read(topology_with(frontend="bind: '${SOCKET}'"), SOCKET="unix@/run/hidden/a.sock")
    assert loaded.topology is not None
    desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
    proxy = desired.containers[PROXY_SLOT]
    shown = describe(proxy.spec, proxy.sensitive)
    assert "hidden" in str(proxy.spec.mounts)
    assert "hidden" not in str(shown)
    assert shown["mounts"].startswith("${SOCKET}#")


def test_how_long_a_worker_may_finish_is_not_shown_when_it_comes_from_outside() -> None:
    text = topology_with(rest="haproxy: {hard_stop_after: '${LAST}'}")
    loaded = read(text, LAST="77s")
    assert loaded.topology is not None
    desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
    proxy = desired.containers[PROXY_SLOT]
    assert describe(proxy.spec, proxy.sensitive)["stop_grace_s"].startswith("${LAST}#")
