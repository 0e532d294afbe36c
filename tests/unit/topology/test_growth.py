"""Work and words grow with a file as its size does, however wrong it is. Operations are counted:
`benchmarks/growth.py` has the times."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

import pytest

from reconciler.topology.load import load_topology
from reconciler.topology.reading import lines
from reconciler.topology.reading.variables import MAX_EXPANDED
from reconciler.topology.rules import reach
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
from tests.unit.topology.growing import GROWING

FEW, MANY = 200, 1000


class Counting:
    """Stands before a function, and counts its calls."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: object, **named: object) -> object:
        self.calls += 1
        return self.function(*arguments, **named)


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_a_file_with_many_problems(
    make: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = Counting(difflib.SequenceMatcher.quick_ratio)
    monkeypatch.setattr(difflib.SequenceMatcher, "quick_ratio", lambda one: compared(one))  # noqa: PLW0108  # a function is bound
    calls, sizes = [], []
    for number in (FEW, MANY):
        compared.calls = 0
        loaded = load_topology(make(number).encode(), "shop.yaml", {})
        shown = render_diagnostics(loaded.diagnostics, loaded.texts, Paint())
        calls.append(compared.calls)
        sizes.append(sum(map(len, shown)))
        assert len(loaded.diagnostics) <= 101
    assert calls[1] <= 2 * calls[0]
    assert sizes[1] <= 2 * sizes[0] + 1000


@pytest.mark.parametrize("rule", ["path: /{0}", "host: h{0}.example", "path_prefix: /p/{0}"])
def test_rules_are_compared_with_few_others(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Counting(reach._covers)
    monkeypatch.setattr(reach, "_covers", compared)
    calls = []
    for number in (FEW, MANY):
        compared.calls = 0
        rules = "".join(f"    - {{{rule.format(i)}, backend: web}}\n" for i in range(number))
        head = "name: a\nbackends: {web: {image: a, port: 80}}\nfrontends:\n  w:\n    bind: 80\n"
        loaded = load_topology(f"{head}    rules:\n{rules}".encode(), "shop.yaml", {})
        assert loaded.topology is not None
        calls.append(compared.calls)
    assert calls[1] <= calls[0] * MANY / FEW + 100


def test_what_is_left_out_is_counted() -> None:
    loaded = load_topology(GROWING["unknown keys"](MANY).encode(), "shop.yaml", {})
    *told, last = loaded.diagnostics
    assert len(told) == 100
    assert (last.code, last.message) == ("more-problems", "at least 900 more problems are not told")
    assert (
        not load_topology(GROWING["unused"](100).encode(), "a", {})
        .diagnostics[-1]
        .code.startswith("more")
    )


def test_errors_are_told_before_warnings() -> None:
    text = GROWING["unused"](MANY) + "frontends:\n  w: {bind: 80, default_backend: nope}\n"
    codes = {d.code for d in load_topology(text.encode(), "shop.yaml", {}).diagnostics}
    assert codes == {"unused-network", "unknown-backend", "more-problems"}


def test_a_text_is_split_once_for_all_places_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = re.compile("\r\n|[\r\n]")
    lines.split_lines.cache_clear()

    class Pattern:
        split = Counting(pattern.split)

    monkeypatch.setattr(lines, "_LINE_END", Pattern)
    loaded = load_topology(GROWING["contents"](MANY).encode(), "shop.yaml", {})
    render_diagnostics(loaded.diagnostics, loaded.texts, Paint())
    assert 0 < Pattern.split.calls < 5


@pytest.mark.parametrize("text", ["  - ${LONG}\n" * 1000, f"  - {'$LONG' * 1000}\n"])
def test_a_long_variable_that_is_used_often(text: str) -> None:
    data = f"name: shop\nx-a:\n{text}".encode()
    assert load_topology(data, "a", {"LONG": "x" * 1000}).topology is not None
    found = load_topology(data, "a", {"LONG": "x" * (MAX_EXPANDED // 500)}).diagnostics[-1]
    assert found.code == "too-large"
