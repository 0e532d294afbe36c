"""What is usually wrong with YAML is told in our words, where it is mended."""

from __future__ import annotations

import pytest

from reconciler.topology.load import load_topology

HEAD = "name: shop\nbackends:\n  web:\n"
SAID: dict[str, tuple[str, str]] = {
    "no space": (
        "    image:shop/web:1\n    port: 80\n",
        "4:5 there is no space after `image:`, so that it is no key; write `image: ` and then the value",
    ),
    "no space, and a comment between": (
        "    image:shop/web:1\n\n    # why\n    port: 80\n",
        "4:5 there is no space after `image:`, so that it is no key; write `image: ` and then the value",
    ),
    "too far": (
        "    image: x\n      port: 80\n",
        "5:1 this is indented below `image`, which has a value already; "
        "indent it with 4 spaces, like the line above",
    ),
    "between": (
        "    image: x\n   port: 80\n",
        "5:1 it is indented with 3 spaces, as no line above is; "
        "indent it with 2 spaces or 4 spaces, like the lines that it belongs to",
    ),
    "a tab": (
        "    image: x\n\tport: 80\n",
        "5:1 a tab is no indentation in YAML; indent with spaces",
    ),
    "two colons": (
        "    image: x: y\n",
        "4:13 a text with `: ` in it looks like one more key; put the text in quotes",
    ),
    "a brace": (
        "    env: {A: 1\nfrontends: {}\n",
        "4:10 nothing closes this `{`; put `}` at its end, and `,` between items",
    ),
    "a bracket": (
        "    command: [a, b\n",
        "4:14 nothing closes this `[`; put `]` at its end, and `,` between items",
    ),
    "a quote": (
        '    image: "x\n    port: 80\n',
        '4:12 nothing closes this `"`; put `"` at its end',
    ),
    "an at": ("    image: @x\n", "4:12 a text cannot begin with `@`; put it in quotes"),
    "a percent": ("    image: %x\n", "4:12 a text cannot begin with `%`; put it in quotes"),
}


@pytest.mark.parametrize("what", SAID)
def test_a_mistake(what: str) -> None:
    text, said = SAID[what]
    (found,) = load_topology((HEAD + text).encode(), "shop.yaml", {}).diagnostics
    assert found.code == "yaml-syntax"
    assert found.place.span is not None
    where = f"{found.place.span.line}:{found.place.span.column}"
    assert f"{where} {found.message}; {found.hint}" == said


def test_a_url_is_no_key_without_a_space() -> None:
    text = "    image: x\n    env:\n      A: http://x\n        B: 1\n"
    (found,) = load_topology((HEAD + text).encode(), "shop.yaml", {}).diagnostics
    assert found.message.startswith("this is indented below `A`")
