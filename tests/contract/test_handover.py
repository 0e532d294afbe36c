"""HAProxy on the host's network: fixed addresses, and sockets that go from one to the next."""

from __future__ import annotations

from reconciler.engine.protocol import Closed
from reconciler.plan import actions as a
from reconciler.plan.desired import PROXY_SLOT
from tests.contract.bench import OTHER, WEB_1, Bench, made, proxy_target, target
from tests.contract.test_perform import config_of


def test_an_address_stays(bench: Bench) -> None:
    wish = bench.wish_on_host()
    (place,) = (p for p in wish.containers[WEB_1].spec.networks if p.address)
    bench.do_twice(*made(wish))
    assert bench.one().networks[place.network].fixed == place.address
    bench.do_twice(a.StartContainer(target(wish)))
    link = bench.one().networks[place.network]
    assert (link.address, link.fixed) == (place.address, place.address)
    assert place.address in bench.see(wish).networks[place.network].taken
    bench.do(a.StopContainer(target(wish), 1.0), a.StartContainer(target(wish)))
    assert bench.one().networks[place.network].address == place.address


def test_a_proxy_on_the_host_is_seen_there(bench: Bench) -> None:
    wish = bench.wish_on_host()
    bench.apply(wish)
    proxy = bench.one(wish, PROXY_SLOT)
    assert proxy.network_mode == "host"
    assert proxy.hands_over
    assert not proxy.networks
    assert bench.apply(wish).is_empty


def test_sockets_are_handed_over(bench: Bench) -> None:
    old, new = bench.wish_on_host(), bench.wish_on_host(haproxy=OTHER)
    bench.apply(old)
    config = config_of(new)
    name = proxy_target(old).name
    bench.do(
        a.CreateContainer(new.containers[PROXY_SLOT], proxy_target(new).name, name),
        a.WriteConfig(proxy_target(new), config),
    )
    bench.do_twice(a.HandOver(proxy_target(old), proxy_target(new), config.digest))
    both = bench.see(new)
    assert [p.running.digest for p in both.proxies.values() if p.running] == [config.digest] * 2
    assert {c.slot for c in both.containers if c.state == "running"} >= {PROXY_SLOT}
    bench.apply(new)
    assert bench.one(new, PROXY_SLOT).name == proxy_target(new).name


def test_a_new_proxy_that_does_not_run_takes_nothing(bench: Bench) -> None:
    old, new = bench.wish_on_host(), bench.wish_on_host(haproxy=OTHER)
    bench.apply(old)
    name = proxy_target(old).name
    bench.do(a.CreateContainer(new.containers[PROXY_SLOT], proxy_target(new).name, name))
    config = config_of(new)  # never written
    error = bench.fail(a.HandOver(proxy_target(old), proxy_target(new), config.digest))
    assert error.code == "handover-failed"
    bench.do(a.AwaitProxy(proxy_target(old), config_of(old).digest))
    states = {c.name: c.state for c in bench.see(new).containers if c.slot == PROXY_SLOT}
    assert states == {name: "running", proxy_target(new).name: "exited"}


def test_a_replacement_tells_how_long_ports_were_closed(bench: Bench) -> None:
    old, new = bench.wish(), bench.wish(haproxy=OTHER)
    bench.apply(old)
    bench.do(*made(new, PROXY_SLOT)[-1:], a.WriteConfig(proxy_target(new), config_of(new)))
    told: list[object] = []
    action = a.ReplaceProxy(proxy_target(old), proxy_target(new))
    bench.engine.perform(action, bench.patience, told.append)
    (closed,) = told
    assert isinstance(closed, Closed)
    assert 0 <= closed.for_s < bench.patience.timeout_s
