"""What a file says of containers is what Docker is told, and what holds inside of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.engine.docker.connect import api_of
from reconciler.engine.docker.translate import create_body
from reconciler.topology.model import Topology
from tests.images import ECHO
from tests.integration.support import web
from tests.integration.support.outside import outside_server, outside_socket
from tests.integration.support.ports import free_port, random_name
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

OPTIONS: dict[str, Any] = {
    "networks": {"default": {"aliases": ["other.name"]}},
    "user": "10001:10002",
    "working_dir": "/var/tmp",
    "hostname": "inside",
    "extra_hosts": {"db": ["192.0.2.7"], "host.docker.internal": "host-gateway"},
    "dns": "192.0.2.53",
    "dns_search": ["a.example", "b.example"],
    "dns_opt": "ndots:3",
    "tmpfs": ["/run/app:size=1m,mode=1777"],
    "shm_size": "1m",
    # Not `nofile`: runc raises its soft limit while it starts a process, now and then for good.
    "ulimits": {"memlock": {"soft": 65_536, "hard": 131_072}, "core": 0},
    "cap_add": ["NET_BIND_SERVICE"],
    "cap_drop": "ALL",
    "read_only": True,
    "security_opt": ["no-new-privileges", "seccomp=unconfined"],
    "sysctls": {"net.core.somaxconn": 1025},
    "devices": ["/dev/null:/dev/nowhere:r"],
    "group_add": [10003, "audio"],
    "stop_signal": "SIGINT",
    "logging": {"driver": "json-file", "options": {"max-size": "1m", "max-file": 2}},
    "platform": "linux/amd64",
    "runtime": "runc",
    "expose": ["9100-9101", "53/udp"],
    "domainname": "shop.example",
    "device_cgroup_rules": "c 1:3 r",
    "stdin_open": True,
    "tty": True,
    "ipc": "private",
    "pid": "host",
    "userns_mode": "host",
    "cgroup": "private",
    "cgroup_parent": "/reconciler-test",
    "cpuset": "0",
    "oom_score_adj": 321,
    "volumes": [
        "data:/var/data:nocopy",
        {"source": "./made/here", "target": "/made", "bind": {"create_host_path": True}},
        "./there:/shared:ro,rprivate",
    ],
    "resources": {"memory": "64m", "pids": 50, "reservations": {"cpus": 0.3, "memory": "16m"}},
    "memswap_limit": "80m",
    "label_file": "app.labels",
}

INSIDE = {
    "echo $COLOUR $TOKEN": "blue hunter 22",
    "id -u; id -g; id -G": "10001\n10002\n10002 29 10003",
    "pwd; hostname": "/var/tmp\ninside",
    "grep -c '192.0.2.7.*db' /etc/hosts; grep -c host.docker.internal /etc/hosts": "1\n1",
    "grep -e search -e options /etc/resolv.conf": "search a.example b.example\noptions ndots:3",
    "ulimit -Sl; ulimit -Hl; ulimit -c": "64\n128\n0",
    "cat /proc/sys/net/core/somaxconn": "1025",
    "echo x > /run/app/y; cat /run/app/y": "x",
    "echo x 2>/dev/null > /var/tmp/y || echo refused": "refused",
    "grep -e CapBnd -e NoNewPrivs /proc/self/status": "CapBnd:\t0000000000000400\nNoNewPrivs:\t1",
    "test -c /dev/nowhere && echo there": "there",
    "grep -c 'shm.*size=1024k' /proc/mounts": "1",
    "cat /proc/sys/kernel/domainname": "shop.example",
    "cat /proc/self/oom_score_adj": "321",
    "test -d /made && ls /shared": "file",
}


TOLD = {
    "DeviceCgroupRules": ["c 1:3 r"],
    "IpcMode": "private",
    "PidMode": "host",
    "UsernsMode": "host",
    "CpusetCpus": "0",
    "CgroupnsMode": "private",
    "CgroupParent": "/reconciler-test",
}
"""What can hardly be seen from inside."""


def test_options_hold_inside_a_container(stack: Stack) -> None:
    stack.backend.update(OPTIONS, replicas=1, env_file="app.env", env={"COLOUR": "blue"})
    (stack.directory / "app.env").write_text("COLOUR=red\nTOKEN='hunter 22'\n", encoding="utf-8")
    (stack.directory / "app.labels").write_text("com.example/team='a b'\n", encoding="utf-8")
    (stack.directory / "there").mkdir()
    (stack.directory / "there" / "file").touch()
    stack.apply()
    assert "up to date" in stack.plan("--detailed-exitcode").out
    assert stack.get().status == 200
    made = stack.by_slot()["web-1"]
    found = {
        command: stack.world.run_in(made["Id"], "sh", "-c", command).strip() for command in INSIDE
    }
    assert found == INSIDE
    host, config = made["HostConfig"], made["Config"]
    (link,) = made["NetworkSettings"]["Networks"].values()
    assert {"web", "other.name"} <= set(link["Aliases"])
    assert config["Labels"]["com.example/team"] == "a b"
    assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 80 << 20)
    assert "hunter" not in json.dumps(config["Labels"])
    assert config["StopSignal"] == "SIGINT"
    assert {"9100/tcp", "9101/tcp", "53/udp"} <= set(config["ExposedPorts"])
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}}
    assert (host["PidsLimit"], host["CpuShares"], host["MemoryReservation"]) == (50, 307, 16 << 20)
    assert config["OpenStdin"]
    assert config["Tty"]
    told = {key: host[key] for key in TOLD}
    assert told == TOLD

    stack.backend["resources"] = {
        "memory": "72m",
        "pids": 60,
        "reservations": {"cpus": 0.5, "memory": "32m"},
    }
    assert stack.plan_document()["impact"] == "none"
    stack.apply()
    after = stack.by_slot()["web-1"]
    host = after["HostConfig"]
    assert (host["PidsLimit"], host["CpuShares"], host["MemoryReservation"]) == (60, 512, 32 << 20)
    assert (host["Memory"], host["MemorySwap"]) == (72 << 20, 80 << 20)
    assert after["Id"] == made["Id"]
    assert "up to date" in stack.plan("--detailed-exitcode").out


@pytest.mark.parametrize("upgrade", ["interrupt", "handover"])
def test_options_hold_in_haproxy_and_a_name_of_the_host_is_a_server(
    stack: Stack, upgrade: str
) -> None:
    """A file that is mounted counts where the configuration is checked, too."""
    (stack.directory / "maps").mkdir()
    (stack.directory / "maps" / "a.map").write_text("/ mapped\n", encoding="utf-8")
    (stack.directory / "sockets").mkdir(mode=0o755)
    socket = stack.directory / "sockets" / "a.sock"
    with outside_server(stack.world) as (_, port), outside_socket(socket):
        stack.spec["backends"] = {
            "web": {"servers": f"host.docker.internal:{port}"},
            "local": {"servers": "unix@/sockets/a.sock", "check": "/"},
        }
        stack.spec["frontends"]["www"]["rules"] = [{"path": "/local", "backend": "local"}]
        stack.spec["frontends"]["www"]["raw"] = [
            "http-response set-header X-Map %[str(/),map(/maps/a.map)]"
        ]
        stack.spec["haproxy"] |= {
            "upgrade": upgrade,
            "extra_hosts": {"host.docker.internal": "host-gateway"},
            "dns": "192.0.2.53",
            "ulimits": {"nofile": 2345},
            "sysctls": {"net.core.somaxconn": 1025},
            "labels": {"team": "shop"},
            "volumes": ["./maps:/maps:ro", "./sockets:/sockets"],
        }
        stack.apply()
        stack.plan("--detailed-exitcode")
        answer = web.ask(stack.port, "/")
        assert (answer.body, answer.headers["x-map"]) == (f"outside {port}\n", "mapped")
        await_true(lambda: web.ask(stack.port, "/local").body == "outside 0\n", "by its socket")
        inside = {
            "grep -c host.docker.internal /etc/hosts": "1",
            "cat /proc/sys/net/core/somaxconn": "1025",
            "ulimit -Sn": "2345",
        }
        for command, said in inside.items():
            assert stack.world.run_in(stack.haproxy, "sh", "-c", command).strip() == said
        made = stack.world.api.inspect_container(stack.haproxy)
        assert made["Config"]["Labels"]["team"] == "shop"
        assert made["HostConfig"]["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}


def test_a_port_goes_to_the_next_container_and_a_profile_holds(stack: Stack) -> None:
    port = free_port()
    inside = stack.backend["port"]
    stack.backend.update(
        replicas=1,
        ports=[f"127.0.0.1:{port}:{inside}", f"127.0.0.1:{port}:53/udp", 9100],
        rollout={"order": "stop-first"},
        security_opt="seccomp=./no-directories.json",
    )
    refused = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [refused]}
    (stack.directory / "no-directories.json").write_text(json.dumps(profile), encoding="utf-8")
    stack.apply()
    tried = "mkdir /tmp/new 2>/dev/null || echo refused"
    inside_it = stack.world.run_in(stack.ids()["web-1"], "sh", "-c", tried)
    assert inside_it.strip() == "refused"
    assert "up to date" in stack.plan("--detailed-exitcode").out
    assert web.get(port).status == stack.get().status == 200
    published = stack.by_slot()["web-1"]["NetworkSettings"]["Ports"]
    assert published["53/udp"] == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]
    assert int(published["9100/tcp"][0]["HostPort"]) > 0

    stack.backend["env"] = {"RELEASE": "2"}
    assert stack.plan_document()["impact"] == "interrupt"
    stack.apply()
    assert web.get(port).status == stack.get().status == 200
    assert "up to date" in stack.plan("--detailed-exitcode").out

    stack.world.api.stop(stack.haproxy)
    stack.backend["env"] = {"RELEASE": "3"}
    stack.apply()
    assert web.get(port).status == stack.get().status == 200
    stack.assert_converged()


def test_what_needs_a_host_of_its_own_is_told_to_docker(world: World) -> None:
    """No GPU is here, and no right to give all rights: such containers are made, and not run."""
    rates = [{"path": "/dev/null", "rate": "1m"}]
    backend = {
        "image": ECHO,
        "privileged": True,
        "gpus": [{"driver": "nvidia", "count": 2}],
        "uts": "host",
        "blkio_config": {
            "weight": 300,
            "device_read_bps": rates,
            "device_write_iops": [{"path": "/dev/null", "rate": 9}],
        },
    }
    topology = Topology.model_validate({"name": random_name(), "backends": {"web": backend}})
    (container,) = compile_topology(topology, "/srv").containers.values()
    body = create_body(topology.name, container, "")
    made = world.api.create_container_from_config(body)["Id"]
    try:
        host = world.api.inspect_container(made)["HostConfig"]
    finally:
        world.remove(made)
    assert host["Privileged"]
    assert host["UTSMode"] == "host"
    assert host["BlkioDeviceReadBps"] == [{"Path": "/dev/null", "Rate": 1 << 20}]
    assert host["BlkioDeviceWriteIOps"] == [{"Path": "/dev/null", "Rate": 9}]
    (wanted,) = host["DeviceRequests"]
    assert (wanted["Driver"], wanted["Count"], wanted["Capabilities"]) == ("nvidia", 2, [["gpu"]])


def test_what_an_older_engine_would_drop_is_refused_before_anything(stack: Stack) -> None:
    stack.backend.update(
        replicas=1,
        annotations={"a.b/c": "d"},
        healthcheck={"test": ["CMD", "true"], "start_period": "9s", "start_interval": "0.1s"},
        volumes=[{"source": "data", "target": "/data", "volume": {"subpath": "a/b"}}],
    )
    api = api_of(stack.world.api)
    said = stack.plan(expect=1 if api < (1, 45) else 0).out
    for key, since in {
        "annotations": (1, 43),
        "start_interval": (1, 44),
        "subpath": (1, 45),
    }.items():
        assert (f"`{key}` of `web` needs Docker" in said) == (api < since)
    if api < (1, 45):
        assert "nothing was touched" in stack.apply(expect=1).err
        assert stack.by_slot() == {}
