"""What a fetched sample is compared with, to `acl` lines and their words."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.routing import Condition, Pattern
from reconciler.haproxy.render.quoting import quote


def acl_lines(name: str, condition: Condition) -> Iterator[Line]:
    """A line for each pattern; those of one name are any-of."""
    for pattern in condition.patterns:
        yield Line(f"    acl {name} {pattern_words(pattern)}", condition.path, (condition.path,))


def pattern_words(pattern: Pattern) -> str:
    test = f"{pattern.fetch} -m {pattern.method}" if pattern.method else pattern.fetch
    if pattern.method in {"found", "bool"}:
        return test
    flag = "-i " if pattern.any_case else ""
    return f"{test} {flag}-- {quote(pattern.value)}"
