"""Options of containers: what people write for each, what becomes of it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.options import Device, DeviceRate, Gpu, Logging, Ulimit
from reconciler.desired.spec import Attachment, Healthcheck, Mount, PublishedPort
from tests.unit.topology.loading import good, messages_of, read, topology_with

GOOD: dict[str, tuple[str, Any]] = {
    "networks: {default: }": ("networks", (Attachment("shop-default", ("web",)),)),
    "networks: {default: {aliases: [a.b, web, a.b]}}": (
        "networks",
        (Attachment("shop-default", ("web", "a.b")),),
    ),
    "networks: [{network: default, aliases: c}]": (
        "networks",
        (Attachment("shop-default", ("web", "c")),),
    ),
    "networks: {default: {ipv4_address: 172.30.7.200, mac_address: 02-42-AC-1E-07-0A}}\n"
    "rollout: {order: stop-first}": (
        "networks",
        (Attachment("shop-default", ("web",), ipv4="172.30.7.200", mac="02:42:ac:1e:07:0a"),),
    ),
    "networks: {out: {ipv6_address: '2001:DB8::0A', aliases: a}, default: }\n"
    "mac_address: 02:42:ac:1e:07:0a\nrollout: {order: stop-first}": (
        "networks",
        (
            Attachment("out", ("web", "a"), ipv6="2001:db8::a", mac="02:42:ac:1e:07:0a"),
            Attachment("shop-default", ("web",)),
        ),
    ),
    "user: 1000:1000": ("user", "1000:1000"),
    "user: 99": ("user", "99"),
    "working_dir: /srv": ("working_dir", "/srv"),
    "hostname: web.local": ("hostname", "web.local"),
    "extra_hosts: [db:192.0.2.7]": ("extra_hosts", ("db:192.0.2.7",)),
    "extra_hosts: ['db=::1', 'x:[::2]']": ("extra_hosts", ("db:::1", "x:::2")),
    "extra_hosts: {db: [192.0.2.7, 192.0.2.8]}": ("extra_hosts", ("db:192.0.2.7", "db:192.0.2.8")),
    "extra_hosts: {host.docker.internal: host-gateway}": (
        "extra_hosts",
        ("host.docker.internal:host-gateway",),
    ),
    "dns: 192.0.2.53": ("dns", ("192.0.2.53",)),
    "dns: [192.0.2.53, '::1']": ("dns", ("192.0.2.53", "::1")),
    "dns_search: [a.example, .]": ("dns_search", ("a.example", ".")),
    "dns_opt: [ndots:2]": ("dns_opt", ("ndots:2",)),
    "tmpfs: /run": ("tmpfs", (("/run", ""),)),
    "tmpfs: ['/tmp:size=64m,mode=1777', /run]": (
        "tmpfs",
        (("/run", ""), ("/tmp", "size=64m,mode=1777")),
    ),
    "shm_size: 128m": ("shm_bytes", 128 * 1024**2),
    "memswap_limit: 1g\nresources: {memory: 512m}": ("memswap_bytes", 1 << 30),
    "memswap_limit: -1\nresources: {memory: 512m}": ("memswap_bytes", -1),
    "ulimits: {nofile: 65536}": ("ulimits", (Ulimit("nofile", 65536, 65536),)),
    "ulimits: {nproc: {soft: 5, hard: -1}, core: 0}": (
        "ulimits",
        (Ulimit("core", 0, 0), Ulimit("nproc", 5, -1)),
    ),
    "cap_add: [net_admin, CAP_CHOWN]": ("cap_add", ("CHOWN", "NET_ADMIN")),
    "cap_drop: ALL": ("cap_drop", ("ALL",)),
    "privileged: true": ("privileged", True),
    "read_only: true": ("read_only", True),
    "security_opt: [no-new-privileges]": ("security_opt", ("no-new-privileges:true",)),
    "security_opt: 'label:type:app'": ("security_opt", ("label=type:app",)),
    "security_opt: seccomp=unconfined": ("security_opt", ("seccomp=unconfined",)),
    "sysctls: {net.core.somaxconn: 1024}": ("sysctls", (("net.core.somaxconn", "1024"),)),
    "sysctls: [kernel.sem=250]": ("sysctls", (("kernel.sem", "250"),)),
    "devices: [/dev/fuse]": ("devices", (Device("/dev/fuse", "/dev/fuse", "rwm"),)),
    "devices: ['/dev/a:/dev/b:r']": ("devices", (Device("/dev/a", "/dev/b", "r"),)),
    "devices: [{source: /dev/a, target: /dev/b}]": (
        "devices",
        (Device("/dev/a", "/dev/b", "rwm"),),
    ),
    "group_add: [998, audio]": ("group_add", ("998", "audio")),
    "stop_signal: int": ("stop_signal", "SIGINT"),
    "stop_signal: SIGRTMIN+3": ("stop_signal", "SIGRTMIN+3"),
    "stop_signal: 9": ("stop_signal", "9"),
    "logging: {driver: none}": ("logging", Logging("none")),
    "logging: {options: {max-file: 3}}": ("logging", Logging("", (("max-file", "3"),))),
    "platform: linux/arm/v7": ("platform", "linux/arm/v7"),
    "runtime: io.containerd.runsc.v1": ("runtime", "io.containerd.runsc.v1"),
    "gpus: all": ("gpus", (Gpu(),)),
    "gpus: 2": ("gpus", (Gpu(count=2),)),
    "gpus: {driver: nvidia, device_ids: 0}": ("gpus", (Gpu("nvidia", 0, ("0",)),)),
    "gpus: [{count: all, capabilities: [gpu, utility]}]": (
        "gpus",
        (Gpu(capabilities=("gpu", "utility")),),
    ),
    "annotations: {a.b/c: d}": ("annotations", (("a.b/c", "d"),)),
    "expose: 3000": ("expose", ("3000/tcp",)),
    "expose: [8000-8010, 53/udp]": ("expose", ("53/udp", "8000-8010/tcp")),
    "domainname: shop.example": ("domainname", "shop.example"),
    "device_cgroup_rules: c 189:* rw": ("device_cgroup_rules", ("c 189:* rw",)),
    "stdin_open: true": ("stdin_open", True),
    "tty: true": ("tty", True),
    "ipc: shareable": ("ipc", "shareable"),
    "pid: host": ("pid", "host"),
    "uts: host": ("uts", "host"),
    "userns_mode: host": ("userns_mode", "host"),
    "cgroup: host": ("cgroup", "host"),
    "cgroup_parent: shop.slice": ("cgroup_parent", "shop.slice"),
    "cpuset: 0-3,5": ("cpuset", "0-3,5"),
    "cpuset: 1": ("cpuset", "1"),
    "oom_score_adj: -500": ("oom_score_adj", -500),
    "storage_opt: {size: 10g}": ("storage_opt", (("size", "10g"),)),
    "blkio_config: {weight: 300}": ("blkio_weight", 300),
    "blkio_config: {weight_device: [{path: /dev/sda, weight: 400}]}": (
        "blkio_weight_device",
        (DeviceRate("/dev/sda", 400),),
    ),
    "blkio_config: {device_read_bps: [{path: /dev/sdb, rate: 1m}, {path: /dev/sda, rate: 5}]}": (
        "blkio_device_read_bps",
        (DeviceRate("/dev/sda", 5), DeviceRate("/dev/sdb", 1024**2)),
    ),
    "healthcheck: {test: [CMD, x], start_interval: 1s}": (
        "healthcheck",
        Healthcheck(("CMD", "x"), start_interval_s=1.0),
    ),
    "volumes: ['data:/d:nocopy,ro']": (
        "mounts",
        (Mount("volume", "shop-data", "/d", True, nocopy=True),),
    ),
    "volumes: ['./a:/d:Z,rslave']": (
        "mounts",
        (Mount("bind", "/srv/a", "/d", propagation="rslave", selinux="Z"),),
    ),
    "volumes: [{source: data, target: /d, volume: {subpath: a/b/}}]": (
        "mounts",
        (Mount("volume", "shop-data", "/d", subpath="a/b"),),
    ),
    "volumes: [{source: ./a, target: /d, bind: {create_host_path: true}}]": (
        "mounts",
        (Mount("bind", "/srv/a", "/d", creates_path=True),),
    ),
    "ports: [8080:80]\nrollout: {order: stop-first}": ("ports", (PublishedPort(None, 8080, 80),)),
    "ports: '8080-8082:80'\nreplicas: 3\nrollout: {order: stop-first}": (
        "ports",
        (PublishedPort(None, 8080, 80),),
    ),
    "ports: 127.0.0.1:53:53/udp\nrollout: {max_surge: 0, max_unavailable: 1}": (
        "ports",
        (PublishedPort("127.0.0.1", 53, 53, "udp"),),
    ),
    "ports: ['[::1]:8080-8081:80-81']\nrollout: {order: stop-first}": (
        "ports",
        (PublishedPort("::1", 8080, 80), PublishedPort("::1", 8081, 81)),
    ),
    "ports: [81, {target: 82, host_ip: 192.0.2.1, protocol: sctp}, '192.0.2.1::83']\nreplicas: 3": (
        "ports",
        (
            PublishedPort(None, 0, 81),
            PublishedPort("192.0.2.1", 0, 82, "sctp"),
            PublishedPort("192.0.2.1", 0, 83),
        ),
    ),
    "resources: {pids: 50}": ("pids", 50),
    "resources: {reservations: {cpus: 0.3}}": ("cpu_shares", 307),
    "resources: {reservations: {memory: 64m}}": ("reserved_memory_bytes", 64 * 1024**2),
}


@pytest.mark.parametrize(("yaml", "expected"), GOOD.items(), ids=GOOD.keys())
def test_what_a_container_is_told(yaml: str, expected: tuple[str, Any]) -> None:
    field, value = expected
    out = "out: {external: true}, " if "{out:" in yaml else ""
    networks = f"networks: {{{out}default: {{subnet: 172.30.7.0/24}}}}"
    rest = networks if "_address" in yaml else ""
    desired = compile_topology(good(topology_with(yaml, rest=rest)), "/srv")
    spec, *_ = (c.spec for c in desired.containers.values() if c.slot.backend)
    assert getattr(spec, field) == value


REFUSED = {
    "networks: {default: front}": "wrong-type how a network is joined is a mapping",
    "networks: {front: {aliases: [x]}}": "unknown-network network `front` is not defined",
    "networks: {default: {aliases: ['a b']}}": "bad-value `a b` is not a name in DNS",
    "networks: {default: {alias: x}}": "unknown-key `alias` is not a key of",
    "networks: {default: {ipv4_address: 172.30.7}}": "bad-value `172.30.7` is not an address of",
    "networks: {default: {ipv6_address: 'fe80::1%a'}}": "bad-value `fe80::1%a` is not an address",
    "mac_address: 02:42:ac:1e:07": "bad-value `02:42:ac:1e:07` is not a MAC address",
    "mac_address: 01:00:5e:00:00:01": "bad-value `01:00:5e:00:00:01` is a MAC address for many",
    "networks: {}": "bad-value `networks` needs at least one item",
    "user: 'a b'": "bad-value `a b` is not a user",
    "user: true": "wrong-type `true` without quotes is a boolean",
    "working_dir: srv": "bad-value `srv` is not an absolute path",
    "hostname: a_b": "bad-value `a_b` is not a host name",
    "extra_hosts: [db]": "bad-value `db` has no address",
    "extra_hosts: {db: nowhere}": "bad-value `nowhere` is not an IP address",
    "extra_hosts: {'a b': 192.0.2.1}": "bad-value `a b` is not a host name",
    "dns: example.com": "bad-value `example.com` is not an IP address",
    "dns: [[]]": "wrong-type each item of `dns` takes text, not a list",
    "dns_search: 'a b'": "bad-value `a b` is not a domain",
    "dns_opt: ['x y']": "bad-value `x y` is not a resolver option",
    "tmpfs: run": "bad-value `run` is not an absolute path",
    "tmpfs: /": "bad-value `/` is not an absolute path",
    "tmpfs: '/run:a b'": "bad-value `/run:a b` has no options that a tmpfs takes",
    "tmpfs: [/run, /run/]": "same-target two mounts of `web` on `/run/`",
    "shm_size: lots": "bad-size `lots` is not a size",
    "memswap_limit: 1g": "bad-value `memswap_limit` needs a limit for memory beside it",
    "memswap_limit: 1m\nresources: {memory: 8m}": "bad-value `memswap_limit` is for memory and",
    "memswap_limit: -2\nresources: {memory: 8m}": "bad-size `-2` is not a size",
    "ulimits: {files: 5}": "unknown-value `files` is not a limit that Linux has",
    "ulimits: {nofile: many}": "wrong-type a limit is a whole number, or -1 for none",
    "ulimits: {nofile: {soft: 5}}": "missing-key `hard` is required in `nofile`",
    "ulimits: {nofile: {soft: 5, hard: 4}}": "bad-value the soft limit is above the hard one",
    "ulimits: {nofile: {soft: -1, hard: 4}}": "bad-value the soft limit is above the hard one",
    "cap_add: ['NET ADMIN']": "bad-value `NET ADMIN` is not a capability",
    "security_opt: [seccomp=./x.json, seccomp=unconfined]": "bad-value a container has one profile",
    "security_opt: [secomp=./x.json]": "unknown-value `secomp=./x.json` is not a security",
    "sysctls: {vm.swappiness: 5}": "unknown-value `vm.swappiness` is no setting of a container's",
    "devices: ['a:b:c:d']": "bad-value `a:b:c:d` is not a device",
    "devices: [{source: /dev/a, permissions: x}]": "bad-value `x` is not what `permissions` takes",
    "group_add: ['a b']": "bad-value `a b` is not a group",
    "stop_signal: SIGSTOPPED": "bad-value `SIGSTOPPED` is not a signal",
    "stop_signal: 65": "bad-value `65` is not a signal",
    "logging: json-file": "wrong-type `logging` must be a mapping",
    "platform: Linux": "bad-value `Linux` is not a platform",
    "gpus: 0": "bad-value a count is a number, or `all`",
    "gpus: {count: 2, device_ids: [1]}": "bad-value `count` and `device_ids` say both how many",
    "expose: [80/icmp]": "bad-value `80/icmp` is not a port",
    "expose: 9-8": "bad-value `9-8` is not a port",
    "expose: 70000": "bad-value `70000` is not a port",
    "domainname: a_b": "bad-value `a_b` is not a host name",
    "uts: host\nhostname: x": "bad-value with `uts: host` it has the host's name",
    "device_cgroup_rules: c 189 rw": "bad-value `c 189 rw` is not a rule for devices",
    "ipc: service:db": "unknown-value `ipc` cannot be `service:db`",
    "pid: private": "unknown-value `pid` cannot be `private`",
    "cgroup_parent: 'a b'": "bad-value `a b` is not a cgroup",
    "cpuset: 0..3": "bad-value `0..3` is not a set of CPUs",
    "oom_score_adj: 1001": "out-of-range `oom_score_adj` is `1001`, and must be at most 1,000",
    "blkio_config: {weight: 5}": "out-of-range `weight` is `5`, and must be at least 10",
    "blkio_config: {device_read_bps: [{path: sda, rate: 1m}]}": "bad-value `sda` is not",
    "volumes: ['data:/d:z']": "unknown-value `z` is not an option of a mount of a volume",
    "volumes: ['./a:/d:nocopy']": "unknown-value `nocopy` is not an option of a mount of a bind",
    "volumes: ['./a:/d:rx']": "unknown-value `rx` is not an option of a mount",
    "volumes: [{source: data, target: /d, volume: {subpath: ../a}}]": "bad-value `../a` is not",
    "volumes: [{source: './a:b', target: /d, bind: {selinux: z}}]": "bad-value Docker cannot",
    "ports: [http]": "bad-value `http` is not a published port",
    "ports: ['1:2:3:4']": "bad-value `1:2:3:4` is not a published port",
    "ports: ['host:80:80']": "bad-value `host` is not an IP address",
    "ports: ['0:80']": "bad-value `0` is not a port",
    "ports: ['90-80:80']": "bad-value `90-80` is not a port",
    "ports: ['8000-8001:80']\nreplicas: 3": "published-port 2 containers can have port 8000-8001",
    "ports: ['8000-8001:80']\nreplicas: 2": "published-port a new container of `web` cannot start",
    "ports: ['8000-8002:80-81']": "bad-value there are not as many ports of the host",
    "ports: ['80/icmp']": "unknown-value `ports` cannot be `icmp`",
    "ports: ['8080:80']": "published-port a new container of `web` cannot start beside the old",
    "ports: ['8080:80']\nreplicas: 2": "published-port one container can have port 8080 of the",
    "ports: ['80:80']\nrollout: {order: stop-first}": "bind-conflict backend `web` listens",
    "resources: {pids: 0}": "out-of-range `pids` is `0`, and must be at least 1",
    "resources: {memory: 8m, reservations: {memory: 9m}}": "bad-value more memory is reserved",
}


@pytest.mark.parametrize(("yaml", "message"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(yaml: str, message: str) -> None:
    first, *others = messages_of(read(topology_with(yaml)))
    assert first.startswith(message)
    assert others == []


def test_what_comes_from_outside_is_hidden() -> None:
    text = topology_with(
        "resources: {reservations: {memory: '${M}', cpus: '${C}'}}\nshm_size: ${S}\ndns: ['${D}']"
    )
    loaded = read(text, M="64m", C="1", S="32m", D="192.0.2.53")
    assert loaded.topology is not None
    desired = compile_topology(loaded.topology, "/srv", loaded.sensitive)
    (container,) = (c for c in desired.containers.values() if c.slot.backend)
    assert dict(container.sensitive) == {
        "reserved_memory_bytes": "${M}",
        "cpu_shares": "${C}",
        "shm_bytes": "${S}",
        "dns": "${D}",
    }
