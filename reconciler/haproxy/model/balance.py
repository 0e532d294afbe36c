"""How a backend chooses a server (manual, 4.2 "balance", "hash-type", "hash-balance-factor")."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reconciler.haproxy.model.settings import AGENT_CHECK

_STATIC = frozenset({"static-rr", "source", "uri", "url_param", "hdr", "hash"})
"""Algorithms that take no other weight at run time; but those that hash do, when they hash
consistently."""
_CONSISTENT = "consistent"


class Hash(Struct, frozen=True):
    """What an algorithm that hashes makes of it. "" and None leave HAProxy's default."""

    type: str = ""
    function: str = ""
    balance_factor: int | None = None

    @property
    def is_consistent(self) -> bool:
        return self.type == _CONSISTENT


DEFAULT_HASH = Hash()


def hash_texts(wish: Hash) -> Iterator[str]:
    """Lines of a backend's section, after `balance`."""
    if wish.type:
        yield f"hash-type {wish.type} {wish.function}".rstrip()
    if wish.balance_factor is not None:
        yield f"hash-balance-factor {wish.balance_factor}"


def is_dynamic(balance: str) -> bool:
    """Whether what stands after `balance` takes other weights at run time by itself."""
    return balance.split(maxsplit=1)[0].partition("(")[0] not in _STATIC


def read_weighs(line: str) -> bool | None:
    """What a line of a backend tells of other weights at run time; None for nothing. The last one
    that tells something is right."""
    words = line.split()
    if words[:1] == ["default-server"] and AGENT_CHECK in words:
        return False
    if words[:1] == ["balance"]:
        return is_dynamic(words[1])
    return True if words[:2] == ["hash-type", _CONSISTENT] else None
