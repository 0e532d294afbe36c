"""A key that is taken has an effect: each one that the golden files show, beside neighbours that
might leave it without."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.desired.compile import compile_topology
from reconciler.topology.load import load_topology
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, kind_at, model_of, step
from tests.golden.rendering import CONTENTS, TOPOLOGIES, VARIABLES, load

WEB = {"image": "shop/web:1.4", "port": 8080, "replicas": 4}
CHECK = ("backends", "web", "check")
ROLLOUT = ("backends", "web", "rollout")
TCP = {"mode": "tcp"}


def shop(frontend: dict[str, Any] | None = None, **backend: Any) -> dict[str, Any]:
    www = {"bind": 80, "default_backend": "web", **(frontend or {})}
    return {"name": "shop", "backends": {"web": {**WEB, **backend}}, "frontends": {"www": www}}


OWNERS = {
    "backend": (shop(), ("backends", "web")),
    "backend of tcp": (shop(TCP, **TCP), ("backends", "web")),
    "backend without a check": (shop(check=False), ("backends", "web")),
    "backend with tls": (shop(tls={"verify": "none"}), ("backends", "web")),
    "frontend": (shop(), ("frontends", "www")),
    "frontend of tcp": (shop(TCP, **TCP), ("frontends", "www")),
    "frontend with tls": (shop({"tls": "a.pem"}), ("frontends", "www")),
    "check": (shop(check={"type": "tcp"}), CHECK),
    "check of http": (shop(check={"path": "/"}), CHECK),
    "check of nothing": (shop(check={"type": "none"}), CHECK),
    "sticky by cookie": (shop(sticky={"by": "cookie"}), ("backends", "web", "sticky")),
    "sticky by source": (shop(sticky={"by": "source"}), ("backends", "web", "sticky")),
    "balance": (shop(balance={"algorithm": "roundrobin"}), ("backends", "web", "balance")),
    "balance by uri": (shop(balance={"algorithm": "uri"}), ("backends", "web", "balance")),
    "rollout": (shop(rollout={"order": "start-first"}), ROLLOUT),
    "rollout, stop first": (shop(rollout={"order": "stop-first"}), ROLLOUT),
    "servers with tls": (shop(tls={"ca": "a.pem"}), ("backends", "web", "tls")),
    "servers that are believed": (shop(tls={"verify": "none"}), ("backends", "web", "tls")),
    "tls": (shop({"tls": {"certificates": ["a.pem"]}}), ("frontends", "www", "tls")),
    "limit": (shop({"rate_limit": {"requests": 5}}), ("frontends", "www", "rate_limit")),
}
SAYS_WHAT_IS_SO = {
    ("Backend", "privileged"),
    ("Backend", "mode"),
    ("Frontend", "mode"),
    ("Check", "type"),
    ("Rollout", "order"),
    ("Rollout", "max_surge"),
    ("Rollout", "max_unavailable"),
    ("Backend", "env_file"),
    ("Backend", "label_file"),
}
"""Shown with their defaults alone, or with files that are empty here."""


@cache
def examples() -> dict[tuple[str, str], list[Any]]:
    """By model and key, the values that the golden files show."""
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for path in TOPOLOGIES:
        for place, value in _keys_in(load(path).source.value, Topology):
            if value not in found[place]:
                found[place].append(value)
    return found


def _keys_in(value: Any, kind: Kind) -> Iterator[tuple[tuple[str, str], Any]]:
    model = model_of(kind)
    if isinstance(value, dict):
        for key, item in value.items():
            if model is not None:
                yield (model.__name__, key), _plain(item)
            yield from _keys_in(item, step(kind, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _keys_in(item, step(kind, index))


def _plain(value: Any) -> Any:
    """As it may be written in JSON, numbers with their text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return (
        [_plain(item) for item in value]
        if isinstance(value, list)
        else getattr(value, "text", value)
    )


def effect_of(topology: dict[str, Any]) -> tuple[str, str] | None:
    """All that comes of it; None when it is refused, or somebody is warned."""
    loaded = load_topology(json.dumps(topology).encode(), "shop.yaml", VARIABLES)
    if loaded.topology is None or loaded.diagnostics:
        return None
    desired = compile_topology(loaded.topology, "/srv", loaded.sensitive, CONTENTS)
    config = desired.config()
    return config.text if config else "", repr(replace(desired, proxy=None))


def _at(topology: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        topology = topology[part]
    return topology


@pytest.mark.parametrize(("base", "path"), OWNERS.values(), ids=OWNERS)
def test_what_is_taken_has_an_effect(base: dict[str, Any], path: tuple[str, ...]) -> None:
    model = model_of(kind_at(Topology, path))
    assert model is not None
    without, idle = effect_of(base), []
    assert without is not None
    for (owner, key), values in examples().items():
        if owner != model.__name__ or (owner, key) in SAYS_WHAT_IS_SO or key in _at(base, path):
            continue
        for value in values:
            changed = copy.deepcopy(base)
            _at(changed, path)[key] = value
            if effect_of(changed) == without:
                idle.append((key, value))
    assert idle == []
