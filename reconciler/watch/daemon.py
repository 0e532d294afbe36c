"""The threads of `watch`: one for each topology, one that follows files, those of the engine.

What they do is in keeper.py and follower.py. Here they are started, woken, and ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from reconciler.engine.protocol import Engines, Wakeup
from reconciler.events.news import Noticed
from reconciler.watch.clock import Clock, SystemClock
from reconciler.watch.keeper import Keeper, Tell, WatchOptions
from reconciler.watch.mailbox import Goal

FOLLOW_AGAIN_S = 5.0
LONGEST_LOOK_S = 60.0
"""How old the last look at the files may be until the daemon is no longer healthy; there is one
every two seconds."""
LONGEST_STOP_S = 25.0
"""For the running steps, once asked to stop. Docker gives its own clients no more than ten."""


class Daemon:
    """Keepers by topology, each with a thread, and `stop` for all of them."""

    def __init__(
        self, engines: Engines, options: WatchOptions, tell: Tell, clock: Clock | None = None
    ) -> None:
        self.stop = threading.Event()
        self._engines, self._options, self._tell = engines, options, tell
        self._clock = clock or SystemClock()
        self._changing = threading.Lock()
        self._keepers: dict[str, Keeper] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._looked_at = self._clock.now()

    def write(self, topology: str, cause: str, goal: Goal) -> None:
        """Tell a topology's keeper what its file says; it begins when there is none yet."""
        with self._changing:
            if topology not in self._keepers:
                self._begin(topology)
            self._keepers[topology].mail.put(cause, goal=goal)

    def _begin(self, topology: str) -> None:
        keeper = Keeper(
            topology, self._engines, self._options, self._clock, self._tell, self.stop.is_set
        )
        thread = threading.Thread(
            target=self._keep, args=(keeper,), name=f"keep {topology}", daemon=True
        )
        self._keepers[topology], self._threads[topology] = keeper, thread
        thread.start()

    def _keep(self, keeper: Keeper) -> None:
        try:
            while not self.stop.is_set():
                pause_s = keeper.turn()
                if keeper.is_done and self._retires(keeper):
                    return
                keeper.mail.wait(pause_s)
        finally:
            keeper.close()

    def _retires(self, keeper: Keeper) -> bool:
        """Whether a keeper ends: not when somebody wrote to it meanwhile, the file may be back."""
        with self._changing:
            if keeper.mail.is_new:
                return False
            del self._keepers[keeper.topology], self._threads[keeper.topology]
        self._tell(keeper.topology, Noticed("nothing is left of it", is_idle=True))
        return True

    def wake(self, wakeup: Wakeup) -> None:
        """Wake whom it concerns. After an engine was away, all that failed is tried again."""
        with self._changing:
            woken = [k for name, k in self._keepers.items() if wakeup.topology in {"", name}]
        for keeper in woken:
            keeper.mail.put(wakeup.cause, is_urgent=not wakeup.topology)

    def reconcile_now(self, cause: str) -> None:
        self.wake(Wakeup("", cause))

    def run(self, follow: Callable[[], None], attend: Callable[[], object]) -> None:
        """Follow files in a thread of its own, and `attend` in this one, which returns at the end.

        Events are subscribed to before anything is looked at.
        """
        with self._engines.wakeups(self.wake):
            threading.Thread(
                target=self._survive, args=(follow,), name="follow", daemon=True
            ).start()
            try:
                attend()
            finally:
                self.stop.set()
                with self._changing:
                    keepers = list(self._keepers.values())
                for keeper in keepers:
                    keeper.mail.ring()

    def note_look(self) -> None:
        """Somebody has looked at the files, and could tell what they say."""
        self._looked_at = self._clock.now()

    def _survive(self, follow: Callable[[], None]) -> None:
        """A bug costs what was just read, never the thread, without which no edit is seen."""
        while not self.stop.is_set():
            try:
                follow()
            except Exception as error:
                self._tell("", Noticed(f"following files failed, and begins anew: {error!r}"))
                self.stop.wait(FOLLOW_AGAIN_S)
            else:
                return

    def find_trouble(self) -> str:
        """Why it is not to be relied on: no edit is seen, or a topology not kept; "" if well."""
        if (since_s := self._clock.now() - self._looked_at) > LONGEST_LOOK_S:
            return f"nobody has looked at the files for {since_s:.0f} s"
        with self._changing:
            lost = [name for name, thread in self._threads.items() if not thread.is_alive()]
        return f"topology {lost[0]} has lost its thread" if lost else ""

    def join(self, timeout_s: float) -> bool:
        """Wait for the running steps. Whether all have ended in time."""
        end = time.monotonic() + timeout_s
        with self._changing:
            threads: Iterable[threading.Thread] = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
