"""Many rules that only look at the host, folded into one: HAProxy looks it up in a map.

A map is searched as a tree, and changes in a running HAProxy. Only rules that follow each other are
folded, and the first of two for one host is the one that counts, so the order of the file holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from reconciler.desired.proxy.routing import HOST
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.haproxy.model.routing import Condition, Pattern, Rule, UseBackend

LEAST_HOSTS = 16
"""Fewer are easier to read as they are written."""


class _Plain(Struct, frozen=True):
    """A rule that sends some hosts to a backend, and does nothing else."""

    rule: Rule
    hosts: tuple[str, ...]
    backend: str


def fold_hosts(frontend: str, rules: Sequence[Rule], files: ProxyFiles) -> tuple[Rule, ...]:
    """The same rules, in which long runs of plain ones are one. Their maps are added to `files`."""
    return tuple(_folded(frontend, rules, files))


def _folded(frontend: str, rules: Sequence[Rule], files: ProxyFiles) -> Iterator[Rule]:
    numbers = itertools.count(1)
    pairs = ((rule, _plain(rule)) for rule in rules)
    for is_plain, group in itertools.groupby(pairs, lambda pair: pair[1] is not None):
        run = list(group)
        plain = [found for _, found in run if found is not None]
        if is_plain and sum(len(one.hosts) for one in plain) >= LEAST_HOSTS:
            yield _looked_up(f"{frontend}-hosts-{next(numbers)}.map", plain, files)
        else:
            yield from (rule for rule, _ in run)


def _plain(rule: Rule) -> _Plain | None:
    if len(rule.conditions) != 1 or not isinstance(rule.act, UseBackend):
        return None
    (condition,), act = rule.conditions, rule.act
    if rule != Rule((condition,), act, rule.path) or condition.negated:
        return None
    if any((pattern.fetch, pattern.method) != (HOST, "str") for pattern in condition.patterns):
        return None
    return _Plain(rule, tuple(pattern.value for pattern in condition.patterns), act.backend)


def _looked_up(name: str, run: Sequence[_Plain], files: ProxyFiles) -> Rule:
    first = run[0].rule
    value = f"{HOST},map_str({files.map(name, _lines(run), first.path)})"
    is_there = Condition((Pattern(value, "found"),), first.conditions[0].path)
    return Rule((is_there,), UseBackend(f"%[{value}]", first.act.path), first.path)


def _lines(run: Iterable[_Plain]) -> bytes:
    backends: dict[str, str] = {}
    for one in run:
        for host in one.hosts:
            backends.setdefault(host, one.backend)
    return "".join(f"{host} {backend}\n" for host, backend in backends.items()).encode()
