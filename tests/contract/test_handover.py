"""HAProxy on a network that is not its own: fixed addresses, and sockets that go to the next."""

from __future__ import annotations

import pytest

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.engine.protocol import Closed
from reconciler.plan import actions as a
from tests.contract.bench import FILE, WEB_1, Bench, made, proxy_target, target
from tests.contract.test_perform import config_of
from tests.images import OTHER_HAPROXY
from tests.integration.support.ports import free_port


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
    old, new = bench.wish_on_host(), bench.wish_on_host(haproxy=OTHER_HAPROXY)
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
    old, new = bench.wish_on_host(), bench.wish_on_host(haproxy=OTHER_HAPROXY)
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
    old, new = bench.wish(), bench.wish(haproxy=OTHER_HAPROXY)
    bench.apply(old)
    bench.do(*made(new, PROXY_SLOT)[-1:], a.WriteConfig(proxy_target(new), config_of(new)))
    told: list[object] = []
    action = a.ReplaceProxy(proxy_target(old), proxy_target(new), config_of(new).digest)
    bench.engine.perform(action, bench.patience, told.append)
    (closed,) = told
    assert isinstance(closed, Closed)
    assert 0 <= closed.for_s < bench.patience.timeout_s


def test_a_proxy_on_an_anchor_has_its_network(bench: Bench) -> None:
    wish = bench.wish_on_anchor()
    bench.apply(wish)
    proxy, anchor = bench.one(wish, PROXY_SLOT), bench.one(wish, ANCHOR_SLOT)
    assert proxy.network_mode == f"container:{anchor.id}"
    assert not proxy.networks
    assert anchor.networks
    assert all(server.is_up for server in bench.proxy(wish).serving)
    assert bench.apply(wish).is_empty


def test_an_anchor_outlives_the_image_of_its_proxy(bench: Bench) -> None:
    bench.apply(bench.wish_on_anchor())
    before, wish = bench.one(slot=ANCHOR_SLOT), bench.wish_on_anchor(haproxy=OTHER_HAPROXY)
    bench.apply(wish)
    assert bench.one(wish, ANCHOR_SLOT).id == before.id
    assert bench.apply(wish).is_empty


@pytest.mark.parametrize("happens", ["kill", "remove", "restart"])
def test_an_anchor_that_ended_is_seen_and_replaced(bench: Bench, happens: str) -> None:
    wish = bench.wish_on_anchor()
    bench.apply(wish)
    anchor = bench.one(wish, ANCHOR_SLOT).name
    if happens == "restart":
        bench.hand.stop(anchor)
        bench.hand.start(anchor)
    else:
        getattr(bench.hand, happens)(anchor)
    plan = bench.apply(wish)
    assert plan.impact is Impact.NONE  # nothing got through before
    assert all(server.is_up for server in bench.proxy(wish).serving)
    assert bench.apply(wish).is_empty


def test_a_proxy_does_not_start_without_its_anchor(bench: Bench) -> None:
    wish = bench.wish_on_anchor()
    bench.apply(wish)
    for slot in (PROXY_SLOT, ANCHOR_SLOT):
        bench.hand.kill(bench.one(wish, slot).name)
    bench.fail(a.StartContainer(proxy_target(wish)))
    bench.apply(wish)
    assert bench.apply(wish).is_empty


def test_anchors_come_and_go_with_their_ports(bench: Bench) -> None:
    for wish in (
        bench.wish_on_anchor(),
        bench.wish_on_anchor(port=free_port()),
        bench.wish_on_anchor(),
    ):
        bench.apply(wish)
        assert bench.apply(wish).is_empty
    bench.file = FILE
    bench.apply(bench.wish())
    assert {str(c.slot) for c in bench.see().containers} == {"haproxy", "web-1"}
    wish = bench.wish_on_anchor()
    bench.apply(wish)
    assert bench.apply(wish).is_empty
