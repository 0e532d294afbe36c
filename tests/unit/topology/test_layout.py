"""`fmt`: one layout, nothing lost, and the same again when it is done twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from reconciler.topology.reading.parse import parse_source
from reconciler.topology.reading.source import Source
from reconciler.topology.reading.syntax import compose
from reconciler.topology.writing.layout import LayoutError, lay_out
from tests.golden.rendering import TOPOLOGIES
from tests.unit.topology.test_fuzz import SEEDS, mutate_bytes

CASES = {
    "spaces": ("name:   a\nbackends:\n    web: {image:   x,port: 80}\n",
               "name: a\n\nbackends:\n  web: {image: x, port: 80}\n"),
    "order, with the comments above": (
        "# head\n\nbackends:\n  web:\n    port: 1\n    # what it is\n    image: x  # here\n# who\nname: a\n",
        "# head\n\n# who\nname: a\n\nbackends:\n  web:\n    # what it is\n    image: x  # here\n    port: 1\n",
    ),
    "a comment below belongs to what it is level with": (
        "name: a\nbackends:\n  web:\n    image: x\n    # port: 80\n  # api:\n\n\n  job: {image: y}\n",
        "name: a\n\nbackends:\n  web:\n    image: x\n    # port: 80\n  # api:\n\n  job: {image: y}\n",
    ),
    "lists": (
        "name: a\nfrontends:\n  www:\n    rules:\n    - backend: b\n      path_prefix: /a\n    -   deny: true\n",
        "name: a\n\nfrontends:\n  www:\n    rules:\n      - path_prefix: /a\n        backend: b\n      - deny: true\n",
    ),
    "anchors and merges": (
        "name: a\nx-app: &app\n    image: x\nbackends:\n  web:\n    replicas: 2\n    <<: *app\n",
        "name: a\n\nx-app: &app\n  image: x\n\nbackends:\n  web:\n    <<: *app\n    replicas: 2\n",
    ),
    "an anchor stays before what names it": (
        "name: a\nbackends:\n  web:\n    port: &p 80\n    ports: [*p]\n    image: x\n    weight: &w 2\n"
        "    minconn: *w\n    replicas: *w\n",
        "name: a\n\nbackends:\n  web:\n    port: &p 80\n    ports: [*p]\n    image: x\n    weight: &w 2\n"
        "    minconn: *w\n    replicas: *w\n",
    ),
    "block texts": (
        "name: a\nconfigs:\n  c:\n     content: |\n           one\n             two\n\n           # three\n\n",
        "name: a\n\nconfigs:\n  c:\n    content: |\n      one\n        two\n\n      # three\n",
    ),
    "texts in several lines": (
        "name: a\nbackends:\n  web:\n    command: ['a b\n      c', d]\n    image: x\n",
        "name: a\n\nbackends:\n  web:\n    image: x\n    command: ['a b\n      c', d]\n",
    ),
    "flow in several lines": (
        "name: a\nbackends:\n    web:\n        env: {\n          A: 1,  # one\n          B: 2\n        }\n",
        "name: a\n\nbackends:\n  web:\n    env: {\n      A: 1,  # one\n      B: 2\n    }\n",
    ),
    "tags of overlays": (
        "backends:\n  web:\n   ports: !reset\n   env: !override   # all\n     A: 1\n",
        "backends:\n  web:\n    ports: !reset\n    env: !override  # all\n      A: 1\n",
    ),
    "Windows lines": ("name: a\r\nsuspend:  true\r\n", "name: a\nsuspend: true\n"),
}  # fmt: skip
LEFT = {
    "[]\n": "no block mapping",
    "? name\n: a\n": "several lines",
    "name: a\nconfigs:\n  c:\n    content: |+\n      x\n\n": "keeps the blank lines",
}


def _again(text: str) -> str:
    return lay_out(Source("", text))


def _comments(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.strip().startswith("#"))


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_layout(before: str, after: str) -> None:
    assert _again(before) == after
    assert _again(after) == after


@pytest.mark.parametrize(("text", "why"), LEFT.items())
def test_what_is_left_as_it_is(text: str, why: str) -> None:
    with pytest.raises(LayoutError, match=why):
        _again(text)


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.stem)
def test_every_example_says_the_same(path: Path) -> None:
    text = path.read_text()
    after = _again(text)
    first, second = (parse_source(t.encode(), "", {"TOKEN": "x"}) for t in (text, after))
    assert first.value == second.value
    assert _comments(text) == _comments(after)
    assert _again(after) == after


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_lose_nothing(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    done = 0
    while done < 60:
        text = mutate_bytes(chance.choice(SEEDS), chance).decode(errors="ignore")
        source = Source("", text)
        if compose(source) is None or source.diagnostics:
            continue
        done += 1
        try:
            after = _again(text)
        except LayoutError:
            continue
        assert _comments(after) == _comments(text)
        assert _again(after) == after
