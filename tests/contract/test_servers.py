"""Servers of a running HAProxy: changed, written, waited for and watched."""

from __future__ import annotations

import time
from threading import Timer

import pytest
from msgspec.structs import replace

from reconciler.desired.desired import Desired, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.rollout import Guard
from reconciler.engine.protocol import Patience
from reconciler.haproxy.control.commands import Aim, ServerSetting
from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.render.proxy import render_config, server_lines
from reconciler.plan import actions as a
from tests.contract.bench import FILE, WEB_1, Bench, made, proxy_target, target
from tests.integration.support.waiting import await_true

WEB_2 = Slot(SERVER_ROLE, "web", 2)
ENDLESS_S = 1000.0
"""A test that waits for so long has failed: pytest ends it."""


def put(
    wish: Desired,
    aim: Aim,
    slot: Slot = WEB_2,
    weight: int | None = None,
    maxconn: int | None = None,
) -> a.SetServers:
    setting = ServerSetting("web", target(wish, slot).name, aim, weight, maxconn)
    return a.SetServers(proxy_target(wish), (setting,))


def key(wish: Desired, slot: Slot = WEB_2) -> tuple[str, str]:
    return "web", target(wish, slot).name


def servers(bench: Bench) -> dict[str, ServerState]:
    return {server.host: server for server in bench.proxy().serving}


def status_of(bench: Bench, wish: Desired) -> str:
    """What HAProxy says of the first server."""
    return servers(bench)[target(wish).name].status


def spares(bench: Bench) -> int:
    return sum(server.is_idle for server in bench.proxy().servers)


@pytest.fixture
def two(topology: Bench) -> Desired:
    """The second server's container runs, and HAProxy knows nothing of it."""
    wish = topology.wish(replicas=2)
    made_two = made(wish, WEB_2)[-1:]
    topology.do(*made_two, a.StartContainer(target(wish, WEB_2)))
    return wish


def test_a_server_joins_and_leaves(topology: Bench, two: Desired) -> None:
    _, host = key(two)
    wait = a.AwaitServers(proxy_target(two), (key(two),), (target(two, WEB_2),))
    assert (set(servers(topology)), spares(topology)) == ({target(two).name}, 4)
    topology.do_twice(put(two, "check"))
    assert (set(servers(topology)), spares(topology)) == ({target(two).name, host}, 3)
    assert not servers(topology)[host].takes_traffic
    topology.do_twice(wait)
    assert servers(topology)[host].status == "DRAIN"
    topology.do_twice(put(two, "ready"), wait)
    joined = servers(topology)[host]
    assert (joined.status, joined.takes_traffic, joined.is_proven) == ("UP", True, True)
    address = topology.one(slot=WEB_2).networks[f"{topology.topology}-front"].address
    assert joined.address == f"{address}:8080"
    topology.do_twice(put(two, "drain"))
    drained = servers(topology)[host]
    assert (drained.status, drained.is_drained, drained.takes_traffic) == ("DRAIN", True, False)
    topology.do_twice(a.AwaitIdle(proxy_target(two), (key(two),), 5.0))
    topology.do_twice(put(two, "gone"))
    assert (set(servers(topology)), spares(topology)) == ({target(two).name}, 4)
    assert servers(topology)[target(two).name].status == "UP"


def test_a_server_takes_the_place_of_another(topology: Bench, two: Desired) -> None:
    """A check that passed for the old one proves nothing of the new one."""
    old, (_, host) = target(two).name, key(two)
    topology.do(put(two, "gone", WEB_1))
    assert servers(topology) == {}
    topology.do(put(two, "ready"), a.AwaitServers(proxy_target(two), (key(two),)))
    assert set(servers(topology)) == {host}
    topology.hand.sicken(old)
    topology.do(put(two, "check", WEB_1))
    topology.patience = Patience(timeout_s=2.0)
    wait = a.AwaitServers(proxy_target(two), (key(two, WEB_1),), (target(two),))
    assert topology.fail(wait).code == "servers-down"
    assert servers(topology)[host].is_up


def test_a_container_that_is_removed_meanwhile_is_not_waited_for(
    topology: Bench, two: Desired
) -> None:
    topology.do(put(two, "check"))
    topology.hand.remove(target(two, WEB_2).name)
    wait = a.AwaitServers(proxy_target(two), (key(two),), (target(two, WEB_2),))
    error = topology.fail(wait)
    assert (error.code, "removed meanwhile" in error.message) == ("not-ready", True)


def test_a_server_without_a_check_gets_no_traffic_until_its_address_is_known(bench: Bench) -> None:
    """Until then it has the address that it had as a spare one: HAProxy's own."""
    bench.apply(bench.wish(check="false"))
    wish = bench.wish(check="false", replicas=2)
    bench.do(*made(wish, WEB_2)[-1:], a.StartContainer(target(wish, WEB_2)))
    link = bench.one(wish, WEB_2).networks[f"{bench.topology}-front"]
    bench.do(put(wish, "ready"))
    _, host = key(wish)

    def taking_traffic() -> str:
        server = servers(bench)[host]
        return server.address if server.is_up and server.takes_traffic else ""

    assert await_true(taking_traffic, "it gets traffic") == f"{link.address}:8080"


@pytest.mark.parametrize("aim", ["adjust", "ready"])
def test_weight_and_limit(topology: Bench, aim: Aim) -> None:
    wish = topology.wish()
    host = target(wish).name
    for weight, maxconn in ((5, 9), (0, 1), (256, 9), (1, 0)):
        topology.do_twice(put(wish, aim, WEB_1, weight=weight, maxconn=maxconn))
        server = servers(topology)[host]
        assert (server.weight, server.maxconn or 0) == (weight, maxconn)
        assert server.takes_traffic
    topology.do_twice(put(wish, aim, WEB_1, maxconn=3))  # the other one stays as it is
    assert (servers(topology)[host].weight, servers(topology)[host].maxconn) == (1, 3)


def test_what_becomes_of_amounts_when_a_server_leaves(topology: Bench, two: Desired) -> None:
    """The next one in its place has amounts of its own."""
    topology.do(put(two, "ready", weight=7, maxconn=7), put(two, "gone"))
    topology.do(put(two, "ready", weight=1, maxconn=0))
    server = servers(topology)[key(two)[1]]
    assert (server.weight, server.maxconn) == (1, None)


def test_a_host_that_is_not_there_cannot_leave(topology: Bench) -> None:
    wish = topology.wish()
    before = servers(topology).keys()
    settings = tuple(ServerSetting("web", "nobody", aim) for aim in ("gone", "adjust"))
    topology.do_twice(a.SetServers(proxy_target(wish), settings))
    assert servers(topology).keys() == before
    assert spares(topology) == 4


def test_more_than_there_are_spare_servers(topology: Bench) -> None:
    wish = topology.wish()
    hosts = [f"nobody-{number}" for number in range(5)]
    for backend, some in (("web", hosts), ("other", hosts[:1])):
        settings = tuple(ServerSetting(backend, host, "check") for host in some)
        error = topology.fail(a.SetServers(proxy_target(wish), settings))
        assert error.code == "no-spare-server"
        assert f"`{backend}`" in error.message
    assert spares(topology) == 4
    topology.do(
        a.SetServers(
            proxy_target(wish), tuple(ServerSetting("web", host, "check") for host in hosts[:4])
        )
    )
    assert spares(topology) == 0


def test_many_at_once(topology: Bench) -> None:
    """More commands than fit into a line, and into HAProxy's buffer."""
    wish = topology.wish()
    assert wish.proxy is not None
    (backend,) = wish.proxy.backends
    roomy = render_config(replace(wish.proxy, backends=(replace(backend, least_spares=100),)))
    topology.do(a.ReloadProxy(proxy_target(wish), roomy, None))
    hosts = [f"nobody-{number}-{'x' * 50}" for number in range(100)]
    settings = tuple(ServerSetting("web", host, "check", 7, 9) for host in hosts)
    topology.do_twice(a.SetServers(proxy_target(wish), settings))
    there = servers(topology)
    assert {(there[host].weight, there[host].maxconn) for host in hosts} == {(7, 9)}
    assert spares(topology) == 0


def test_what_haproxy_refuses(topology: Bench) -> None:
    error = topology.fail(put(topology.wish(), "adjust", WEB_1, weight=300))
    assert error.code == "haproxy-refused"
    assert "Absolute weight can only be between 0 and 256" in error.message


def test_a_weight_that_a_static_algorithm_does_not_take(topology: Bench) -> None:
    topology.file = topology.file.replace(
        "    check: {check}", "    check: {check}\n    balance: source"
    )
    wish = topology.wish()
    topology.apply(wish)
    error = topology.fail(put(wish, "adjust", WEB_1, weight=7))
    assert error.code == "haproxy-refused"
    assert "static LB algorithm" in error.message


# -- what is written -------------------------------------------------------------------------


def write(wish: Desired) -> a.WriteServers:
    assert wish.proxy is not None
    (backend,) = wish.proxy.backends
    return a.WriteServers(proxy_target(wish), "web", server_lines(wish.proxy, backend))


def test_servers_are_written_and_not_loaded(topology: Bench, two: Desired) -> None:
    before, after = topology.wish().config(), two.config()
    assert before is not None
    assert after is not None
    topology.do_twice(write(two))
    proxy = topology.proxy()
    assert proxy.running is not None
    assert (proxy.config, proxy.written_digest) == (after.text, after.digest)
    assert (proxy.running.digest, proxy.running.structure) == (before.digest, after.structure)
    assert set(servers(topology)) == {target(two).name}
    topology.hand.reload(proxy_target(two).name)
    topology.do(a.AwaitProxy(proxy_target(two), after.digest))
    assert set(servers(topology)) == {target(two).name, target(two, WEB_2).name}
    topology.do(write(topology.wish()))
    assert topology.proxy().config == before.text


def test_a_configuration_that_was_edited_is_not_written(topology: Bench) -> None:
    wish = topology.wish()
    config = wish.config()
    assert config is not None
    edited = config.text.replace("retries 3", "retries 2")
    topology.hand.edit_config(proxy_target(wish).name, edited)
    assert topology.fail(write(wish)).code == "haproxy-edited"
    assert topology.proxy().config == edited


# -- waits -----------------------------------------------------------------------------------


def test_waiting_for_servers(topology: Bench) -> None:
    wish = topology.wish()
    wait = a.AwaitServers(proxy_target(wish), (key(wish, WEB_1),), (target(wish),))
    topology.do_twice(wait)
    topology.hand.sicken(target(wish).name)
    topology.patience = Patience(timeout_s=0.5)
    await_true(lambda: status_of(topology, wish) != "UP", "HAProxy has seen it")
    error = topology.fail(wait)
    assert error.code == "servers-down"
    assert "1 of 1 servers" in error.message
    assert error.details[0].startswith(f"{target(wish).name}: DOWN")
    error = topology.fail(a.AwaitServers(proxy_target(wish), (("web.next", "web-2"),)))
    assert error.code == "servers-down"
    assert error.details == ("web-2: not known to HAProxy",)


def test_a_container_that_has_ended_is_not_waited_for(topology: Bench) -> None:
    wish = topology.wish()
    topology.hand.kill(target(wish).name)
    await_true(lambda: status_of(topology, wish) != "UP", "HAProxy has seen it")
    wait = a.AwaitServers(proxy_target(wish), (key(wish, WEB_1),), (target(wish),))
    error = topology.fail(wait)
    assert error.code == "not-ready"  # after the wait it is another
    assert error.message == f"{target(wish).name} exited with code 137"


def test_servers_that_stay_up(topology: Bench) -> None:
    wish = topology.wish()
    began = time.monotonic()
    wait = a.AwaitServers(proxy_target(wish), (key(wish, WEB_1),), (target(wish),), None, 0.6)
    topology.do(wait)
    if topology.kind == "docker":
        assert time.monotonic() - began >= 0.6


def test_servers_that_do_not_stay_up(topology: Bench) -> None:
    wish = topology.wish()
    name = target(wish).name
    long = a.AwaitServers(proxy_target(wish), (key(wish, WEB_1),), (target(wish),), None, ENDLESS_S)
    if topology.kind == "memory":  # where nothing happens during a wait
        topology.hand.sicken(name)
    timer = Timer(0.5, topology.hand.sicken, [name])
    timer.start()
    error = topology.fail(long)
    timer.join()
    assert error.code == "servers-down"


def test_waiting_until_a_server_has_nothing_to_do(topology: Bench) -> None:
    wish = topology.wish()
    idle = a.AwaitIdle(proxy_target(wish), (key(wish, WEB_1), ("web", "nobody")), 0.5)
    with topology.hand.hold_connection(proxy_target(wish).name, topology.port):
        topology.do(put(wish, "drain", WEB_1))
        began = time.monotonic()
        topology.do(idle)  # its time is over, and that is no failure
        if topology.kind == "docker":
            assert time.monotonic() - began >= 0.5
            assert servers(topology)[target(wish).name].sessions == 1
    # The client is gone; HAProxy waits for the answer, for as long as `timeout server` says.
    topology.do_twice(a.AwaitIdle(proxy_target(wish), (key(wish, WEB_1),), 30.0))
    assert servers(topology)[target(wish).name].sessions == 0


def test_nobody_is_waited_for_who_cannot_come(topology: Bench) -> None:
    """A server that is down gets no client, whoever sticks to it."""
    wish = topology.wish()
    with topology.hand.send_requests(topology.port, bad=False):
        topology.do(put(wish, "drain", WEB_1))
        topology.hand.sicken(target(wish).name)
        topology.do(a.AwaitIdle(proxy_target(wish), (key(wish, WEB_1),), ENDLESS_S, ENDLESS_S))


LENIENT = Guard(max_errors=0.05, window_s=0.7, min_requests=5)
PATIENT = Guard(max_errors=0.05, window_s=ENDLESS_S, min_requests=5)


def test_a_guard_sees_errors(topology: Bench) -> None:
    wish = topology.wish()
    watched = (key(wish, WEB_1),)
    with topology.hand.send_requests(topology.port, bad=True):
        # As soon as there are requests enough.
        error = topology.fail(a.GuardServers(proxy_target(wish), watched, PATIENT))
    assert error.code == "guard-tripped"
    with topology.hand.send_requests(topology.port, bad=False):
        topology.do(a.GuardServers(proxy_target(wish), watched, LENIENT))  # of what comes from now


def test_a_guard_looks_at_new_servers_only(topology: Bench) -> None:
    wish = topology.wish()
    with topology.hand.send_requests(topology.port, bad=True):
        topology.do(a.GuardServers(proxy_target(wish), (("web", "nobody"),), LENIENT))


def test_a_guard_with_nothing_to_judge_by(topology: Bench) -> None:
    wish = topology.wish()
    topology.do(a.GuardServers(proxy_target(wish), (key(wish, WEB_1),), LENIENT))


def test_a_server_outside_keeps_its_place(bench: Bench) -> None:
    """It is known by its name; it is never a spare one, wherever it points, and is told no host."""
    bench.file = FILE.replace(
        "    port: 8080\n",
        "    port: 8080\n    servers: [{{name: db, address: 127.0.0.1, port: 9}}]\n",
    )
    wish = bench.wish(check="false")
    bench.apply(wish)

    def outside() -> ServerState:
        (found,) = [s for s in bench.proxy(wish).servers if s.name == "db"]
        return found

    def tell(name: str, aim: Aim, **amounts: int) -> a.SetServers:
        setting = ServerSetting("web", name, aim, is_outside=True)
        return a.SetServers(proxy_target(wish), (replace(setting, **amounts),))

    assert (outside().known_as, outside().is_idle, outside().takes_traffic) == ("db", False, True)
    bench.do_twice(tell("db", "drain"))
    assert outside().is_drained
    bench.do_twice(tell("db", "ready", weight=7, maxconn=3), tell("nobody", "ready"))
    seen = outside()
    assert (seen.takes_traffic, seen.weight, seen.maxconn) == (True, 7, 3)
    assert (seen.host, seen.address) == ("127.0.0.1", "127.0.0.1:9")
    more = bench.wish(check="false", replicas=5)
    bench.apply(more)
    assert outside().host == "127.0.0.1"
    assert len([s for s in bench.proxy(more).serving if s.backend == "web"]) == 6
