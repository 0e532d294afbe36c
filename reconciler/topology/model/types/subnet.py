"""The subnets of a network, and the addresses in them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from reconciler.topology.model.types.scalar import Text, error

_LARGEST, _SMALLEST = 8, 28


def _check_subnet(value: str) -> str:
    """Of IPv4: HAProxy finds its servers there, and Docker has IPv6 only where it was set up."""
    try:
        subnet = IPv4Network(value)
    except ValueError:
        raise error(
            "bad-value",
            "`{value}` is not a subnet of IPv4",
            value=value,
            hint="write its first address and its length: `172.30.7.0/24`",
        ) from None
    if not _LARGEST <= subnet.prefixlen <= _SMALLEST:
        raise error(
            "bad-value",
            "`{value}` is too {size} for a network of containers",
            value=value,
            size="large" if subnet.prefixlen < _LARGEST else "small",
            hint=f"choose one between /{_LARGEST} and /{_SMALLEST}",
        )
    return str(subnet)


Subnet = Annotated[
    Text,
    AfterValidator(_check_subnet),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[0-9.]+/[0-9]+$", "examples": ["172.30.7.0/24"]}
    ),
]


def _check_any(value: str) -> str:
    try:
        if "/" in value and "%" not in value:
            return str(ip_network(value))
    except ValueError:
        pass
    raise error(
        "bad-value",
        "`{value}` is not a subnet",
        value=value,
        hint="write its first address and its length: `172.30.7.0/24`, `fd00:7::/64`",
    )


SubnetOfAny = Annotated[
    Text,
    AfterValidator(_check_any),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-9a-fA-F.:]+/[0-9]+$",
            "examples": ["172.30.7.0/24", "fd00:7::/64"],
        }
    ),
]
"""As Docker takes it: of IPv4 or of IPv6, and of any size."""


def gateway_of(subnet: str) -> str:
    """The host's own address on a network."""
    return str(IPv4Network(subnet)[1])


def range_of_docker(subnet: str) -> str:
    """The lower half: for the gateway, and for whoever joins without saying an address."""
    return str(next(IPv4Network(subnet).subnets()))


def fixed_addresses(subnet: str) -> Addresses:
    """The upper half, from which containers get addresses that stay; Docker gives none of them out
    by itself."""
    return Addresses(list(IPv4Network(subnet).subnets())[1])


class Addresses:
    """The addresses of a network but for the last, which is for broadcasts."""

    def __init__(self, network: IPv4Network) -> None:
        self._network = network
        self._broadcast = str(network.broadcast_address)

    @property
    def first(self) -> str:
        return str(self._network[0])

    @property
    def last(self) -> str:
        return str(self._network[len(self) - 1])

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, str)
            and address != self._broadcast
            and (IPv4Address(address) in self._network)
        )

    def __len__(self) -> int:
        return self._network.num_addresses - 1

    def __iter__(self) -> Iterator[str]:
        return (str(self._network[number]) for number in range(len(self)))
