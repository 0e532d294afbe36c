"""What a container is told to be on a network: its addresses."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from reconciler.topology.model.types.scalar import Text, error


def _check_ipv4(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        raise error(
            "bad-value",
            "`{value}` is not an address of IPv4",
            value=value,
            hint="write it like `172.30.7.10`",
        ) from None


def _check_ipv6(value: str) -> str:
    try:
        address = IPv6Address(value)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise error(
            "bad-value",
            "`{value}` is not an address of IPv6",
            value=value,
            hint="write it like `fd00:7::10`",
        ) from None
    return str(address)


def _check_mac(value: str) -> str:
    """Docker takes no other length, and a network no address that is for many at once."""
    text = value.lower().replace("-", ":")
    if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text) is None:
        raise error(
            "bad-value",
            "`{value}` is not a MAC address",
            value=value,
            hint="write it like `02:42:ac:1e:07:0a`",
        )
    if int(text[:2], 16) & 1:
        raise error(
            "bad-value",
            "`{value}` is a MAC address for many at once",
            value=value,
            hint="begin with an even number: `02:42:ac:1e:07:0a`",
        )
    return text


def _check_address(value: str) -> str:
    try:
        if "%" not in value:
            return str(ip_address(value))
    except ValueError:
        pass
    raise error(
        "bad-value", "`{value}` is not an address", value=value, hint="write it like `172.30.7.1`"
    )


Address = Annotated[
    Text,
    AfterValidator(_check_address),
    WithJsonSchema({"type": "string", "examples": ["172.30.7.1", "fd00:7::1"]}),
]
Ipv4 = Annotated[
    Text,
    AfterValidator(_check_ipv4),
    WithJsonSchema({"type": "string", "format": "ipv4", "examples": ["172.30.7.10"]}),
]
Ipv6 = Annotated[
    Text,
    AfterValidator(_check_ipv6),
    WithJsonSchema({"type": "string", "format": "ipv6", "examples": ["fd00:7::10"]}),
]
Mac = Annotated[
    Text,
    AfterValidator(_check_mac),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$",
            "examples": ["02:42:ac:1e:07:0a"],
        }
    ),
]
