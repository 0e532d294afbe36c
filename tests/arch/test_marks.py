"""Each mark of a key is where it belongs, and who acts by it does so wherever it stands."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from reconciler.topology.load import load_topology
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import (
    Kind,
    Mark,
    forms,
    key,
    keys_with,
    mark_of,
    marks_of,
    model_of,
    step,
)
from reconciler.topology.model.marks import (
    Acts,
    Appends,
    AsksAddress,
    AsPairs,
    ByName,
    Hidden,
    HttpOnly,
    InPlaceOf,
    InTcp,
    Matches,
    OfContainers,
    OnTheWay,
    Protects,
)
from reconciler.topology.model.rule import Rule
from reconciler.topology.reading.merge import Part, merge
from reconciler.view.topology import render_topology
from tests.unit.topology.test_effects import examples


def _models_in(kind: Kind, found: dict[type[BaseModel], None]) -> None:
    model = model_of(kind)
    if model is not None and model not in found:
        found[model] = None
        for name, field in model.model_fields.items():
            _models_in(step(model, key(name, field)), found)
    for form in forms(kind):
        for inner in get_args(form):
            _models_in(inner, found)


def _kinds() -> Iterator[tuple[tuple[str, str], Kind]]:
    models: dict[type[BaseModel], None] = {}
    _models_in(Topology, models)
    for model in models:
        for name, field in model.model_fields.items():
            yield (model.__name__, key(name, field)), step(model, key(name, field))


KINDS = dict(_kinds())
"""By model and key, all that a file may say."""


def marked(mark: type[Mark]) -> dict[tuple[str, str], Mark]:
    return {at: found for at, kind in KINDS.items() if (found := mark_of(kind, mark))}


def _is(kind: Kind, of: type) -> bool:
    origins: set[Any] = {get_origin(form) for form in forms(kind)}
    return of in origins


def _list(*texts: str) -> Part:
    return Part([Part(text) for text in texts])


REPLACES = {"command", "entrypoint", "gpus", "before", "servers", "retry_on"}
"""Lists of a backend that are one thing as a whole, or whose order has a meaning."""


def test_a_list_of_a_backend_appends_or_is_a_whole() -> None:
    lists = {
        name for (model, name), kind in KINDS.items() if model == "Backend" and _is(kind, tuple)
    }
    appends = {name for model, name in marked(Appends) if model == "Backend"}
    raw = {"raw"}  # HAProxy's
    assert lists - appends == REPLACES | raw


@pytest.mark.parametrize("at", marked(Appends), ids=".".join)
def test_what_appends_is_a_list_that_grows(at: tuple[str, str]) -> None:
    assert _is(KINDS[at], tuple)
    merged = merge(_list("x:/a", "y:/b"), _list("x:/a", "z:/c"), KINDS[at])
    assert merged is not None
    assert [item.value for item in merged.value] == ["x:/a", "y:/b", "z:/c"]


@pytest.mark.parametrize("at", marked(AsPairs), ids=".".join)
def test_what_may_be_pairs_is_a_mapping_that_merges(at: tuple[str, str]) -> None:
    assert _is(KINDS[at], dict)
    merged = merge(_list("A=1", "B=2"), Part({"B": Part("3")}), KINDS[at])
    assert merged is not None
    assert {name: item.value for name, item in merged.value.items()} == {"A": "1", "B": "3"}


@pytest.mark.parametrize("at", marked(ByName), ids=".".join)
def test_what_goes_by_name_merges_in_both_forms(at: tuple[str, str]) -> None:
    merged = merge(_list("a"), Part({"b": Part(None)}), KINDS[at])
    assert merged is not None
    assert list(merged.value) == ["a", "b"]


def _refused(base: dict[str, Any], path: tuple[str | int, ...], value: Any) -> set[str]:
    """The codes of what is told of a key, once it is there."""
    changed: Any = copy.deepcopy(base)
    owner = changed
    for part in path[:-1]:
        owner = owner.setdefault(part, {}) if isinstance(owner, dict) else owner[part]
    owner[path[-1]] = value
    loaded = load_topology(json.dumps(changed).replace("$", "$$").encode(), "shop.yaml", {})
    return {
        d.code for d in loaded.diagnostics if path[-1] in d.place.path or d.place.path == path[:-1]
    }


ELSEWHERE = {"name": "shop", "backends": {"web": {"servers": "192.0.2.7:80"}}}
TCP: dict[str, Any] = {
    "name": "shop",
    "backends": {"web": {"image": "a", "port": 80, "mode": "tcp"}},
    "frontends": {
        "www": {
            "bind": {"port": 80, "tls": {"certificates": ["a.pem"]}},
            "default_backend": "web",
            "mode": "tcp",
        }
    },
}
WHERE_IN_TCP: dict[str, tuple[str | int, ...]] = {
    "Backend": ("backends", "web"),
    "Frontend": ("frontends", "www"),
    "FrontendTimeouts": ("frontends", "www", "timeouts"),
    "Tls": ("frontends", "www", "bind", "tls"),
}


@pytest.mark.parametrize("at", marked(OfContainers), ids=".".join)
def test_what_is_for_containers_is_refused_without(at: tuple[str, str]) -> None:
    codes = [_refused(ELSEWHERE, ("backends", "web", at[1]), value) for value in examples()[at]]
    assert any("no-containers" in found for found in codes), codes


@pytest.mark.parametrize("at", marked(HttpOnly), ids=".".join)
def test_what_is_for_http_is_refused_in_tcp(at: tuple[str, str]) -> None:
    codes = [_refused(TCP, (*WHERE_IN_TCP[at[0]], at[1]), value) for value in examples()[at]]
    assert any("mode-mismatch" in found for found in codes), codes


@pytest.mark.parametrize("key", Rule.model_fields)
def test_a_key_of_a_rule_is_of_its_modes(key: str) -> None:
    mark = mark_of(KINDS["Rule", key], InTcp)
    for value in examples()["Rule", key][:1]:
        for mode in ("tcp", "http"):
            rules = {"rules": [{"deny": True}]} if key not in ACTS else {"rules": [{}]}
            base = copy.deepcopy(TCP)
            base["frontends"]["www"] |= {"mode": mode, **rules}
            base["backends"]["web"]["mode"] = mode
            codes = _refused(base, ("frontends", "www", "rules", 0, key), value)
            has_it = mark is not None if mode == "tcp" else mark is None or not mark.instead
            assert has_it or codes, (mode, value)


ACTS = keys_with(Rule, Acts)


def test_a_key_of_a_rule_says_what_it_is_there_for() -> None:
    parts = [set(keys_with(Rule, mark)) for mark in (Matches, Acts, OnTheWay)]
    whatever_is_done = {"auth", "jwt", "cors", "ignore_case"} | {
        k for k in Rule.model_fields if "response" in k
    }
    assert set().union(*parts, whatever_is_done) == set(Rule.model_fields)
    assert sum(map(len, parts)) + len(whatever_is_done) == len(Rule.model_fields)


@pytest.mark.parametrize("at", marked(Protects), ids=".".join)
def test_what_protects_is_never_left_empty(at: tuple[str, str]) -> None:
    base = copy.deepcopy(TCP)
    base["frontends"]["www"] |= {"mode": "http", "rules": [{"deny": True}]}
    base["backends"]["web"]["mode"] = "http"
    below = ("rules", 0) if at[0] == "Rule" else ()
    assert "bad-value" in _refused(base, ("frontends", "www", *below, at[1]), None)


@pytest.mark.parametrize("at", marked(AsksAddress), ids=".".join)
def test_what_asks_for_an_address_is_refused_without(at: tuple[str, str]) -> None:
    base = copy.deepcopy(TCP)
    base["frontends"]["www"] |= {
        "mode": "http",
        "bind": "unix@/run/shop/a.sock",
        "rules": [{"deny": True}],
    }
    base["backends"]["web"]["mode"] = "http"
    below = ("rules", 0) if at[0] == "Rule" else ()
    path = ("frontends", "www", *below, at[1])
    codes = [_refused(base, path, value) for value in [*examples()[at], 5]]
    assert any("no-address" in found for found in codes), codes


def test_no_key_of_composes_is_one_of_ours() -> None:
    for (model, name), kind in KINDS.items():
        for mark in marks_of(kind):
            if isinstance(mark, InPlaceOf):
                assert (model, mark.key) not in KINDS, name


@pytest.mark.parametrize("at", marked(Hidden), ids=".".join)
def test_what_is_hidden_is_shown_nowhere(at: tuple[str, str]) -> None:
    assert at == ("FileSource", "content")
    source = {"content": "hunter2"}
    tls = {"certificates": [{"cert": "a.pem", "password": source}]}
    frontend = {"bind": {"port": 443}, "tls": tls, "nope": 1}
    text = json.dumps({"name": "a", "secrets": {"db": source}, "frontends": {"www": frontend}})
    loaded = load_topology(text.encode(), "shop.yaml", {})
    assert "hunter2" not in loaded.texts["shop.yaml"]
    assert "hunter2" not in "".join(render_topology(loaded.source))
