"""What people do by hand is seen, as what it is."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT
from reconciler.plan.planner import plan_changes
from tests.contract.bench import Bench, proxy_target, target
from tests.images import ECHO, OTHER_HAPROXY


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
