"""The settings of a run, which decide what its figures mean; the page says them."""

from __future__ import annotations

DRAIN_TIMEOUT_S = 10
HARD_STOP_AFTER_S = 15
READY_TIMEOUT_S = 10
APPLY_TIMEOUT_S = 12
"""For `--timeout`: how long an apply waits for an image that fails, where `ready_timeout` is not
known."""

PROXIES = ("reconciler-test/haproxy:3.0", "reconciler-test/haproxy:2.6")
ECHO = "reconciler-test/echo:1"
