"""What a rule changes of a request and its answer on the way, to HAProxy's own model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.diagnostics.place import Path
from reconciler.haproxy.model.known import Known
from reconciler.haproxy.model.routing import ChangeHeader, Rewrite
from reconciler.topology.model.placeholder import Placeholder, parts_of
from reconciler.topology.model.rule import Rule


def compile_rewrites(rule: Rule, path: Path) -> Iterator[Rewrite]:
    """A prefix is taken off before another is put in its place."""
    if rule.strip_prefix is not None:
        prefix = re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", rule.strip_prefix.rstrip("/"))
        at = (*path, "strip_prefix")
        yield Rewrite("replace-path", r"/\2", at, f"^{prefix}(/|$)(.*)$")
    if rule.add_prefix is not None:
        prefix = rule.add_prefix.rstrip("/").replace("\\", r"\\")
        yield Rewrite("replace-path", rf"{prefix}/\1", (*path, "add_prefix"), "^/(.*)$")
    if rule.rewrite is not None:
        to, at = rule.rewrite.to, (*path, "rewrite")
        if rule.rewrite.regex is None:
            yield Rewrite("set-path", to, at)
        else:
            yield Rewrite("replace-path", to, at, rule.rewrite.regex)
    if rule.set_query is not None:
        yield Rewrite("set-query", rule.set_query, (*path, "set_query"))
    if rule.set_method is not None:
        yield Rewrite("set-method", rule.set_method, (*path, "set_method"))


def compile_headers(rule: Rule, path: Path) -> Iterator[ChangeHeader]:
    """Removals first, so that a header can be taken from the client and set anew."""
    for which, of_response in (("", False), ("response_", True)):
        key = f"del_{which}headers"
        for name in getattr(rule, key):
            yield ChangeHeader("del-header", name, None, of_response, (*path, key))
        key = f"replace_{which}headers"
        for name, wish in getattr(rule, key).items():
            at = (*path, key, name)
            yield ChangeHeader("replace-header", name, (wish.to,), of_response, at, wish.regex)
        key = f"set_{which}headers"
        for name, value in getattr(rule, key).items():
            at = (*path, key, name)
            yield ChangeHeader("set-header", name, _with_known(value), of_response, at)
        key = f"add_{which}headers"
        for name, values in getattr(rule, key).items():
            for value in map(_with_known, values):
                yield ChangeHeader("add-header", name, value, of_response, (*path, key, name))


def _with_known(value: str) -> tuple[str | Known, ...]:
    return tuple(
        Known(part.name) if isinstance(part, Placeholder) else part for part in parts_of(value)
    )
