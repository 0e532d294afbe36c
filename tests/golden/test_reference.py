"""The reference of all keys is made from the models, and says something of each."""

from __future__ import annotations

from tests.golden.reference import PAGE, Schema, build_reference, examples, keys


def test_the_committed_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == build_reference(), "python -m tests.golden.reference"


def test_every_key_is_described() -> None:
    """The first line below a field is its description, for editors and for the page."""
    silent = [key for key, value in keys(Schema()) if not value.get("description")]
    assert not silent


def test_every_key_has_an_example_that_is_tested() -> None:
    schema = Schema()
    found = examples(schema)
    assert not [key for key, _ in keys(schema) if key not in found], (
        "use it in tests/golden/configs"
    )
