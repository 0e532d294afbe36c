"""Topology files and the haproxy.cfg each one gives, compared exactly and checked by HAProxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from reconciler.diagnostics.diagnostic import Severity
from reconciler.haproxy.config import SENSITIVE_MARK, read_config
from reconciler.haproxy.control.replies import parse_alerts
from reconciler.haproxy.control.sections import diff_config
from reconciler.haproxy.control.versions import explain
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import Kind, forms, key, model_of, step
from reconciler.topology.reading.parse import parse_source
from reconciler.topology.schema import topology_schema
from tests.certificates import make_certificate, make_response
from tests.golden.docker_images import check_all
from tests.golden.rendering import TOPOLOGIES, VARIABLES, load, render
from tests.images import CHECKING_HAPROXIES, OLDEST_HAPROXY

REFUSED_BY_26 = {
    "http3": "HTTP/3 needs QUIC, and this image's HAProxy is built without it",
    "ocsp-update": "`crt-list ocsp-update` needs HAProxy 2.8, and this is 2.6",
}


@pytest.fixture(params=TOPOLOGIES, ids=lambda path: path.stem)
def topology(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_the_config_is_what_it_was(topology: Path) -> None:
    expected = topology.with_suffix(".cfg").read_text(encoding="utf-8")
    assert render(topology).text == expected, "renew: python -m tests.golden.rendering"


def test_no_config_without_a_topology() -> None:
    configs = TOPOLOGIES[0].parent.glob("*.cfg")
    assert {path.stem for path in configs} == {path.stem for path in TOPOLOGIES}


def test_the_config_carries_its_digests(topology: Path) -> None:
    config = render(topology)
    read = read_config(config.text)
    assert read is not None
    assert (read.text, read.digest, read.structure) == (
        config.text,
        config.digest,
        config.structure,
    )
    assert read_config(config.text.replace("retries 3", "retries 4")) is None


@pytest.mark.engine
@pytest.mark.parametrize("image", CHECKING_HAPROXIES.values(), ids=CHECKING_HAPROXIES)
def test_haproxy_accepts_every_config_without_a_warning(image: str) -> None:
    configs = {path.stem: render(path) for path in TOPOLOGIES}
    authority = make_certificate("authority", is_authority=True)
    shop = make_certificate("shop.example.com", signer=authority)
    pem = shop.with_public_key + authority.cert
    # Lists of two topologies may have one name: the longer one serves both.
    files = sorted(
        (file for config in configs.values() for file in config.files),
        key=lambda file: len(file.content),
    )
    instead = {"certificate": pem, "ocsp-response": make_response(shop, authority), "file": pem}
    beside = {file.place.lstrip("/"): instead.get(file.kind, file.content) for file in files}
    texts = {name: config.text for name, config in configs.items()}
    complaints = check_all(image, texts, beside, strictly=True)
    refused = {name for name, text in complaints.items() if text}
    assert refused == (REFUSED_BY_26.keys() if image == OLDEST_HAPROXY else set())
    for name in refused:
        reasons = {explain(a, texts[name], (2, 6)).message for a in parse_alerts(complaints[name])}
        assert reasons == {REFUSED_BY_26[name]}


def test_every_line_comes_from_a_place_in_the_file(topology: Path) -> None:
    config, loaded = render(topology), load(topology)
    for number, line in enumerate(config.lines, start=1):
        path = config.path_of_line(number)
        assert path == line.path
        if path:
            span = loaded.source.span_of(path)
            assert span is not None
            assert span.line <= len(loaded.source.text.splitlines())


def test_the_file_is_valid_by_the_schema(topology: Path) -> None:
    """As an editor sees it: before variables are replaced."""
    raw = parse_source(topology.read_bytes(), "f", dict.fromkeys(VARIABLES, "")).value
    assert raw is not None
    source = load(topology).source
    for path, written in source.variables.items():
        _put(raw, path, written)
    document = json.loads(json.dumps(raw))
    errors = [f"{e.json_path}: {e.message}" for e in _validator().iter_errors(document)]
    assert errors == []


def _put(value: Any, path: tuple[str | int, ...], text: str) -> None:
    for part in path[:-1]:
        value = value[part]
    value[path[-1]] = text


def _validator() -> Draft202012Validator:
    return Draft202012Validator(topology_schema())


def test_every_key_of_the_model_is_in_some_file() -> None:
    """So whatever goes through all of these files goes through all keys."""
    used = {key for path in TOPOLOGIES for key in _keys_in(load(path).source.value, Topology)}
    assert set(_keys_of(Topology, set())) - used == set()


def _keys_in(value: Any, kind: Kind) -> Iterator[tuple[str, str]]:
    """Of which model each key is that is written there."""
    model = model_of(kind)
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for part, item in items:
        if model is not None:
            yield model.__name__, str(part)
        yield from _keys_in(item, step(kind, part))


def _keys_of(model: type[BaseModel], seen: set[type]) -> Iterator[tuple[str, str]]:
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield model.__name__, key(name, field)
        for inner in _models_in(step(model, key(name, field))):
            yield from _keys_of(inner, seen)


def _models_in(kind: Kind) -> Iterator[type[BaseModel]]:
    for form in forms(kind):
        if isinstance(form, type) and issubclass(form, BaseModel):
            yield form
        for argument in get_args(form):
            yield from _models_in(argument)


def test_only_the_stock_of_warnings() -> None:
    for path in TOPOLOGIES:
        assert [d for d in load(path).diagnostics if d.severity is Severity.ERROR] == []


def test_nothing_that_came_from_outside_is_shown() -> None:
    text = render(next(path for path in TOPOLOGIES if path.stem == "outside-values")).text
    shown = "\n".join([*diff_config("", text), *diff_config(text, "")])
    assert SENSITIVE_MARK.strip() in shown
    for name, value in VARIABLES.items():
        if name != "IMAGE":
            assert value in text
            assert value not in shown
