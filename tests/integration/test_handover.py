"""A new HAProxy takes the listening sockets of the old one over: no request is refused."""

from __future__ import annotations

from collections.abc import Callable

import docker.errors
import pytest

from tests.images import HAPROXY, OTHER_HAPROXY
from tests.integration.support import web
from tests.integration.support.interruption import await_unlocked, crash_after
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack
from tests.integration.support.subnets import free_subnet
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions

MOST_STEPS = 20


@pytest.fixture
def host(stack: Stack) -> Stack:
    """HAProxy on the host's network."""
    return on_host(stack)


@pytest.fixture
def anchored(stack: Stack) -> Stack:
    """HAProxy on a bridge, in the network of its anchor."""
    return on_anchor(stack)


def on_host(stack: Stack) -> Stack:
    stack.spec["networks"] = {"back": {"subnet": free_subnet()}}
    stack.backend["networks"] = ["back"]
    stack.backend["check"] = {"interval": "200ms", "rise": 1}
    stack.spec["haproxy"].update(network="host", hard_stop_after="10s")
    return stack


def on_anchor(stack: Stack) -> Stack:
    stack.backend["check"] = {"interval": "200ms", "rise": 1}
    stack.spec["haproxy"].update(upgrade="handover", hard_stop_after="10s")
    return stack


both_networks = pytest.mark.parametrize("place", [on_host, on_anchor])


def _change_haproxy(stack: Stack, number: int) -> None:
    """So that it takes a new container."""
    stack.spec["haproxy"]["hard_stop_after"] = f"{10 + number}s"


@both_networks
@both_versions
def test_nothing_is_lost_when_haproxy_is_replaced(
    stack: Stack, place: Callable[[Stack], Stack]
) -> None:
    host = place(stack)
    host.apply()
    with Traffic(host.port) as traffic:
        before = host.haproxy
        _change_haproxy(host, 1)
        assert host.plan_document()["impact"] == "replace"
        host.apply()
        assert host.haproxy != before
        traffic.go_on(100)
        host.backend["env"] = {"VERSION": "2"}
        _change_haproxy(host, 2)
        host.apply()
        traffic.go_on(100)
    traffic.assert_lossless()
    host.assert_converged()


@both_networks
def test_what_was_counted_is_known_to_the_next_one(
    stack: Stack, place: Callable[[Stack], Stack]
) -> None:
    host = place(stack)
    host.spec["frontends"]["www"]["rate_limit"] = "2/1h"
    host.apply()
    assert [web.get(host.port).status for _ in range(3)] == [200, 200, 429]
    before = host.haproxy
    _change_haproxy(host, 1)
    host.apply()
    assert host.haproxy != before
    assert web.get(host.port).status == 429


@both_versions
def test_a_new_port_of_the_host_is_a_reload(host: Stack) -> None:
    host.apply()
    before, port = host.haproxy, free_port()
    with Traffic(host.port) as traffic:
        bind = [f"127.0.0.1:{host.port}", f"127.0.0.1:{port}"]
        host.spec["frontends"]["www"]["bind"] = bind
        assert host.plan_document()["impact"] == "reload"
        host.apply()
        traffic.go_on()
    traffic.assert_lossless()
    assert web.get(port).status == 200
    assert host.haproxy == before
    host.assert_converged()


def test_from_one_version_to_another_and_back(host: Stack) -> None:
    host.apply()
    with Traffic(host.port) as traffic:
        for image in (OTHER_HAPROXY, HAPROXY):
            host.spec["haproxy"]["image"] = image
            host.apply()
            traffic.go_on(100)
    traffic.assert_lossless()
    host.assert_converged()


@pytest.mark.long
@both_networks
def test_the_tool_is_killed_after_each_step(stack: Stack, place: Callable[[Stack], Stack]) -> None:
    host = place(stack)
    host.backend["replicas"] = 1
    host.apply()
    with Traffic(host.port, one_shot=1, keep_alive=1) as traffic:
        for steps in range(1, MOST_STEPS):
            _change_haproxy(host, steps)
            crashed = crash_after(host, steps)
            traffic.go_on(10)
            await_unlocked(host)
            if steps % 3 == 2:  # go on with another file than the one that was begun
                _change_haproxy(host, 100 + steps)
            host.apply("--lock-timeout", "0s")
            host.assert_whole()
            if not crashed:
                break
        else:
            raise AssertionError("it never came to its end")
        traffic.go_on(10)
    traffic.assert_lossless()
    host.assert_converged()


def test_the_old_one_is_killed_in_the_middle(host: Stack) -> None:
    """Requests it had are lost with it; whatever was done, the next apply brings all to its end."""
    host.apply()
    for steps in (2, 3):  # before and after the new one has the sockets
        old = host.haproxy
        _change_haproxy(host, steps)
        assert crash_after(host, steps)
        host.world.api.kill(old)
        await_unlocked(host)
        host.apply("--lock-timeout", "0s")
        assert host.haproxy != old
        host.assert_converged()


def test_a_new_one_that_cannot_start_leaves_the_old_one(host: Stack) -> None:
    host.apply()
    before, port = host.haproxy, free_port()
    taken = {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}}
    with host.world.foreign_container(HostConfig=taken, ExposedPorts={"8080/tcp": {}}):
        with Traffic(host.port) as traffic:
            _change_haproxy(host, 1)
            host.spec["stats"] = {"port": port}
            assert "port-taken" in host.apply(expect=1).text
            del host.spec["stats"]
            host.spec["haproxy"]["raw"] = {"global": [f"stats socket ipv4@127.0.0.1:{port}"]}
            assert "handover-failed" in host.apply(expect=1).text
            traffic.go_on()
            assert host.world.api.inspect_container(before)["State"]["Running"]
            del host.spec["haproxy"]["raw"]
            host.apply()
            traffic.go_on()
        traffic.assert_lossless()
    host.assert_converged()


def test_a_new_port_of_an_anchor_is_a_moment_without(anchored: Stack) -> None:
    anchored.apply()
    port = free_port()
    anchored.spec["frontends"]["www"]["bind"] = [f"127.0.0.1:{anchored.port}", f"127.0.0.1:{port}"]
    assert anchored.plan_document()["impact"] == "interrupt"
    anchored.apply()
    assert web.get(port).status == 200
    anchored.assert_converged()
    del anchored.spec["haproxy"]["upgrade"]
    anchored.apply()
    assert web.get(port).status == 200
    anchored.assert_converged()


def test_killed_while_anchors_change(anchored: Stack) -> None:
    anchored.apply()
    for steps in (2, 4, 5):
        anchored.port = free_port()
        anchored.spec["frontends"]["www"]["bind"] = f"127.0.0.1:{anchored.port}"
        assert crash_after(anchored, steps)
        await_unlocked(anchored)
        anchored.apply("--lock-timeout", "0s")
        anchored.assert_converged()


def test_an_engine_that_starts_haproxy_before_its_anchor(anchored: Stack) -> None:
    """As after a restart of Docker, which does not try again: the next apply does."""
    anchored.apply()
    api, ids = anchored.world.api, anchored.ids()
    for slot in ("haproxy", "anchor"):
        api.kill(ids[slot])
    with pytest.raises(docker.errors.APIError, match="non running container"):
        api.start(ids["haproxy"])
    api.start(ids["anchor"])
    anchored.apply("--max-impact", "none")
    assert anchored.ids() == ids
    anchored.assert_converged()


def test_from_a_bridge_to_the_host_and_back(stack: Stack) -> None:
    stack.apply()
    stack.spec["networks"] = {"back": {"subnet": free_subnet()}}
    stack.backend["networks"] = ["default", "back"]
    stack.spec["haproxy"]["network"] = "host"
    assert stack.plan_document()["impact"] == "interrupt"
    stack.apply()
    stack.assert_converged()
    del stack.spec["haproxy"]["network"]
    stack.apply()
    stack.assert_converged()


def test_containers_keep_their_addresses(host: Stack) -> None:
    """HAProxy knows them by nothing else: one that starts again is where it was."""
    host.apply()
    network = f"{host.name}-back"

    def addresses() -> dict[str, str]:
        return {
            slot: c["NetworkSettings"]["Networks"][network]["IPAddress"]
            for slot, c in host.by_slot().items()
            if slot != "haproxy"
        }

    before = addresses()
    for slot in ("web-1", "web-2"):
        host.world.api.stop(host.ids()[slot], timeout=1)
    for slot in ("web-2", "web-1"):
        host.world.api.start(host.ids()[slot])
    assert addresses() == before
    host.backend["env"] = {"VERSION": "2"}
    host.apply()
    assert not set(addresses().values()) & set(before.values())
    host.assert_converged()
