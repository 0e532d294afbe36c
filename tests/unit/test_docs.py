"""The documentation explains every code, and its examples are what the tool says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.diagnostics.codes import CODES
from reconciler.topology.load import load_topology
from reconciler.topology.reading.layers import Document, Layers
from reconciler.view.diagnostics import render_diagnostic
from reconciler.view.paint import Paint

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: match[2] for match in re.finditer(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
}
EXAMPLES = {
    code: tuple(re.findall(r"^```\w+\n(.*?)^```$", text, re.M | re.S))
    for code, text in SECTIONS.items()
    if "```yaml" in text
}
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
BLOCKS = {
    f"{path.name}:{text.count(chr(10), 0, block.start()) + 1}": block[1]
    for path in PAGES
    if path.name != "diagnostics.md"  # which shows what is wrong
    for text in [path.read_text(encoding="utf-8")]
    for block in re.finditer(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
}
AROUND = b"""
name: shop
backends:
  web: {image: shop/web, port: 8080}
  api: {image: shop/api, port: 8080}
"""
"""What a part of a topology is shown without."""


def test_every_code_is_explained_once_and_nothing_else() -> None:
    assert sorted(re.findall(r"^### (\S+)$", PAGE, re.M)) == sorted(CODES)


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_says_what_the_page_shows(code: str) -> None:
    given, shown = EXAMPLES[code]
    loaded = load_topology(given.encode(), "shop.yaml", {})
    found = next(d for d in loaded.diagnostics if d.code == code)
    lines = render_diagnostic(found, loaded.texts, Paint())
    assert [line.rstrip() for line in lines] == shown.splitlines()


@pytest.mark.parametrize("block", BLOCKS)
def test_a_topology_that_is_shown_is_one(block: str) -> None:
    shown = BLOCKS[block]
    variables = dict.fromkeys(re.findall(r"\$\{(\w+)", shown), "x")
    layers = Layers(overlays=(Document(block, "/", shown.encode()),))
    loaded = load_topology(AROUND, "around.yaml", variables, layers)
    assert loaded.diagnostics == ()


@pytest.mark.parametrize(
    "page", [path for path in PAGES if path.parent == ROOT], ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    """Those between the pages of docs/ are seen to by `make docs`."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", page.read_text(encoding="utf-8"))
    for name, anchor in targets:
        assert (ROOT / name).exists(), name
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)$", (ROOT / name).read_text(encoding="utf-8"))
            assert anchor in {
                re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings
            }
