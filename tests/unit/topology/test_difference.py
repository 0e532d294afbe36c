"""What a log says of an edit."""

from __future__ import annotations

import pytest

from reconciler.topology.difference import describe_difference
from reconciler.topology.load import load_topology

BASE = """\
name: shop
backends:
  web: {image: "a:1", port: 80, replicas: 2, env: {TOKEN: "${TOKEN}"}}
frontends:
  www: {bind: 80, default_backend: web}
"""
CASES = {
    ("replicas: 2", "replicas: 3"): "web.replicas 2 → 3",
    ("a:1", "a:2"): "web.image a:1 → a:2",
    ("name: shop", "name: shop\nstats: 8404"): "stats is new",
    ("port: 80", "port: 80, weight: 2"): "web.weight 1 → 2",
    ("port: 80", "port: 80, check: false"): "web.check.type tcp → none",
    ("bind: 80", "bind: [80, 81]"): "www.bind",
    ("name: shop", "# comment\nname: shop"): "",
    ("replicas: 2", "replicas: 3, weight: 4, maxconn: 5, init: true"): None,
}


def difference(after: str, before: str = BASE, value: str = "hunter22") -> str:
    old = load_topology(before.encode(), "t", {"TOKEN": "hunter2"})
    new = load_topology(after.encode(), "t", {"TOKEN": value})
    assert new.topology is not None, new.diagnostics
    return describe_difference(old, new)


@pytest.mark.parametrize(("edit", "said"), CASES.items(), ids=lambda e: str(e)[:40])
def test_edits(edit: tuple[str, str], said: str | None) -> None:
    found = difference(BASE.replace(*edit), value="hunter2")
    if said is None:
        assert found.endswith("and 1 more")
    else:
        assert found == said


def test_a_variable_is_named_and_not_shown() -> None:
    assert difference(BASE) == "web.env.TOKEN"
    assert difference(BASE.replace("${TOKEN}", "plain")) == "web.env.TOKEN"


ELSEWHERE = {
    "env in a list": (BASE.replace('{TOKEN: "${TOKEN}"}', '["TOKEN=${TOKEN}"]'), "web.env.TOKEN"),
    "auth in a list": (BASE + 'stats: {auth: ["me:${TOKEN}"]}\n', "stats.auth.me"),
    "auth in short": (BASE + 'stats: {auth: "me:${TOKEN}"}\n', "stats.auth.me"),
    "a check in short": (
        BASE.replace("port: 80", 'port: 80, check: "/${TOKEN}"'),
        "web.check.path",
    ),
}
"""Short forms: the value stands in the file where the model has nothing, or something larger."""


@pytest.mark.parametrize(("text", "named"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_variable_in_a_short_form_is_not_shown(text: str, named: str) -> None:
    found = difference(text, before=text)
    assert named in found
    assert "hunter" not in found
