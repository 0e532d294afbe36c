"""Addresses and ports that the file has for a container: it has them, and so has the next one, or
another backend's when they move."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from reconciler.engine.docker.connect import api_of
from tests.images import ECHO
from tests.integration.support import web
from tests.integration.support.ports import free_port, free_ports, random_name
from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.subnets import free_subnet

STOP_FIRST = {"order": "stop-first"}
MAC, OTHER_MAC = "02:42:ac:1e:07:0a", "02:42:ac:1e:07:0b"


def link_of(stack: Stack, slot: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.by_slot()[slot]["NetworkSettings"]["Networks"]
    return next(link for name, link in found.items() if name.endswith("-back"))


@pytest.mark.long
def test_addresses_stay_change_and_move(stack: Stack) -> None:
    subnet = free_subnet()
    one, two, three = (str(ip_network(subnet)[at]) for at in (200, 201, 202))
    port, inside = free_port(), stack.backend["port"]
    published = f"127.0.0.1:{port}:{inside}"
    stack.spec["networks"] = {"back": {"subnet": subnet}, "front": {}}
    takes_both = api_of(stack.world.api) >= (1, 44)
    stack.backend.update(
        replicas=1,
        networks={
            "back": {"ipv4_address": one},
            "front": {"mac_address": OTHER_MAC} if takes_both else None,
        },
        mac_address=MAC,
        rollout=STOP_FIRST,
        ports=published,
    )
    stack.apply()
    assert link_of(stack, "web-1")["IPAddress"] == one
    told = stack.world.run_in(stack.ids()["web-1"], "sh", "-c", "cat /sys/class/net/eth*/address")
    assert {MAC, OTHER_MAC} - set(told.split()) == (set() if takes_both else {OTHER_MAC})
    assert len(set(told.split())) == 2
    stack.assert_converged()

    first = stack.ids()["web-1"]
    stack.backend["env"] = {"RELEASE": "2"}
    assert stack.plan_document()["impact"] == "interrupt"
    stack.apply()
    assert link_of(stack, "web-1")["IPAddress"] == one
    assert stack.ids()["web-1"] != first
    assert web.get(port).status == stack.get().status == 200
    stack.assert_converged()

    # The address goes to a backend that comes earlier in the file, and the port to one more.
    stack.backend["networks"]["back"]["ipv4_address"] = two
    del stack.backend["ports"]
    taker = echo_backend(replicas=1) | {"rollout": STOP_FIRST}
    stack.spec["backends"] = {
        "taker": taker | {"networks": {"back": {"ipv4_address": one}}},
        **stack.spec["backends"],
        "listener": taker | {"networks": "back", "ports": published},
    }
    stack.apply()
    assert [link_of(stack, f"{name}-1")["IPAddress"] for name in ("taker", "web")] == [one, two]
    assert web.get(port).status == stack.get().status == 200
    stack.assert_converged()

    # Both exchange theirs; and one goes from a backend that the file has no more.
    stack.backend["networks"]["back"]["ipv4_address"] = one
    stack.spec["backends"]["taker"]["networks"]["back"]["ipv4_address"] = two
    del stack.spec["backends"]["listener"]
    stack.spec["backends"]["taker"]["ports"] = published
    stack.apply()
    assert [link_of(stack, f"{name}-1")["IPAddress"] for name in ("taker", "web")] == [two, one]
    assert web.get(port).status == 200
    stack.assert_converged()
    healed_when_put_back_by_hand(stack, two)
    told_when_somebody_has_it(stack, two, three)


def healed_when_put_back_by_hand(stack: Stack, two: str) -> None:
    """With another address than it shall have; that is done in place."""
    there, network = stack.ids()["taker-1"], f"{stack.name}-back"
    stack.world.api.disconnect_container_from_network(there, network)
    stack.world.api.connect_container_to_network(there, network)
    assert "anew" in stack.plan().out
    stack.apply()
    assert link_of(stack, "taker-1")["IPAddress"] == two
    assert stack.ids()["taker-1"] == there


def told_when_somebody_has_it(stack: Stack, two: str, three: str) -> None:
    """Before anything is touched."""
    network = f"{stack.name}-back"
    config = stack.world.api.create_networking_config(
        {network: stack.world.api.create_endpoint_config(ipv4_address=three)}
    )
    other = stack.world.api.create_container(ECHO, name=random_name(), networking_config=config)[
        "Id"
    ]
    try:
        stack.world.api.start(other)
        stack.spec["backends"]["taker"]["networks"]["back"]["ipv4_address"] = three
        said = stack.apply(expect=1)
        assert "error[address-taken]" in said.out + said.err
        assert link_of(stack, "taker-1")["IPAddress"] == two
    finally:
        stack.world.remove(other)
    stack.apply()
    assert link_of(stack, "taker-1")["IPAddress"] == three
    stack.assert_converged()


def test_each_container_has_a_port_of_its_own(stack: Stack) -> None:
    ports, inside = free_ports(3), stack.backend["port"]
    stack.backend.update(
        ports=f"127.0.0.1:{ports[0]}-{ports[-1]}:{inside}", rollout=STOP_FIRST, replicas=2
    )

    def answer_by_slot() -> None:
        ids = stack.ids()
        for number in range(1, stack.backend["replicas"] + 1):
            assert web.get(ports[number - 1]).server == ids[f"web-{number}"][:12]

    stack.apply()
    answer_by_slot()
    stack.assert_converged()
    stack.backend.update(replicas=3, env={"RELEASE": "2"})
    assert stack.plan_document()["impact"] == "replace"
    stack.apply()
    answer_by_slot()
    stack.assert_converged()
    stack.backend.update(replicas=2, ports=f"127.0.0.1:{ports[1]}-{ports[2]}:{inside}")
    ports = ports[1:]
    stack.apply()
    answer_by_slot()
    stack.assert_converged()


def test_networks_of_others_and_options_of_our_own(stack: Stack) -> None:
    """The former are called as Docker lets them, and what it refuses on them is explained."""
    network, own, subnet = f"My.{random_name()}", f"Own.{random_name()}", free_subnet()
    stack.world.api.create_network(network)
    try:
        stack.spec["networks"] = {network: {"external": True}}
        stack.backend.update(
            replicas=1,
            networks={"default": None, network: {"ipv4_address": "192.0.2.10"}},
            rollout=STOP_FIRST,
        )
        said = stack.apply(expect=1)
        assert "error[address-refused]" in said.out + said.err

        there = ip_network(subnet)
        ranges = {"subnet": subnet, "ip_range": str(next(there.subnets(new_prefix=26)))}
        pools = [
            {**ranges, "gateway": str(there[254]), "aux_addresses": {"printer": str(there[9])}},
            {"subnet": "fd00:77::/64"},
        ]
        stack.spec["networks"]["own"] = {
            "name": own,
            "driver_opts": {"com.docker.network.driver.mtu": 1450},
            "labels": {"team": "shop"},
            "attachable": True,
            "enable_ipv6": True,
            "ipam": {"config": pools},
        }
        places = {"ipv4_address": str(there[200]), "ipv6_address": "fd00:77::c8"}
        stack.backend["networks"] = {network: None, "own": places}
        stack.spec["haproxy"]["networks"] = ["own"]
        over_ipv6, www = free_port(), stack.spec["frontends"]["www"]
        www["bind"] = [www["bind"], f"[::1]:{over_ipv6}"]
        stack.apply()
        assert stack.get().status == web.get(over_ipv6, address="::1").status == 200
        stack.assert_converged()
        made = stack.world.api.inspect_network(own)
        assert (made["Attachable"], made["EnableIPv6"], made["Labels"]["team"]) == (
            True,
            True,
            "shop",
        )
        assert made["Options"] == {"com.docker.network.driver.mtu": "1450"}
        assert [place["Subnet"] for place in made["IPAM"]["Config"]] == [subnet, "fd00:77::/64"]
        link = stack.by_slot()["web-1"]["NetworkSettings"]["Networks"][own]
        assert [link["IPAddress"], link["GlobalIPv6Address"]] == list(places.values())
        stack.destroy()
    finally:
        stack.world.api.remove_network(network)
