"""Conditions on which rule of a frontend was chosen: its number stands in a variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from reconciler.haproxy.model import Frontend
from reconciler.haproxy.model.routing import Rule

T = TypeVar("T")
NONE_YET = "!{ var(txn.rule) -m found }"


def chosen(number: int) -> str:
    return f"{{ var(txn.rule) -m int {number} }}"


def owners(
    frontend: Frontend, own: T | None, of_rule: Callable[[Rule], T | None], key: str
) -> Iterator[tuple[int, T, str]]:
    """The frontend and those of its rules that have a setting of their own, each with its number,
    the setting, and the condition on which it applies.

    0 is the frontend: it is for all requests but those of rules with their own, or with none. Then
    come those rules by their numbers. Conditions end a line, and are empty for all requests.
    """
    rules = list(enumerate(frontend.rules, start=1))
    if own is not None:
        others = [n for n, rule in rules if of_rule(rule) is not None or key in rule.declines]
        numbers = " ".join(map(str, others))
        yield 0, own, f"!{{ var(txn.rule) -m int {numbers} }}" if others else ""
    for number, rule in rules:
        of_this = of_rule(rule)
        if of_this is not None:
            yield number, of_this, chosen(number)
