"""The daemon as a service: it runs until a signal says so, and systemd is told how it is."""

from __future__ import annotations

import functools
import signal
import time
from collections.abc import Callable

from reconciler.watch.daemon import LONGEST_STOP_S, Daemon
from reconciler.watch.signals import Signals
from reconciler.watch.systemd import Notifier

_ATTEND_S = 5.0
_STEP_S = 0.05
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(daemon: Daemon, follow: Callable[[], None], signals: Signals) -> bool:
    """Run until SIGTERM or SIGINT; SIGHUP looks at everything. Whether all steps have ended."""
    daemon.run(follow, functools.partial(_attend, daemon, signals, Notifier()))
    return _await_end(daemon, signals)


def _attend(daemon: Daemon, signals: Signals, notifier: Notifier) -> None:
    """Answer signals and tell systemd how it is, until somebody asks to stop."""
    notifier.say("READY=1")
    while True:
        for number in signals.wait(notifier.watchdog_s or _ATTEND_S):
            if number is not signal.SIGHUP:
                notifier.say("STOPPING=1")
                return
            daemon.reconcile_now("asked by SIGHUP")
        if not daemon.find_trouble():
            notifier.say("WATCHDOG=1")


def _await_end(daemon: Daemon, signals: Signals) -> bool:
    """Whether the running steps ended, in time and before somebody asked again."""
    end = time.monotonic() + LONGEST_STOP_S
    while not daemon.join(0.0):
        again = [number for number in signals.wait(_STEP_S) if number is not signal.SIGHUP]
        if again or time.monotonic() > end:
            return False
    return True
