"""HAProxy's container can do what HAProxy needs, and nothing else."""

from __future__ import annotations

import random

from reconciler.haproxy.paths import CONFIG_PATH, MASTER_SOCKET, RUNTIME_SOCKET
from tests.integration.support import web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack
from tests.integration.support.versions import both_versions


@both_versions
def test_haproxy_is_locked_down(stack: Stack) -> None:
    stats = stack.with_stats()
    stack.apply()
    container = stack.by_slot()["haproxy"]
    host, run = container["HostConfig"], stack.world.run_in
    assert container["Config"]["User"] == "99:99"
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]
    assert not host["Binds"]

    haproxy = container["Id"]
    top = stack.world.api.top(haproxy, "-eo uid,pid,comm")
    assert {row[0] for row in top["Processes"]} == {"99"}
    status = run(haproxy, "sh", "-c", "grep -hE '^(Cap|NoNewPrivs)' /proc/1/status")
    facts = dict(line.split() for line in status.splitlines())
    assert facts["NoNewPrivs:"] == "1"
    assert {int(value, 16) for name, value in facts.items() if name.startswith("Cap")} == {0}

    assert {b["HostIp"] for bindings in host["PortBindings"].values() for b in bindings} == {
        "127.0.0.1"
    }
    assert web.get(stats).status == 200
    published = {int(port.split("/")[0]) for port in host["PortBindings"]}
    assert published == {stack.port, stats}
    # Nothing of the servers is published, and HAProxy listens on nothing else.
    for slot, found in stack.by_slot().items():
        assert slot == "haproxy" or not found["HostConfig"]["PortBindings"]
    script = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}'"
    listening = {
        line for line in run(haproxy, "sh", "-c", script).split() if "0B00007F" not in line
    }
    assert {int(line.rpartition(":")[2], 16) for line in listening} == published

    # Sockets and configuration are private.
    for path in (RUNTIME_SOCKET, MASTER_SOCKET):
        assert run(haproxy, "stat", "-c", "%F %a %u", path).split() == ["socket", "600", "99"]
    assert run(haproxy, "stat", "-c", "%a %u", CONFIG_PATH).split() == ["600", "99"]
    assert run(haproxy, "stat", "-c", "%a %u", "/run/haproxy").split() == ["700", "99"]
    assert "Permission denied" in run(haproxy, "cat", CONFIG_PATH, user="1234")


def _low_port() -> int:
    """Random, so that tests beside this one hardly ever take the same."""
    return random.SystemRandom().randint(600, 1000)


def test_two_addresses_with_one_port_and_a_low_one(stack: Stack) -> None:
    """Any user of a container may bind any port since Docker 20.10."""
    port = free_port()
    low = next(port for port in iter(_low_port, None) if not web.is_open(port))
    stack.spec["backends"]["api"] = {**stack.backend, "replicas": 1}
    stack.spec["frontends"] = {
        "www": {"bind": [f"127.0.0.1:{stack.port}", f"127.0.0.1:{port}"], "default_backend": "web"},
        "api": {"bind": f"127.0.0.2:{port}", "default_backend": "api"},
        "low": {"bind": f"127.0.0.1:{low}", "default_backend": "web"},
    }
    stack.apply()
    stack.assert_converged()
    assert web.get(port).server != stack.ids()["api-1"][:12]
    assert web.get(low).status == 200
    assert web.is_open(port, "127.0.0.2")
    assert not web.is_open(stack.port, "127.0.0.2")
