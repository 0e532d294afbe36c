"""Every case's plan and steps are as its file says."""

from __future__ import annotations

import pytest

from tests.cases.plan.case import Case, all_cases, shown

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.path.stem for case in CASES])
def test_plan(case: Case) -> None:
    content = case.content
    plan, steps = shown(content)
    assert plan == content["expect"].rstrip("\n")
    assert steps == content["steps"].rstrip("\n")
