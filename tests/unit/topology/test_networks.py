"""Networks: what may be said of them, and what becomes of it in Docker."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.spec import NetworkSpec, revision_of
from reconciler.engine.docker.translate import network_body
from tests.unit.topology.loading import read, told

FILE = """\
name: shop
networks:
  n: {network}
backends:
  w: {{image: a, port: 1, networks: {{n: {join}}}{more}}}
frontends: {{f: {{bind: 80, default_backend: w}}}}
"""
POOL = "subnet: 172.30.9.0/24"
ALONE = ", rollout: {order: stop-first}"


def troubles(network: str, join: str = "null", more: str = "") -> list[str]:
    loaded = read(FILE.format(network=network, join=join, more=more))
    return told(loaded)


def body_of(network: str) -> dict[str, Any]:
    loaded = read(FILE.format(network=network, join="null", more=""))
    assert loaded.topology is not None, loaded.diagnostics
    (spec,) = compile_topology(loaded.topology, "/srv").networks.values()
    return network_body("shop", spec, revision_of(spec))


WRONG = {
    "{ipam: {config: [{subnet: 172.30.9.1/24}]}}": "bad-value 3:32 `172.30.9.1/24` is not a subnet; "
    "write its first address and its length: `172.30.7.0/24`, `fd00:7::/64`",
    f"{{ipam: {{config: [{{{POOL}, gateway: 172.30.8.1}}]}}}}": "bad-value 3:56 `172.30.8.1` is not "
    "in `172.30.9.0/24`; write one that is",
    f"{{ipam: {{config: [{{{POOL}, gateway: here}}]}}}}": "bad-value 3:56 `here` is not an address; "
    "write it like `172.30.7.1`",
    f"{{ipam: {{config: [{{{POOL}, ip_range: 172.30.0.0/16}}]}}}}": "bad-value 3:57 `172.30.0.0/16` is "
    "not in `172.30.9.0/24`; write one that is",
    f"{{ipam: {{config: [{{{POOL}, aux_addresses: {{a: b}}}}]}}}}": "bad-value 3:66 `b` is no address of "
    "`172.30.9.0/24`; write one that is",
    f"{{subnet: 172.30.7.0/24, ipam: {{config: [{{{POOL}}}]}}}}": "bad-value 3:55 `subnet` says its "
    "addresses of IPv4 already; leave one of the two out",
    "{ipam: {config: [{subnet: 'fd00::/64'}]}}": "bad-value 3:32 the network has no addresses of "
    "IPv6; write `enable_ipv6: true` beside `ipam`",
    "{external: true, ipam: {}}": "bad-value 3:29 an external network has its `ipam` already; leave "
    "it out, or let this tool make the network",
    "{external: true, labels: {a: b}}": "bad-value 3:31 an external network has its `labels` already; "
    "leave it out, or let this tool make the network",
    "{name: my net}": "bad-name 3:13 Docker cannot have a network or a volume named `my net`; use "
    "letters, digits, `_`, `.` and `-`, with a letter or digit in front",
    "{driver: ''}": "bad-value 3:15 a driver has a name; leave it out for `bridge`",
    "{labels: {io.haproxy-reconciler.x: 1}}": "bad-name 3:16 labels that start with "
    "`io.haproxy-reconciler.` are this tool's own; give the label another name",
    "{external: true, name: host}": "bad-name 3:29 `host` is a network of Docker's own, on which "
    "containers have no names; choose another name; HAProxy alone may be on the host's, by `network: "
    "host`",
    "{external: true, name: bridge}": "bad-name 3:29 `bridge` is a network of Docker's own, on which "
    "containers have no names; leave it out: without a network that it names, a backend is on one of "
    "the topology's",
}


@pytest.mark.parametrize("network", WRONG)
def test_what_is_refused(network: str) -> None:
    assert troubles(network) == [WRONG[network]]


ADDRESSES = {
    "in no pool": (
        f"{{ipam: {{config: [{{{POOL}}}]}}}}",
        "{ipv4_address: 172.30.8.9}",
        "fixed-address 5:55 172.30.8.9 is not in `172.30.9.0/24`, the subnet of `n`; write one of "
        "`172.30.9.0/24`",
    ),
    "the gateway": (
        f"{{ipam: {{config: [{{{POOL}, gateway: 172.30.9.254}}]}}}}",
        "{ipv4_address: 172.30.9.254}",
        "fixed-address 5:55 172.30.9.254 is the host's on `n`; write one of `172.30.9.0/24`",
    ),
    "somebody else's": (
        f"{{ipam: {{config: [{{{POOL}, aux_addresses: {{printer: 172.30.9.9}}}}]}}}}",
        "{ipv4_address: 172.30.9.9}",
        "fixed-address 5:55 172.30.9.9 is `printer`'s on `n`; write one of `172.30.9.0/24`",
    ),
    "one that Docker may give out": (
        f"{{ipam: {{config: [{{{POOL}}}]}}}}",
        "{ipv4_address: 172.30.9.9}",
        "fixed-address 5:55 Docker may give 172.30.9.9 to another container on `n` first; say in "
        "`ip_range` which ones it may give to those that say none",
    ),
    "one of its range": (
        f"{{ipam: {{config: [{{{POOL}, ip_range: 172.30.9.0/25}}]}}}}",
        "{ipv4_address: 172.30.9.9}",
        "fixed-address 5:55 Docker may give 172.30.9.9 to another container on `n` first; one outside "
        "of `ip_range` it gives to nobody by itself",
    ),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses_of_pools(name: str) -> None:
    network, join, told = ADDRESSES[name]
    assert troubles(network, join, ALONE) == [told]


def test_addresses_that_are_free() -> None:
    pools = "{subnet: 172.30.9.0/24, ip_range: 172.30.9.0/25}, {subnet: 'fd00:9::/64', ip_range: 'fd00:9::/80'}"
    network = f"{{enable_ipv6: true, ipam: {{config: [{pools}]}}}}"
    join = "{ipv4_address: 172.30.9.200, ipv6_address: 'fd00:9::5:0:0:9'}"
    assert troubles(network, join, ALONE) == []


def test_two_of_one_name_in_docker() -> None:
    text = FILE.format(network="{name: x}\n  m: {name: x}", join="null, m: null", more="")
    assert told(read(text)) == [
        "bad-name 4:3 networks `n` and `m` are both `x` in Docker; declare it once, and join it by "
        "that name"
    ]


@pytest.mark.parametrize("name", ["Web", "my.net", "a_b-C.9"])
def test_external_networks_are_called_as_docker_lets_them(name: str) -> None:
    text = FILE.format(network="{}", join="null", more="").replace("n:", f"{name}:")
    loaded = read(text.replace(f"{name}: {{}}", f"{name}: {{external: true}}"))
    assert told(loaded) == []
    assert loaded.topology is not None
    assert list(compile_topology(loaded.topology, "/srv").networks) == [name]


def test_what_docker_is_told() -> None:
    whole = body_of(
        "{name: My.Net, driver: macvlan, driver_opts: {parent: eth0}, labels: {team: shop}, "
        "attachable: true, enable_ipv6: true, subnet: 172.30.7.0/24, ipam: {driver: own, "
        "options: {a: b}, config: [{subnet: 'fd00:9::/64', gateway: 'fd00:9::1'}]}}"
    )
    labels = whole.pop("Labels")
    assert labels["team"] == "shop"
    assert whole == {
        "Name": "My.Net",
        "Driver": "macvlan",
        "Internal": False,
        "Attachable": True,
        "EnableIPv6": True,
        "Options": {"parent": "eth0"},
        "IPAM": {
            "Driver": "own",
            "Options": {"a": "b"},
            "Config": [
                {"Subnet": "172.30.7.0/24", "IPRange": "172.30.7.0/25", "Gateway": "172.30.7.1"},
                {"Subnet": "fd00:9::/64", "Gateway": "fd00:9::1"},
            ],
        },
    }
    assert body_of("{}").keys() == {"Name", "Driver", "Internal", "Labels"}


def test_a_label_makes_no_network_anew() -> None:
    labelled = NetworkSpec("shop-n", labels=(("team", "shop"),))
    assert revision_of(labelled) == revision_of(NetworkSpec("shop-n"))
    assert revision_of(NetworkSpec("shop-n", attachable=True)) != revision_of(NetworkSpec("shop-n"))
