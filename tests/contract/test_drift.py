"""What people do by hand is seen, as what it is."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.plan.planner import plan_changes
from tests.contract.bench import FILE, ILL, Bench, proxy_target, target
from tests.images import ECHO, OTHER_HAPROXY
from tests.integration.support.waiting import await_true

WEB_2 = Slot(SERVER_ROLE, "web", 2)


def test_a_container_changed_in_every_way(topology: Bench) -> None:
    hand, name = topology.hand, target(topology.wish()).name
    network = f"{topology.topology}-back"
    hand.set_limits(name, memory_bytes=96 * 1024**2, restart="always")
    have = topology.one()
    assert (have.memory_bytes, have.restart) == (96 * 1024**2, "always")
    hand.disconnect(name, network)
    assert set(topology.one().networks) == {f"{topology.topology}-front"}
    hand.rename(name, f"{topology.topology}-x")
    have = topology.one()
    assert (have.name, have.given_name) == (f"{topology.topology}-x", name)
    hand.pause(have.name)
    assert topology.one().state == "paused"
    hand.kill(have.name)
    assert (topology.one().state, topology.one().exit_code) == ("exited", 137)
    topology.apply(topology.wish())
    assert plan_changes(topology.wish(), topology.see()).is_empty
    hand.stop(name)
    assert (topology.one().state, topology.one().exit_code) == ("exited", 0)
    hand.remove_network(network)
    assert network not in topology.see().networks
    topology.apply(topology.wish())
    assert plan_changes(topology.wish(), topology.see()).is_empty
    hand.remove(name)
    assert [c.slot for c in topology.see().containers] == [PROXY_SLOT]


def test_a_container_that_turns_unhealthy(bench: Bench) -> None:
    """It gets no traffic, at once and for as long as it is so; and then no more than it did."""
    healthcheck = f"    healthcheck: {{{{test: test ! -e {ILL}, interval: 100ms, retries: 1}}}}\n"
    bench.file = FILE.replace("  web:\n", f"  web:\n{healthcheck}    on_unhealthy: drain\n")
    wish = bench.wish(replicas=2)
    bench.apply(wish)
    sick = target(wish).name
    bench.hand.turn_unhealthy(sick)
    await_true(lambda: bench.one(wish).health == "unhealthy", "it is unhealthy")
    assert [change.kind for change in bench.apply(wish).changes] == ["haproxy"]
    assert plan_changes(wish, bench.see(wish)).is_empty
    states = {s.host: (s.status, s.takes_traffic) for s in bench.proxy(wish).serving}
    assert states[sick] == ("MAINT", False)
    assert states[target(wish, WEB_2).name] == ("UP", True)


def test_a_configuration_changed_by_hand(topology: Bench) -> None:
    config, name = topology.wish().config(), proxy_target(topology.wish()).name
    assert config is not None
    edited = config.text.replace("retries 3", "retries 2")
    topology.hand.edit_config(name, edited)
    proxy = topology.proxy()
    assert (proxy.config, proxy.written_digest) == (edited, None)
    assert proxy.running is not None
    assert (proxy.running.digest, proxy.running.structure) == (config.digest, config.structure)
    foreign = config.text.replace(config.digest, "0123456789abcdef")
    topology.hand.edit_config(name, foreign)
    topology.hand.reload(name)
    topology.hand.edit_config(name, config.text)
    proxy = topology.proxy()
    assert proxy.written_digest == config.digest
    assert proxy.running is not None
    assert proxy.running.digest == "0123456789abcdef"


def test_a_tag_that_moved(bench: Bench) -> None:
    tag = f"reconciler-test/{bench.topology}:1"
    bench.hand.move_tag(tag, ECHO)
    before = bench.see(bench.wish(image=tag)).images[tag]
    bench.hand.move_tag(tag, OTHER_HAPROXY)
    assert bench.see(bench.wish(image=tag)).images[tag] != before
