"""Balance algorithms to HAProxy's own words."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.model.balance import Hash
from reconciler.topology.model.balance import Balance


def balance_words(wish: Balance) -> str:
    """The algorithm with its parameters, as HAProxy writes them."""
    return " ".join(_words(wish))


def compile_hash(wish: Balance) -> Hash:
    is_said = wish.hash_type == "consistent" or wish.hash_function is not None
    return Hash(
        type=wish.hash_type if is_said else "",
        function=wish.hash_function or "",
        balance_factor=wish.hash_balance_factor,
    )


def _words(wish: Balance) -> Iterator[str]:
    match wish.algorithm:
        case "hdr":
            yield f"hdr({wish.name})"
            if wish.use_domain_only:
                yield "use_domain_only"
        case "url_param":
            yield f"url_param {wish.name}"
        case "hash":
            yield f"hash {wish.key}"
        case "random":
            yield "random" if wish.draws is None else f"random({wish.draws})"
        case "uri":
            yield "uri"
            yield from _uri_words(wish)
        case other:
            yield other


def _uri_words(wish: Balance) -> Iterator[str]:
    if wish.whole:
        yield "whole"
    if wish.path_only:
        yield "path-only"
    if wish.depth is not None:
        yield f"depth {wish.depth}"
    if wish.len is not None:
        yield f"len {wish.len}"
