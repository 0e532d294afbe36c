"""What a fetched sample is compared with, to words of an `acl` line."""

from __future__ import annotations

from reconciler.haproxy.quoting import quote
from reconciler.haproxy.routing import Pattern


def pattern_words(pattern: Pattern) -> str:
    test = f"{pattern.fetch} -m {pattern.method}"
    if pattern.method in {"found", "bool"}:
        return test
    return f"{test} -- {quote(pattern.value)}"
