"""The networks that there are, and how containers join them."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.types.container import DnsNames
from reconciler.topology.model.types.endpoint import Address, Ipv4, Ipv6, Mac
from reconciler.topology.model.types.scalar import DockerName, Pairs, Text, error, listed
from reconciler.topology.model.types.subnet import Subnet, SubnetOfAny, gateway_of, range_of_docker


class Pool(Model):
    """Addresses of a network that Docker gives to containers."""

    subnet: SubnetOfAny
    """All of them: `172.30.7.0/24`, or `fd00:7::/64`."""
    ip_range: SubnetOfAny | None = None
    """Those of them that Docker gives out by itself: `172.30.7.0/25`. All when not given; the rest
    is for containers that say theirs."""
    gateway: Address | None = None
    """The host's own address, or the router's; the first one when not given."""
    aux_addresses: Pairs = Field(default_factory=dict)
    """Addresses that others have there, by any name: `{printer: 172.30.7.9}`."""

    @model_validator(mode="after")
    def _inside(self) -> Self:
        there = ip_network(self.subnet)
        for key, inner in (("ip_range", self.ip_range), ("gateway", self.gateway)):
            if inner is not None and not _is_within(inner, there):
                raise error(
                    "bad-value",
                    "`{value}` is not in `{subnet}`",
                    value=inner,
                    subnet=self.subnet,
                    at=(key,),
                    hint="write one that is",
                )
        for name, text in self.aux_addresses.items():
            if not _is_within(text, there):
                raise error(
                    "bad-value",
                    "`{value}` is no address of `{subnet}`",
                    value=text,
                    subnet=self.subnet,
                    at=("aux_addresses", name),
                    hint="write one that is",
                )
        return self

    def gives(self, address: str) -> bool:
        """Whether Docker may give an address to somebody who says none."""
        return ip_address(address) in ip_network(self.ip_range or self.subnet)


def _is_within(text: str, subnet: IPv4Network | IPv6Network) -> bool:
    try:
        inner = ip_network(text)
    except ValueError:
        return False
    if isinstance(inner, IPv4Network) and isinstance(subnet, IPv4Network):
        return inner.subnet_of(subnet)
    if isinstance(inner, IPv6Network) and isinstance(subnet, IPv6Network):
        return inner.subnet_of(subnet)
    return False


class Ipam(Model):
    """Who gives out a network's addresses, and which, as in Compose."""

    driver: Text = "default"
    """Docker's driver for addresses."""
    config: tuple[Pool, ...] = ()
    """The network's addresses: `[{subnet: 172.30.7.0/24, gateway: 172.30.7.254}]`."""
    options: Pairs = Field(default_factory=dict)
    """Options of the driver."""


def _check_driver(value: str) -> str:
    if not value.strip():
        raise error("bad-value", "a driver has a name", hint="leave it out for `bridge`")
    return value


class Network(Model):
    """A Docker network. `{}` or nothing is a bridge of this topology's own."""

    driver: Annotated[Text, AfterValidator(_check_driver)] = "bridge"
    """Docker's network driver."""
    driver_opts: Pairs = Field(default_factory=dict)
    """What the driver is told: `{com.docker.network.driver.mtu: 1450}`."""
    labels: Pairs = Field(default_factory=dict)
    """Docker labels of your own, which it gets when it is made."""
    external: bool = False
    """The network exists already; it is used under its own name and never changed or removed."""
    name: DockerName | None = None
    """Its name in Docker: the topology's and its own with `-` between when not given, and its own
    for an external one."""
    internal: bool = False
    """No way out of the network to other networks."""
    attachable: bool = False
    """Whether containers that are no services of a swarm may join an overlay network."""
    enable_ipv6: bool = False
    """Give containers an address of IPv6, too. Engines before 27 need a subnet for it in `ipam`."""
    subnet: Subnet | None = None
    """The network's addresses, `172.30.7.0/24`, of which Docker gives out the lower half by itself;
    Docker chooses when not given. HAProxy on the host's network needs it, since only there Docker
    gives out fixed addresses."""
    ipam: Ipam = Ipam.model_construct()
    """More about the addresses, as in Compose; those of IPv4 in place of `subnet`."""

    def docker_name(self, topology: str, name: str) -> str:
        """What Docker calls it, which the file has under `name`."""
        return self.name or (name if self.external else f"{topology}-{name}")

    @property
    def pools(self) -> tuple[Pool, ...]:
        """All that the file says of its addresses."""
        if self.subnet is None:
            return self.ipam.config
        halves = {"ip_range": range_of_docker(self.subnet), "gateway": gateway_of(self.subnet)}
        return (Pool(subnet=self.subnet, **halves), *self.ipam.config)

    @model_validator(mode="after")
    def _only_used(self) -> Self:
        for key in ("subnet", "ipam", "driver_opts", "labels", "attachable", "enable_ipv6"):
            if self.external and key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"an external network has its `{key}` already",
                    at=(key,),
                    hint="leave it out, or let this tool make the network",
                )
        return self

    @model_validator(mode="after")
    def _addresses_said_once(self) -> Self:
        for at, pool in enumerate(self.ipam.config):
            is_ipv6 = ":" in pool.subnet
            if is_ipv6 and not self.enable_ipv6:
                raise error(
                    "bad-value",
                    "the network has no addresses of IPv6",
                    at=("ipam", "config", at, "subnet"),
                    hint="write `enable_ipv6: true` beside `ipam`",
                )
            if not is_ipv6 and self.subnet is not None:
                raise error(
                    "bad-value",
                    "`subnet` says its addresses of IPv4 already",
                    at=("ipam", "config", at, "subnet"),
                    hint="leave one of the two out",
                )
        return self


class Join(Model):
    """A network that containers join."""

    network: DockerName
    """Its name in the file."""
    aliases: DnsNames = ()
    """Names by which others find them there, beside that of the backend."""
    ipv4_address: Ipv4 | None = None
    """The address that the one container has there, of the network's `subnet`. Docker, or HAProxy
    on the host's network, chooses when not given."""
    ipv6_address: Ipv6 | None = None
    """The same of IPv6, of a subnet in `ipam`, or on an external network that has it."""
    mac_address: Mac | None = None
    """Its MAC address there. On another than the first network, Docker 25 and newer take one."""

    @property
    def fixed(self) -> dict[str, str]:
        """What is said here that one container can have at a time, by key."""
        keys = ("ipv4_address", "ipv6_address", "mac_address")
        return {key: value for key in keys if (value := getattr(self, key)) is not None}


def parse_joins(value: Any) -> Any:
    """`front`, `[front, back]`, or Compose's mapping: `{front: {aliases: [shop]}}`."""
    if isinstance(value, dict):
        return [_item(name, more) for name, more in value.items()]
    return [item if isinstance(item, dict) else {"network": item} for item in listed(value)]


def _item(name: Any, more: Any) -> Any:
    if more is not None and not isinstance(more, dict):
        raise error(
            "wrong-type",
            "how a network is joined is a mapping",
            at=(name,),
            hint="write `{aliases: [shop]}`, or a list of names",
        )
    return {"network": name, **(more or {})}


_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
JOINS_SHORT = accepts(
    _NAME,
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "aliases": _NAMES,
                "ipv4_address": {"type": "string", "format": "ipv4"},
                "ipv6_address": {"type": "string", "format": "ipv6"},
                "mac_address": {"type": "string"},
            },
        },
    },
)
Joins = Annotated[
    tuple[Annotated[Join, Field(json_schema_extra=accepts(_NAME))], ...],
    BeforeValidator(parse_joins),
]
