"""Containers that HAProxy sends no traffic to: they roll as others do, and wait for others."""

from __future__ import annotations

from typing import Any

from tests.integration.support.stack import Stack, echo_backend


def _times(stack: Stack) -> dict[str, tuple[str, str]]:
    """Slot to when its container was created and started, as Docker says: they sort."""
    return {slot: (c["Created"], c["State"]["StartedAt"]) for slot, c in stack.by_slot().items()}


def test_workers_roll_and_wait_for_others(stack: Stack) -> None:
    health: dict[str, Any] = {"test": ["CMD", "true"], "interval": "200ms"}
    stack.backend.update(replicas=1, depends_on=["db"])
    worker = echo_backend(replicas=2, depends_on={"web": {"condition": "started"}})
    worker["rollout"] = {"max_surge": 1}
    stack.spec["backends"] |= {"worker": worker, "db": echo_backend(healthcheck=health)}
    stack.apply()
    first = _times(stack)
    assert first["db-1"][1] < first["web-1"][0]
    assert first["web-1"][1] < min(first["worker-1"][0], first["worker-2"][0])

    worker["env"] = {"RELEASE": "2"}
    assert "roll 2 containers, 1 at a time, start first" in stack.plan().out
    stack.apply()
    second = _times(stack)
    assert {slot for slot in first if first[slot] != second[slot]} == {"worker-1", "worker-2"}
    assert second["worker-1"][1] < second["worker-2"][0]

    worker["command"] = []
    worker["entrypoint"] = ["false"]
    failed = stack.apply(expect=1)
    assert "Rolled back: 1 new container removed" in failed.out + failed.err
    assert _times(stack) == second
    assert {c["State"]["Status"] for c in stack.containers()} == {"running"}
    del worker["command"], worker["entrypoint"]
    assert "up to date" in stack.plan().out
