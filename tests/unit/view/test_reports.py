"""Reports are as their readers want them: each is read back by somebody else's parser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from sarif_pydantic import Sarif

from reconciler.desired.compile import compile_topology
from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Place, Span
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from reconciler.topology.load import load_topology
from reconciler.view.reports import github, gitlab, junit, markdown, sarif
from reconciler.view.reports.report import Report

ODD = (
    "say `x` ``` <b>&]]>\x1b[2J\u202e @team [l](http://x) ![p](//x) %0A::error::no, yes: 50%"
    "\n---\n# title"
)
"""What a file, a container or a registry may bring into a report."""
SOURCES = {"shop.yaml": "name: shop\nbackends: 1\n", "dir/a b,c:ä.yaml": "name: b\n"}
DIAGNOSTICS = (
    Diagnostic(
        "unknown-key",
        "`backend` is not a key here",
        "did you mean `backends`?",
        Place(file="shop.yaml", span=Span(2, 1, 9)),
    ),
    Diagnostic("unknown-key", "`backend` is not a key here", place=Place(file="shop.yaml")),
    Diagnostic(
        "unused-network",
        ODD,
        ODD,
        Place(file="dir/a b,c:ä.yaml", span=Span(1, 7, 8)),
        Severity.WARNING,
        details=(ODD,),
        related=(Related(ODD, Place(file="shop.yaml", span=Span(1, 1, 5))),),
    ),
    Diagnostic("engine-lost", "the engine is away"),
)
REPORT = Report(SOURCES, DIAGNOSTICS)
NOTHING = Report(SOURCES, ())


def plan_of(text: str) -> Plan:
    loaded = load_topology(text.encode(), "shop.yaml", {})
    assert loaded.topology is not None, loaded.diagnostics
    return plan_changes(compile_topology(loaded.topology, "/srv"), Observed())


SHOP = """\
name: shop
backends: {web: {image: "echo:1", port: 80, replicas: %d, env: {GREETING: %s}}}
frontends: {www: {bind: 80, default_backend: web}}
"""


# -- github ---------------------------------------------------------------------------------


def commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """As the runner takes them apart: a command in a line, and what is escaped in it."""

    def plain(said: str) -> str:
        for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n")):
            said = said.replace(escape, character)
        return said.replace("%25", "%")

    for line in text.splitlines():
        found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert found is not None, line
        pairs = (pair.split("=", 1) for pair in found[2].split(","))
        yield found[1], {name: plain(value) for name, value in pairs}, plain(found[3])


def test_github() -> None:
    first, whole, odd, away = commands(github.render(REPORT))
    assert first == (
        "error",
        {"file": "shop.yaml", "line": "2", "col": "1", "endColumn": "9", "title": "unknown-key"},
        "`backend` is not a key here\ndid you mean `backends`?",
    )
    assert whole[1] == {"file": "shop.yaml", "line": "1", "title": "unknown-key"}
    assert (odd[0], odd[1]["file"]) == ("warning", "dir/a b,c:ä.yaml")
    assert odd[2].startswith(ODD)
    assert away[1]["file"] == "shop.yaml"
    assert github.render(NOTHING) == ""


def test_github_tells_of_plans() -> None:
    ((kind, properties, said),) = commands(
        github.render(Report(SOURCES, (), (plan_of(SHOP % (2, "a")),)))
    )
    assert (kind, properties) == ("notice", {"title": "plan of shop"})
    assert said.startswith("4 to create, 0 to replace")


# -- gitlab ---------------------------------------------------------------------------------


def issues(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(gitlab.render(report))
    return found


def test_gitlab() -> None:
    found = issues(REPORT)
    for issue in found:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["path"] in SOURCES
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in found}) == len(DIAGNOSTICS)
    assert issues(NOTHING) == []


def test_a_fingerprint_stays_when_lines_move() -> None:
    moved = [Place(file="shop.yaml", path=("a",), span=Span(line, 1, 2)) for line in (3, 30)]
    before, after = (
        issues(Report(SOURCES, (Diagnostic("unknown-key", "x", place=p),))) for p in moved
    )
    assert before[0]["fingerprint"] == after[0]["fingerprint"]


# -- sarif ----------------------------------------------------------------------------------


def test_sarif() -> None:
    (run,) = Sarif.model_validate_json(sarif.render(REPORT)).runs
    assert run.results is not None
    assert run.tool.driver.rules is not None
    ids = [rule.id for rule in run.tool.driver.rules]
    assert ids == sorted({d.code for d in DIAGNOSTICS})
    for result, diagnostic in zip(run.results, DIAGNOSTICS, strict=True):
        assert result.rule_id == diagnostic.code
        assert result.rule_index is not None
        assert ids[result.rule_index] == diagnostic.code
        assert str(result.level).endswith(str(diagnostic.severity).upper())
    assert run.results[0].locations is not None
    where = run.results[0].locations[0].physical_location
    assert where is not None
    assert where.region is not None
    assert (where.region.start_line, where.region.start_column) == (2, 1)
    assert "dir/a%20b%2Cc%3A%C3%A4.yaml" in sarif.render(REPORT)
    (empty,) = Sarif.model_validate_json(sarif.render(NOTHING)).runs
    assert empty.results == []


# -- junit ----------------------------------------------------------------------------------


def test_junit() -> None:
    (suite,) = JUnitXml.fromstring(junit.render(REPORT).encode())
    assert (suite.tests, suite.failures, suite.name) == (2, 1, "haproxy-reconciler")
    shop, other = suite
    assert (shop.name, other.name) == tuple(SOURCES)
    (failure,) = shop.result
    assert failure.message == "3 errors: unknown-key, engine-lost"
    assert "shop.yaml:2:1 [unknown-key]\n`backend` is not a key here" in failure.text
    assert other.is_passed
    assert "<b>&]]>" in other.system_out
    (fine,) = JUnitXml.fromstring(junit.render(NOTHING).encode())
    assert (fine.tests, fine.failures) == (2, 0)


# -- markdown -------------------------------------------------------------------------------


def tokens(text: str) -> list[tuple[str, str]]:
    """What a parser sees: kinds and contents, inside of paragraphs too."""
    found = []
    for token in MarkdownIt("commonmark").parse(text):
        found += [(t.type, t.content) for t in (token.children or [token])]
    return found


def test_what_comes_from_files_is_code_in_markdown() -> None:
    rendered = markdown.render(
        Report(SOURCES, DIAGNOSTICS, (plan_of(SHOP % (2, json.dumps(ODD))),))
    )
    seen = tokens(rendered)
    for kind, content in seen:
        assert kind not in {"link_open", "image", "html_inline"}, content
        if kind not in {"fence", "code_inline"}:
            assert "team" not in content
    html = [content.strip() for kind, content in seen if kind == "html_block"]
    assert html[0] == "<!-- haproxy-reconciler: shop -->"
    assert all(re.match(r"<!-- haproxy|</?details>", content) for content in html)
    assert not set(rendered) & {"\x1b", "\u202e"}


def test_a_plan_in_markdown() -> None:
    rendered = markdown.render(Report(SOURCES, (), (plan_of(SHOP % (2, "a")),)))
    assert rendered.startswith("<!-- haproxy-reconciler: shop -->\n\n### `shop`: 4 to create, ")
    assert "**Impact: none**. " in rendered
    assert "\n+ backend web " in rendered, "a sign comes first, for colours"
    assert markdown.render(NOTHING) == "<!-- haproxy-reconciler: files -->\n\n**2 files valid.**\n"


@pytest.mark.parametrize("number", [1, 3])
def test_markdown_is_bounded(number: int) -> None:
    """Hosts refuse what is longer; what is left out is counted."""
    names = [f"b{i}" for i in range(800)]
    backends = ",".join(f'{n}: {{image: "e:{n}", port: 80}}' for n in names)
    rules = ",".join(f"{{host: {n}.example, backend: {n}}}" for n in names)
    frontends = f"{{www: {{bind: 80, rules: [{rules}]}}}}"
    text = f"name: shop\nbackends: {{{backends}}}\nfrontends: {frontends}\n"
    many = tuple(Diagnostic("unknown-key", f"`{i}` {'x' * 90}") for i in range(1000))
    rendered = markdown.render(Report(SOURCES, many, (plan_of(text),) * number))
    assert len(rendered) < markdown.MOST
    assert rendered.count("more lines") == number + 1
