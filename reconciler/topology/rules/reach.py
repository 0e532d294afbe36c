"""Rules of frontends that decide nothing: earlier ones take all that they match, or nothing can be
what they say."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product
from typing import cast

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.cors import Cors
from reconciler.topology.model.match import Wanted
from reconciler.topology.model.rule import Rule
from reconciler.topology.model.types.address import names_file
from reconciler.topology.model.types.field import ignores_case

_MOST_KINDS = 1000
"""A rule that matches more kinds of requests is not looked at: the search must end soon."""
_LISTS = ("host", "host_regex", "path", "path_prefix", "path_regex", "method", "source", "sni")
_PATHS = ("path", "path_prefix", "path_regex")
_Kind = Mapping[str, str]
"""Requests of one kind: of each list of a rule one item, and one for each named value."""


def _never_reached(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        earlier = _Earlier(frontend)
        path: Path = ("frontends", name, "rules")
        for index, rule in enumerate(frontend.rules):
            if takers := earlier.takers_of(rule):
                which = "an earlier one takes" if len(takers) == 1 else "earlier ones take"
                yield Diagnostic(
                    "unreachable-rule",
                    f"no request reaches this rule of frontend `{name}`: {which} all that it "
                    "matches",
                    "put it before, or take it out",
                    Place((*path, index)),
                    severity=Severity.WARNING,
                    related=tuple(Related("takes them", Place((*path, taker))) for taker in takers),
                )
            earlier.add(index, rule)


def _contradicts_itself(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        for index, rule in enumerate(frontend.rules):
            if rule.path and rule.path_prefix and not any(map(_is_possible, _kinds(rule, {}))):
                yield Diagnostic(
                    "unreachable-rule",
                    f"no request matches this rule of frontend `{name}`: none has such a `path` "
                    "below such a `path_prefix`",
                    "keep one of them",
                    Place(("frontends", name, "rules", index)),
                    severity=Severity.WARNING,
                )


class _Earlier:
    """The rules before one. They are kept by a host and a path of theirs, since most others of a
    long list are for other ones."""

    def __init__(self, frontend: Frontend) -> None:
        self._cors = frontend.cors
        self._by_place: dict[tuple[str, str], list[tuple[int, Rule]]] = defaultdict(list)
        self._halves: dict[str, tuple[str, str]] = {}
        """What parts requests in two, where an earlier rule takes one of them."""

    def add(self, index: int, rule: Rule) -> None:
        if not rule.looks_at or (rule.redirect is not None and rule.redirect.scheme is not None):
            return  # told elsewhere, and one that leaves those who have the scheme already
        self._halves |= {
            key: ("present", "absent") for key, items in _named(rule) if "absent" in items
        }
        if rule.tls is not None:
            self._halves["tls"] = (str(True), str(False))
        paths = rule.path or rule.path_prefix or rule.path_regex or ("",)
        if rule.ignore_case:
            paths = tuple(path.lower() for path in paths)
        for place in product(rule.host or ("",), paths):
            self._by_place[place].append((index, rule))

    def takers_of(self, rule: Rule) -> tuple[int, ...]:
        """Those that take all of it together, by their numbers; none when something is left."""
        found: set[int] = set()
        for kind in filter(_is_possible, _kinds(rule, self._halves)):
            takers = (i for i, a in self._for(kind) if self._takes(a, kind, rule))
            taker = min(takers, default=None)
            if taker is None:
                return ()
            found.add(taker)
        return tuple(sorted(found))

    def _for(self, kind: _Kind) -> Iterator[tuple[int, Rule]]:
        for place in product(_hosts_over(kind), _paths_over(kind)):
            yield from self._by_place.get(place, ())

    def _takes(self, rule: Rule, kind: _Kind, later: Rule) -> bool:
        if rule.method and _is_asked(later, self._cors) and not _is_asked(rule, self._cors):
            return False  # what browsers ask beforehand is left
        return all(
            any(_covers(key, item, kind) for item in items)
            for key, items in (*_listed(rule), *_named(rule))
        )


def _hosts_over(kind: _Kind) -> Iterator[str]:
    """The hosts by which a rule for such requests may be kept: `*.b` is for `a.b`, too."""
    yield ""
    host = kind.get("host", "")
    while host:
        yield host
        host = host.removeprefix("*.").partition(".")[2]
        host = f"*.{host}" if host else ""


def _paths_over(kind: _Kind) -> set[str]:
    """The same of paths: each is below those that it begins with."""
    found = {"", "/"}
    for key in _PATHS:
        path = kind.get(key, "") or kind.get(_in_any_case(key), "")
        parts = path.split("/")
        for number in range(2, len(parts) + 1):
            above = "/".join(parts[:number])
            found |= {above, f"{above}/"}
        found.add(path)
    return found | {path.lower() for path in found}


def _is_asked(rule: Rule, of_frontend: Cors | None) -> bool:
    cors = rule.cors or of_frontend
    return cors is not None and cors.enabled


def _listed(rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key in _LISTS:
        items = cast("tuple[str, ...]", getattr(rule, key))
        if items and rule.ignore_case and key in _PATHS:
            yield _in_any_case(key), tuple(item.lower() for item in items)
        elif items:
            yield key, items
    if rule.tls is not None:
        yield "tls", (str(rule.tls),)


def _in_any_case(key: str) -> str:
    return f"{key} in any case"


def _named(rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, wish in rule.header.items():
        yield f"header {name.lower()}", _ways(wish, ignores_case(name))
    for name, wish in rule.query.items():
        yield f"query {name}", _ways(wish)
    for name, wish in rule.cookie.items():
        yield f"cookie {name}", _ways(wish)


def _ways(wish: Wanted, any_case: bool = False) -> tuple[str, ...]:
    if wish.present is not None:
        return ("present" if wish.present else "absent",)
    values = (f"is {value.lower() if any_case else value}" for value in wish.value)
    return (*values, *(f"like {regex}" for regex in wish.regex))


def _kinds(rule: Rule, halves: Mapping[str, tuple[str, str]]) -> Iterator[_Kind]:
    """All that a rule matches, as kinds that an earlier rule takes as a whole or leaves. Where an
    earlier one is for what has a header not, those with and those without it are two."""
    choices = dict([*_listed(rule), *_named(rule)])
    for key, both in halves.items():
        choices.setdefault(key, both)
    if math.prod(map(len, choices.values())) > _MOST_KINDS:
        return
    for items in product(*choices.values()):
        yield dict(zip(choices, items, strict=True))


def _is_possible(kind: _Kind) -> bool:
    path, prefix = kind.get("path"), kind.get("path_prefix")
    if path is None and prefix is None:
        path, prefix = kind.get(_in_any_case("path")), kind.get(_in_any_case("path_prefix"))
    return path is None or prefix is None or _is_below(path, prefix)


def _covers(key: str, item: str, kind: _Kind) -> bool:
    """Whether every request of the kind has this item of a rule."""
    own = kind.get(key)
    if key == "path_prefix":
        below = (kind.get("path"), own)
        return item == "/" or any(_is_below(path, item) for path in below if path)
    if key.endswith(_in_any_case("")):
        return _covers_in_any_case(key, item, kind)
    if own is None:
        return False
    if key in {"host", "sni"} and item.startswith("*."):
        return own.endswith(item[1:])
    if key == "source":
        return own == item or _is_within(own, item)
    return own == item or (item == "present" and own != "absent")


def _covers_in_any_case(key: str, item: str, kind: _Kind) -> bool:
    """The same as if all were in lower case: what the kind has in either case is covered."""
    lowered = {
        own: kind.get(_in_any_case(own), kind.get(own, "")).lower()
        for own in _PATHS
        if own in kind or _in_any_case(own) in kind
    }
    return _covers(key.removesuffix(_in_any_case("")), item, lowered)


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/")


def _is_within(one: str, other: str) -> bool:
    if names_file(one) or names_file(other):
        return False
    inner, outer = ip_network(one), ip_network(other)
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network):
        return inner.subnet_of(outer)
    return False


REACH_RULES = (_never_reached, _contradicts_itself)
