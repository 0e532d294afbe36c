"""The sections of a file: they may be empty, and each is called what it holds."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from reconciler.topology.model.topology import sections
from reconciler.topology.schema import topology_schema
from tests.unit.topology.loading import messages_of, read


@pytest.mark.parametrize("section", sorted(sections()))
def test_a_section_may_be_empty(section: str) -> None:
    assert messages_of(read(f"name: a\n{section}:\n")) == []
    Draft202012Validator(topology_schema()).validate({"name": "a", section: None})


@pytest.mark.parametrize(
    "section", ["networks", "volumes", "secrets", "configs", "backends", "frontends"]
)
def test_a_key_too_many_is_told_by_what_it_is_in(section: str) -> None:
    found = messages_of(read(f"name: a\n{section}: {{x: {{nothing: 1}}}}\n"))
    wanted = f"unknown-key `nothing` is not a key of a {section.removesuffix('s')}"
    assert any(message.startswith(wanted) for message in found), found
