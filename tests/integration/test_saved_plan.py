"""`plan --out` and `apply` of what it wrote, in processes of their own."""

from __future__ import annotations

from tests.integration.support import tool
from tests.integration.support.stack import Stack


def _apply_saved(stack: Stack, *options: str) -> tool.Ended:
    return tool.run(["apply", "--yes", *options, "reviewed.plan"], stack.directory, env=stack.env)


def test_a_plan_that_was_reviewed(stack: Stack) -> None:
    stack.plan("--out", "reviewed.plan")
    ended = _apply_saved(stack)
    assert ended.code == 0, ended.text
    stack.assert_converged()
    assert _apply_saved(stack).code == 0, "nothing is left to do"

    stack.backend["env"] = {"GREETING": "hello"}
    stack.plan("--out", "reviewed.plan", "--detailed-exitcode", expect=2)
    before = stack.all_ids()
    stack.backend["env"] = {"GREETING": "goodbye"}
    stack.write()
    refused = _apply_saved(stack)
    assert refused.code == 1
    assert "error[stale-plan]" in refused.err
    assert stack.file.name in refused.err

    stack.backend["env"] = {"GREETING": "hello"}
    stack.write()
    stack.world.api.kill(stack.ids()["web-1"])
    refused = _apply_saved(stack, "--output", "json")
    (failure,) = refused.events[-1]["failures"]
    assert failure["code"] == "stale-plan"
    assert "containers of web: changed since then" in failure["details"]
    assert stack.all_ids() == before

    wrong = _apply_saved(stack, "--no-wait")
    assert (wrong.code, "as it was made" in wrong.err) == (1, True)
