"""Signals as values."""

from __future__ import annotations

import os
import signal
import threading

from reconciler.watch.signals import received
from tests.integration.support.waiting import LONGEST_S


def test_signals_as_values() -> None:
    with received(signal.SIGHUP, signal.SIGTERM) as signals:
        assert signals.wait(0) == []
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.wait(LONGEST_S) == [signal.SIGHUP]
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        assert signals.wait(LONGEST_S) == [signal.SIGTERM]
        timer.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
