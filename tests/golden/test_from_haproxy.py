"""The page for people who come from haproxy.cfg says what is so."""

from __future__ import annotations

import re

import pytest

from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import kind_at
from tests.golden import from_compose
from tests.golden.from_haproxy import KEYWORDS, PAGE, RAW, Keyword, page
from tests.golden.rendering import DIRECTORY

MAPPED = [keyword for keywords in KEYWORDS.values() for keyword in keywords]
LINES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DIRECTORY.glob("*.cfg")))


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.golden.from_haproxy"


def test_it_has_what_is_used_most() -> None:
    assert len({keyword.text for keyword in MAPPED}) == len(MAPPED) >= 60


@pytest.mark.parametrize("key", sorted({*(keyword.key for keyword in MAPPED), *RAW.values()}))
def test_a_key_exists(key: str) -> None:
    assert kind_at(Topology, tuple(key.split("."))) is not None


@pytest.mark.parametrize("keyword", MAPPED, ids=lambda keyword: keyword.text)
def test_what_is_mapped_is_rendered(keyword: Keyword) -> None:
    assert re.search(keyword.pattern, LINES, re.MULTILINE)


def test_the_page_for_who_comes_from_compose_is_not_stale() -> None:
    text = from_compose.PAGE.read_text(encoding="utf-8")
    assert text == from_compose.page(), "python -m tests.golden.from_compose"
