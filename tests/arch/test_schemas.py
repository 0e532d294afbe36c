"""`schemas/` is made from the types, and committed. Make it anew after a change:

for name in topology plan diagnostics event status; do
    .venv/bin/reconciler schema $name > schemas/$name.v1.json
done
"""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from reconciler.view.schemas import NAMES, build_schema
from tests.arch.source_tree import ROOT

SCHEMAS = ROOT / "schemas"


@pytest.mark.parametrize("name", NAMES)
def test_committed_schema_is_not_stale(name: str) -> None:
    wanted = json.dumps(build_schema(name), indent=2, ensure_ascii=False) + "\n"
    committed = (SCHEMAS / f"{name}.v1.json").read_text(encoding="utf-8")
    assert committed == wanted, f"`reconciler schema {name} > schemas/{name}.v1.json`"


def test_no_other_files_stand_there() -> None:
    assert {p.name for p in SCHEMAS.iterdir()} == {f"{name}.v1.json" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid_itself(name: str) -> None:
    Draft202012Validator.check_schema(build_schema(name))
