"""Each field of a container's spec says what is known of it, and all of it holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.impact import EXPLANATION, Impact
from reconciler.desired.marks import fields_of, keys_of
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.options import ContainerOptions
from reconciler.desired.resources import RESOURCE_LIMITS, ResourceLimits
from reconciler.desired.spec import ContainerSpec, describe, is_in_place
from reconciler.engine.docker.translate import create_body
from reconciler.topology.model import Backend
from reconciler.topology.model.anatomy import key, kind_at
from reconciler.topology.model.haproxy import HAProxy
from reconciler.topology.model.options import ContainerOptions as Wish
from tests.unit.desired.test_spec import OTHER, PLAIN

FIELDS = {own.name: own for own in fields_of(ContainerSpec)}
OUT_OF_THE_BODY = {"platform", "files", "hands_over"}
"""A parameter of the request, what is copied into the container, how its sockets are found."""
OF_NO_KEY = {"no_new_privileges", "network_mode", "hands_over", "files", "seccomp"}
"""Of HAProxy's containers alone, or made of more than a key."""


def test_every_impact_is_explained() -> None:
    assert set(EXPLANATION) == set(Impact)


def test_what_docker_changes_in_place() -> None:
    # Docker's update call knows limits and the restart policy; networks are connected live.
    assert {f for f in FIELDS if is_in_place(f)} == {"restart", "networks", *RESOURCE_LIMITS}


def test_no_key_is_of_two_fields() -> None:
    numbers = Counter(path for own in FIELDS.values() for path in keys_of(own))
    assert [path for path, number in numbers.items() if number > 1] == []


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - OF_NO_KEY))
def test_a_field_is_made_of_a_key_that_there_is(name: str) -> None:
    for path in keys_of(FIELDS[name]):
        assert any(kind_at(owner, path) is not None for owner in (Backend, HAProxy)), path


def test_no_option_of_a_container_is_dropped() -> None:
    taken = {path[0] for own in FIELDS.values() for path in keys_of(own)}
    known = {key(name, field) for name, field in Wish.model_fields.items()}
    assert known - taken == set()


def test_a_limit_is_one_wherever_it_stands() -> None:
    for own in fields_of(ResourceLimits):
        assert FIELDS[own.name] is own


def _body(spec: ContainerSpec) -> dict[str, Any]:
    container = DesiredContainer(Slot(SERVER_ROLE, "web", 1), "shop-web-1", spec, "v1:0")
    body = create_body("shop", container, "shop-web-1")
    return body | {"Labels": dict(spec.labels)}


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - OUT_OF_THE_BODY))
def test_docker_is_told(name: str) -> None:
    base = replace(PLAIN, memory_bytes=268_435_456) if name == "memswap_bytes" else PLAIN
    told, plain = _body(replace(base, **{name: OTHER[name]})), _body(base)
    assert told != plain
    place = FIELDS[name].docker
    if place is not None:
        assert place.key in (told["HostConfig"] if place.section == "HostConfig" else told)


@pytest.mark.parametrize("own", fields_of(ContainerOptions), ids=lambda own: own.name)
def test_an_option_is_in_the_revision_and_told_of(own: Any) -> None:
    assert own.impact is Impact.REPLACE
    assert own.name in describe(replace(PLAIN, **{own.name: OTHER[own.name]}), {})
