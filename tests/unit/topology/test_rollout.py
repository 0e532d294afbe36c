"""`rollout:` of a backend, as people write it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.topology.loading import good, messages_of, read, topology_with, web_of

GOOD: dict[str, dict[str, Any]] = {
    "": {},
    "max_surge: 2": {"max_surge": 2},
    "max_surge: '3'": {"max_surge": 3},
    "max_surge: 50%": {"max_surge": "50%"},
    "max_surge: 100%": {"max_surge": "100%"},
    "max_surge: 0, max_unavailable: 1": {"max_surge": 0, "max_unavailable": 1},
    "max_surge: 0%, max_unavailable: 10%": {"max_surge": "0%", "max_unavailable": "10%"},
    "order: stop-first": {"order": "stop-first"},
    "order: stop-first, max_surge: 0": {"order": "stop-first", "max_surge": 0},
    "order: stop-first, max_unavailable: 2": {"order": "stop-first", "max_unavailable": 2},
    "ready_timeout: 100ms": {"ready_timeout": 0.1},
    "min_ready: 0": {"min_ready": 0.0},
    "min_ready: 1m30s": {"min_ready": 90.0},
    "drain_timeout: 0s": {"drain_timeout": 0.0},
    "on_failure: pause": {"on_failure": "pause"},
    "guard: ": {"guard": {}},
    "guard: {}": {"guard": {}},
    "guard: {max_errors: 2.5%}": {"guard": {"max_errors": 0.025}},
    "guard: {max_errors: 0%, window: 100ms, min_requests: 1}": {
        "guard": {"max_errors": 0.0, "window": 0.1, "min_requests": 1}
    },
    "guard: {max_errors: 100%}": {"guard": {"max_errors": 1.0}},
}


@pytest.mark.parametrize("text", GOOD)
def test_what_is_written(text: str) -> None:
    rollout = web_of(good(topology_with(f"rollout: {{{text}}}"))).rollout
    assert rollout.model_dump(exclude_unset=True) == GOOD[text]


def test_what_is_not_written() -> None:
    rollout = web_of(good(topology_with())).rollout
    assert rollout.model_dump() == {
        "order": "start-first",
        "max_surge": "25%",
        "max_unavailable": None,
        "ready_timeout": None,
        "min_ready": 0.0,
        "drain_timeout": 30.0,
        "on_failure": "rollback",
        "guard": None,
    }
    guard = web_of(good(topology_with("rollout: {guard: {}}"))).rollout.guard
    assert guard is not None
    assert guard.model_dump() == {"max_errors": 0.05, "window": 30.0, "min_requests": 20}


AMOUNT = "is neither a number of containers nor a percentage; write it like `2` or `25%`"
NOT_ONE = "wrong-type a number of containers or a percentage is needed here"
NOBODY = (
    "bad-value with neither surge nor unavailability, nothing can be replaced; allow one of "
    "them: `max_surge: 1`, or `max_unavailable: 1`"
)
NONE_DOWN = (
    "bad-value `stop-first` needs a container that may be unavailable; write "
    "`max_unavailable: 1`, or more"
)
BAD = {
    **{
        f"max_surge: {value}": f"bad-value `{value}` {AMOUNT}"
        for value in ("-1", "101%", "25 %", "2.5", "2.5%", "many", "100000")
    },
    "max_unavailable: x": f"bad-value `x` {AMOUNT}",
    "max_surge: true": NOT_ONE,
    "max_surge: [1]": NOT_ONE,
    "max_surge: ": NOT_ONE,
    "max_surge: 0": NOBODY,
    "max_surge: 0%": NOBODY,
    "max_surge: 0, max_unavailable: 0%": NOBODY,
    "order: stop-first, max_unavailable: 0": NONE_DOWN,
    "order: stop-first, max_unavailable: 0%": NONE_DOWN,
    "order: stop-first, max_surge: 1": "bad-value `stop-first` never has more containers than "
    "`replicas`; leave it out; `max_unavailable` is how many stop at a time",
    "order: stopfirst": "unknown-value `order` cannot be `stopfirst`; did you mean `stop-first`?",
    "on_failure: rollbak": "unknown-value `on_failure` cannot be `rollbak`; did you mean "
    "`rollback`?",
    "on_failure: revert": "unknown-value `on_failure` cannot be `revert`; write rollback or pause",
    "ready_timeout: 5": "bad-duration `5` has no unit; write `5s` for seconds, or use ms, m or h",
    "ready_timeout: 0s": "out-of-range `ready_timeout` is `0s`, and must be at least 100ms",
    "min_ready: 5": "bad-duration `5` has no unit; write `5s` for seconds, or use ms, m or h",
    "drain_timeout: x": "bad-duration `x` is not a length of time; write it like `500ms`, `10s` or "
    "`5m`",
    **{
        f"guard: {{max_errors: {value}}}": f"bad-value `{value}` is not a percentage; write it like "
        "`5%`"
        for value in ("5", "0.05", "101%", "-1%", "5.%", "many")
    },
    "guard: {window: 0s}": "out-of-range `window` is `0s`, and must be at least 100ms",
    "guard: {min_requests: 0}": "out-of-range `min_requests` is `0`, and must be at least 1",
    "guard: {max_eror: 5%}": "unknown-key `max_eror` is not a key of `guard`; did you mean "
    "`max_errors`?",
    "guard: true": "wrong-type `guard` must be a mapping, not `true`; keys here: max_errors, "
    "window, min_requests",
    "max_surg: 1": "unknown-key `max_surg` is not a key of `rollout`; did you mean `max_surge`?",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused(text: str) -> None:
    assert messages_of(read(topology_with(f"rollout: {{{text}}}"))) == [BAD[text]]


@pytest.mark.parametrize(
    ("text", "key"),
    [("order: stop-first, max_unavailable: 0", "max_unavailable: 0"), ("max_surge: 0", "0")],
)
def test_where_it_is_shown(text: str, key: str) -> None:
    """At the key that says so, and not at the whole of `rollout`."""
    whole = topology_with(f"rollout: {{{text}}}")
    (found,) = read(whole).diagnostics
    assert found.place.span is not None
    line = whole.splitlines()[found.place.span.line - 1]
    assert line[found.place.span.column - 1 :].startswith(key.rpartition(" ")[2])
