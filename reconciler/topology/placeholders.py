"""Which placeholders a rule has, and where."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.place import Path
from reconciler.topology.model.placeholder import names_in
from reconciler.topology.model.rule import Rule


def placeholders(rule: Rule) -> frozenset[str]:
    return frozenset(name for name, _ in placed_placeholders(rule))


def placed_placeholders(rule: Rule) -> Iterator[tuple[str, Path]]:
    """Each with its place, from the rule down."""
    for key in ("set_headers", "set_response_headers"):
        for header, value in getattr(rule, key).items():
            yield from ((name, (key, header)) for name in names_in(value))
    for key in ("add_headers", "add_response_headers"):
        for header, values in getattr(rule, key).items():
            for at, value in enumerate(values):
                yield from ((name, (key, header, at)) for name in names_in(value))
