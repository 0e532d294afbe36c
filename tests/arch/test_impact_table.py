"""Every field of a container has its impact, and the table has no other lines."""

from __future__ import annotations

from dataclasses import fields

from reconciler.desired.impact import CONTAINER_FIELDS, EXPLANATION, Impact, is_in_place
from reconciler.desired.limits import LIMITS
from reconciler.desired.spec import ContainerSpec

FIELDS = [field.name for field in fields(ContainerSpec)]


def test_table_and_spec_have_the_same_fields() -> None:
    assert sorted(CONTAINER_FIELDS) == sorted(FIELDS)


def test_every_impact_is_explained() -> None:
    assert set(EXPLANATION) == set(Impact)


def test_what_docker_changes_in_place() -> None:
    # Docker's update call knows limits and the restart policy; networks are connected live.
    assert {f for f in FIELDS if is_in_place(f)} == {"restart", "networks", *LIMITS}
