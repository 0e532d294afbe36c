"""What Docker is told of HAProxy's own container, by the keys that backends have for theirs."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.containers.haproxy import files_of_the_host
from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Desired
from reconciler.desired.options import Logging, Ulimit
from reconciler.engine.docker.options import rotating_log
from reconciler.haproxy import paths
from reconciler.haproxy.paths import FILES_DIRECTORY
from reconciler.topology.labels import PATHS_OF_HAPROXY
from tests.unit.topology.loading import good, read, told

FILE = """\
name: shop
backends:
  db: {{mode: tcp, servers: "{server}"}}
frontends: {{f: {{bind: 5432, mode: tcp, default_backend: db}}}}
haproxy: {{{haproxy}}}
"""
OPTIONS = """\
logging: {driver: local}, extra_hosts: {a: 192.0.2.1}, dns: 192.0.2.1, dns_search: x, dns_opt: y,
  ulimits: {nofile: 9}, sysctls: {net.core.somaxconn: 9, kernel.shmmax: 8}, labels: {team: x},
  volumes: ["maps:/maps", "./x:/x:ro"]"""


def compiled(haproxy: str, server: str = "10.0.0.7:5432") -> Desired:
    return compile_topology(good(FILE.format(server=server, haproxy=haproxy)), "/srv")


def warnings(haproxy: str, server: str = "10.0.0.7:5432") -> list[str]:
    return told(read(FILE.format(server=server, haproxy=haproxy)))


def test_they_are_those_of_its_container() -> None:
    desired = compiled(OPTIONS)
    spec = desired.containers[PROXY_SLOT].spec
    assert spec.logging == Logging("local")
    assert (spec.extra_hosts, spec.dns, spec.dns_search, spec.dns_opt) == (
        ("a:192.0.2.1",),
        ("192.0.2.1",),
        ("x",),
        ("y",),
    )
    assert spec.ulimits == (Ulimit("nofile", 9, 9),)
    assert spec.labels == (("team", "x"),)
    assert spec.sysctls == (("kernel.shmmax", "8"), ("net.core.somaxconn", "9"))
    assert [str(mount) for mount in spec.mounts[1:]] == ["shop-maps:/maps", "/srv/x:/x:ro"]
    assert set(desired.volumes) == {"shop-maps"}
    assert [mount.target for mount in files_of_the_host(spec)] == ["/x"]


def test_what_is_of_the_network_is_that_of_who_has_it() -> None:
    containers = compiled(f"upgrade: handover, {OPTIONS}").containers
    anchor, proxy = containers[ANCHOR_SLOT].spec, containers[PROXY_SLOT].spec
    assert (anchor.extra_hosts, anchor.dns) == (("a:192.0.2.1",), ("192.0.2.1",))
    assert anchor.sysctls == (("net.core.somaxconn", "9"),)
    assert (anchor.ulimits, anchor.logging, anchor.labels) == ((), None, ())
    assert (proxy.extra_hosts, proxy.dns, proxy.dns_search, proxy.dns_opt) == ((), (), (), ())
    assert proxy.sysctls == (("kernel.shmmax", "8"),)
    assert proxy.ulimits == (Ulimit("nofile", 9, 9),)


@pytest.mark.parametrize(
    ("haproxy", "revisions"),
    [
        ("", ["v1:f53a287ff8cae3f0"]),
        ("upgrade: handover", ["v1:4d92e731cee22595", "v1:4cd583959fc70997"]),
        ("network: host", ["v1:541b9d54bc52775a"]),
    ],
)
def test_without_them_it_has_the_revision_that_it_had(haproxy: str, revisions: list[str]) -> None:
    assert [c.revision for c in compiled(haproxy).containers.values()] == revisions


def test_a_log_is_turned_over_where_the_engine_would_keep_all_of_it() -> None:
    assert rotating_log("json-file")["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}
    assert rotating_log("journald") == rotating_log("") == {}


def test_a_name_in_its_hosts_is_asked_of_nobody() -> None:
    config = compiled("extra_hosts: {Legacy: host-gateway}", "legacy:5432").config()
    assert config is not None
    (server,) = (line.text for line in config.lines if line.text.startswith("    server "))
    assert server == "    server legacy:5432 legacy:5432 port 5432 init-addr libc,none weight 1"
    assert "default-server resolvers" not in config.text
    assert "resolvers outside" not in config.text


WRONG = {
    ("", "unix@/run/x.sock"): "never-meant 3:28 nothing is mounted in HAProxy's container at "
    '`/run/x.sock`; add `volumes: ["/run/x.sock:/run/x.sock"]` to `haproxy`; a directory keeps up with '
    "a socket that is made anew",
    (
        "",
        "unix@run/x.sock",
    ): "bad-value 3:28 `run/x.sock` is not the path of a Unix socket; write it "
    "like `/var/run/docker.sock`",
    ("", "host.docker.internal:5432"): "never-meant 3:28 on Linux nobody knows "
    "`host.docker.internal`, unless HAProxy is told of it; add `extra_hosts: {host.docker.internal: "
    "host-gateway}` to `haproxy`",
    ("network: host", "host.docker.internal:5432"): "never-meant 3:28 on Linux nobody knows "
    "`host.docker.internal`, unless HAProxy is told of it; write `127.0.0.1`: HAProxy is on the "
    "host's network",
    (
        "volumes: ['./x:/run/haproxy/x']",
        "a:1",
    ): "same-target 5:21 `/run/haproxy` is where this tool "
    "puts what HAProxy runs with; choose another path in the container, like `/etc/haproxy-files`",
    ("volumes: ['./x:/usr/local/etc/haproxy']", "a:1"): "same-target 5:21 "
    "`/usr/local/etc/haproxy/haproxy.cfg` is where this tool puts what HAProxy runs with; choose "
    "another path in the container, like `/etc/haproxy-files`",
    ("volumes: ['./x:/x', './y:/x/']", "a:1"): "same-target 5:31 two mounts of HAProxy on `/x`",
    ("network: host, sysctls: {net.core.somaxconn: 1}", "a:1"): "host-network 5:36 on the host's "
    "network HAProxy has no `net.core.somaxconn` of its own; leave it out, and set it on the host",
    ("labels: {io.haproxy-reconciler.x: 1}", "a:1"): "bad-name 5:20 labels that start with "
    "`io.haproxy-reconciler.` are this tool's own; give the label another name",
}


@pytest.mark.parametrize("case", WRONG, ids=" ".join)
def test_what_is_told(case: tuple[str, str]) -> None:
    assert warnings(*case) == [WRONG[case]]


def test_names_of_the_host_that_it_is_told_of() -> None:
    more = "extra_hosts: {host.docker.internal: host-gateway}"
    assert warnings(more, "Host.Docker.Internal:5432") == []


def test_a_server_at_a_socket() -> None:
    config = compiled("volumes: ['/run/x:/run/x']", "unix@/run/x/y.sock").config()
    assert config is not None
    (server,) = (line.text for line in config.lines if line.text.startswith("    server "))
    assert server == "    server run-x-y.sock unix@/run/x/y.sock weight 1"


def test_paths_of_this_tools_own_are_those_in_use() -> None:
    used = (
        paths.CONFIG_PATH,
        FILES_DIRECTORY,
        paths.RUN_DIRECTORY,
        paths.directory_of_sockets("x").rpartition("/")[0],
    )
    assert used == PATHS_OF_HAPROXY
