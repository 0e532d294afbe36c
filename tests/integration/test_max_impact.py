"""`apply --max-impact`, as a pipeline uses it."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from reconciler.view.schemas import build_schema
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack


def test_what_would_do_more_is_refused_and_named(stack: Stack) -> None:
    stack.apply("--max-impact", "none")
    before, workers = stack.all_ids(), stack.world.workers(stack.haproxy)

    stack.backend["env"] = {"GREETING": "hello"}
    refused = stack.apply("--max-impact", "reload", expect=1)
    assert "error[impact-too-high]" in refused.text
    assert "backend web (replace)" in refused.text
    assert "nothing was touched" in refused.text
    assert refused.out.endswith("not converged. 2 of 2 servers up, as before.\n")

    stack.spec["frontends"]["www"]["bind"] = f"127.0.0.1:{free_port()}"
    lines = stack.apply("--max-impact", "replace", "--output", "json", expect=1).events
    for line in lines:
        Draft202012Validator(build_schema("event")).validate(line)
    assert [line["event"] for line in lines] == ["result"]
    (failure,) = lines[0]["failures"]
    assert failure["code"] == "impact-too-high"
    assert failure["message"].endswith("allows: haproxy (interrupt)")
    assert "--max-impact interrupt" in failure["hint"]

    assert stack.all_ids() == before
    assert stack.world.workers(stack.haproxy) == workers
    stack.assert_serves()


def test_what_stays_below_is_done(stack: Stack) -> None:
    stack.apply()
    stack.backend["env"] = {"GREETING": "hello"}
    stack.apply("--max-impact", "replace")
    stack.assert_converged()
