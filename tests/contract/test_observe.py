"""What an engine shows of a topology, and what it does not."""

from __future__ import annotations

import pytest

from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.spec import PublishedPort, describe, revision_of
from reconciler.engine.memory.observe import HAPROXY_VERSION
from reconciler.plan import actions as a
from reconciler.plan.observed import Holder, Observed
from tests.contract.bench import WEB_1, Bench, made, networks_of
from tests.images import ABSENT, ECHO, HAPROXY, release_of


def test_nothing_is_there(bench: Bench) -> None:
    seen = bench.see(bench.wish(image=ABSENT))
    assert (seen.containers, seen.networks, seen.volumes, seen.proxies) == ((), {}, {}, {})
    assert seen.gaps == ()
    assert set(seen.images) == {HAPROXY}


def test_a_container_that_is_only_created(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish))
    want, seen = wish.containers[WEB_1], bench.see(wish)
    (have,) = seen.containers
    assert (have.slot, have.revision, have.state) == (WEB_1, want.revision, "created")
    assert (have.name, have.given_name) == (want.name, want.name)
    assert have.described == describe(want.spec, {})
    assert have.image_id == seen.images[ECHO]
    assert (have.cpus, have.memory_bytes, have.restart) == (0.5, 64 * 1024**2, "no")
    assert have.stop_grace_s == 2
    assert have.health is None
    front, back = f"{bench.topology}-front", f"{bench.topology}-back"
    assert set(have.networks) == {front, back}
    assert all("web" in link.aliases for link in have.networks.values())
    # Docker learns the network's id when the container starts.
    assert {link.network_id for link in have.networks.values()} == {""}
    assert list(seen.volumes) == [f"{bench.topology}-data"]


def test_a_container_that_runs(running: Bench) -> None:
    seen, have = running.see(), running.one()
    assert have.state == "running"
    assert have.started_at > 0
    for name, link in have.networks.items():
        assert link.network_id == seen.networks[name].id
        assert link.address


def test_networks_by_whose_they_are(bench: Bench) -> None:
    wish = bench.wish()
    front, back = (wish.networks[f"{bench.topology}-{name}"] for name in ("front", "back"))
    bench.do(a.CreateNetwork(front, revision_of(front)))
    bench.hand.add_network(back.name)
    bench.hand.add_network(f"{bench.topology}-nobody-asked")
    seen = bench.see(wish).networks
    assert set(seen) == {front.name, back.name}
    assert seen[front.name].revision == revision_of(front)
    assert seen[back.name].revision is None


def test_a_proxy_that_runs(running: Bench) -> None:
    config = running.wish().config()
    assert config is not None
    proxy = running.proxy()
    assert (proxy.config, proxy.written_digest) == (config.text, config.digest)
    assert proxy.running is not None
    wanted = release_of(HAPROXY) if running.kind == "docker" else HAPROXY_VERSION
    assert proxy.running.version.startswith(wanted)
    assert proxy.running.topology == running.topology
    assert (proxy.running.digest, proxy.running.structure) == (config.digest, config.structure)
    assert proxy.old_workers == 0
    (server,) = proxy.serving
    assert (server.backend, server.name, server.status) == ("web", "web-1", "UP")
    assert (server.host, server.weight, server.maxconn) == (running.one().given_name, 1, None)
    assert server.takes_traffic
    spare = [s for s in proxy.servers if s is not server]
    assert [s.name for s in spare] == [f"web-{number}" for number in range(2, 6)]
    assert {(s.backend, s.status, s.is_idle, s.takes_traffic) for s in spare} == {
        ("web", "MAINT", True, False)
    }
    assert server.check.startswith("L7OK")  # the code is not shown while the next check runs
    address = running.one().networks[f"{running.topology}-front"].address
    assert server.address == f"{address}:8080"


@pytest.mark.parametrize("how", ["pause", "stop"])
def test_a_proxy_that_does_not_run_shows_its_configuration(bench: Bench, how: str) -> None:
    bench.apply(bench.wish())
    getattr(bench.hand, how)(bench.wish().containers[PROXY_SLOT].name)
    config = bench.wish().config()
    assert config is not None
    proxy = bench.proxy()
    assert (proxy.config, proxy.running, proxy.servers) == (config.text, None, ())


def test_a_proxy_whose_sockets_cannot_be_reached_is_a_gap(bench: Bench) -> None:
    bench.apply(bench.wish())
    name = bench.wish().containers[PROXY_SLOT].name
    identity = bench.one(slot=PROXY_SLOT).id
    bench.hand.hide_sockets(name)
    seen = bench.see()
    assert seen.proxies == {}
    (gap,) = seen.gaps
    assert identity[:12] in gap
    assert len(seen.containers) == 2


def test_who_holds_names_and_ports(bench: Bench) -> None:
    wish = bench.wish()
    name = wish.containers[WEB_1].name
    bench.hand.run(name, ports=[PublishedPort("127.0.0.1", bench.port, 8080)])
    seen = bench.see(wish)
    assert seen.containers == ()
    assert set(seen.holders) == {
        Holder("name", name, f"container {name}"),
        Holder("port", f"127.0.0.1:{bench.port}", f"container {name}"),
    }


def test_a_port_of_udp_is_another_one(bench: Bench) -> None:
    wish = bench.wish()
    bench.hand.run(f"{bench.topology}-x", ports=[PublishedPort(None, bench.port, 8080, "udp")])
    assert bench.see(wish).holders == ()


def test_what_is_stopped_holds_its_name_only(bench: Bench) -> None:
    wish = bench.wish()
    name = wish.containers[WEB_1].name
    bench.hand.run(name, ports=[PublishedPort(None, bench.port, 8080)])
    bench.hand.stop(name)
    assert [h.kind for h in bench.see(wish).holders] == ["name"]


def test_nobody_is_looked_for_when_all_runs(running: Bench) -> None:
    assert running.see().holders == ()


def test_the_fingerprint_is_that_of_the_facts(running: Bench) -> None:
    assert running.see().fingerprint == running.see().fingerprint != Observed().fingerprint


def test_other_topologies_are_not_seen(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*networks_of(wish))
    scope = bench.wish(name=f"{bench.topology}x").scope()
    seen = bench.engine.observe(scope)
    assert (seen.networks, seen.volumes, seen.containers) == ({}, {}, ())


def test_topologies_are_found_by_whatever_is_left_of_them(bench: Bench) -> None:
    assert bench.topology not in bench.engine.topologies()
    wish = bench.wish()
    bench.do(*networks_of(wish))
    bench.hand.run(f"{bench.topology}x-of-nobody")
    found = bench.engine.topologies()
    assert bench.topology in found
    assert f"{bench.topology}x" not in found
    assert list(found) == sorted(found)
