"""Lists of addresses and networks: the items that keys take, and the lines of files of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from msgspec import Struct


class WrongLine(Struct, frozen=True):
    """A line of such a file that is no address; lines count from 1."""

    number: int
    text: str


def read_network(text: str) -> str | None:
    """`10.1.2.3/8` as `10.0.0.0/8`; None for what is neither an address nor a network. A zone
    (`fe80::1%eth0`), which may be any text, is none of HAProxy's."""
    try:
        return None if "%" in text else str(ip_network(text, strict=False))
    except ValueError:
        return None


def names_file(item: str) -> bool:
    """Whether an item of a list stands for a file of them; no address begins like one."""
    return item.startswith(("/", "./", "../"))


def parse_addresses(text: str) -> tuple[tuple[str, ...], list[WrongLine]]:
    """An address or a network in each line, each once; `#` and `;` begin comments."""
    found: dict[str, None] = {}
    wrong = []
    for number, item in _items(text):
        network = read_network(item)
        if network is None:
            wrong.append(WrongLine(number, item))
        else:
            found[network] = None
    return tuple(found), wrong


def _items(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        item = re.split("[#;]", line, maxsplit=1)[0].strip()
        if item:
            yield number, item
