"""How long until HAProxy shows a change, from a process in which all is warm, as in a daemon.

The change is seen on HAProxy's statistics page, `show stat` by another way, asked every few
milliseconds by a thread; it adds half its pause to each figure.
"""

from __future__ import annotations

import csv
import http.client
import io
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.lossless.judge import Made, judge
from benchmarks.lossless.load import Load, Mix
from benchmarks.lossless.site import REPLICAS, Site, site
from reconciler.desired.compile import compile_topology
from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.protocol import Patience
from reconciler.run.apply import ApplyOptions, make_plan
from reconciler.run.execute import execute
from reconciler.topology.load import load_topology

LOOK_S = 0.003
LONGEST_S = 30.0
ROUNDS = 9
INTERRUPTIONS = 3


@dataclass(frozen=True, slots=True)
class Latency:
    what: str
    goal_s: float
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)


def measure_latency(proxy: str) -> list[Latency]:
    with _no_handover(proxy) as made, DockerEngine(made.name) as engine:
        warm = Warm(made, engine)
        weights = [warm.until(_weigh, _has_weight) for _ in range(ROUNDS + 1)][1:]
        scaled = [_scale(warm) for _ in range(ROUNDS // 2 + 1)][1:]
        reloads = [_reload(warm) for _ in range(ROUNDS + 1)][1:]
        refused = [_interrupt(made) for _ in range(INTERRUPTIONS)]
    return [
        Latency("weight change until `show stat` tells it", 0.15, tuple(weights)),
        Latency("scale-down until the server gets no more traffic", 0.15, tuple(scaled)),
        Latency("configuration change until the new worker answers", 0.25, tuple(reloads)),
        Latency(
            "HAProxy replaced on a bridge, not handed over: connections refused",
            0.7,
            tuple(refused),
        ),
    ]


@contextmanager
def _no_handover(proxy: str) -> Iterator[Site]:
    with site(proxy) as made:
        assert made is not None
        if made.haproxy.pop("upgrade", ""):
            made.must_apply()
        yield made


class Warm:
    """What a daemon does from a change of its file on: load, compile, plan, execute."""

    def __init__(self, made: Site, engine: DockerEngine) -> None:
        self.site, self.engine = made, engine
        self.peer = http.client.HTTPConnection("127.0.0.1", made.stats, timeout=5)

    def work(self) -> None:
        loaded = load_topology(self.site.file.read_bytes(), str(self.site.file), {})
        assert loaded.topology is not None, loaded.diagnostics
        desired = compile_topology(loaded.topology, str(self.site.file.parent))
        plan, _ = make_plan(desired, self.engine, ApplyOptions())
        outcome = execute(plan, self.engine, Patience(), lambda _: None, "warm")
        assert outcome.succeeded, outcome.failed

    def until(self, change: Callable[[Site], object], seen: Callable[[Warm], bool]) -> float:
        """Seconds from the start of the work until `seen`; the work is let finish."""
        change(self.site)
        self.site.write()
        worker = threading.Thread(target=self.work)
        started = time.monotonic()
        worker.start()
        while not seen(self):
            if time.monotonic() - started > LONGEST_S:
                raise SystemExit("HAProxy never showed the change")
            time.sleep(LOOK_S)
        elapsed = time.monotonic() - started
        worker.join()
        return elapsed

    def servers(self) -> list[dict[str, str]]:
        """The rows of the servers of `web`."""
        text = self._get("/;csv").removeprefix("# ")
        rows = csv.DictReader(io.StringIO(text))
        return [r for r in rows if r["pxname"] == "web" and r["type"] == "2"]

    def pid(self) -> str:
        """Of the worker that answers."""
        found = re.search(r"pid = </b> (\d+)", self._get("/"))
        return found[1] if found else ""

    def _get(self, path: str) -> str:
        """On a connection of its own: one that is kept stays with the old worker."""
        try:
            self.peer.request("GET", path, headers={"Connection": "close"})
            return self.peer.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            self.peer.close()


def _weigh(made: Site) -> None:
    made.web["weight"] = made.web.get("weight", 1) % 100 + 1


def _has_weight(warm: Warm) -> bool:
    wanted = str(warm.site.web["weight"])
    up = [row for row in warm.servers() if row["status"].startswith("UP")]
    return len(up) >= REPLICAS and all(row["weight"] == wanted for row in up)


def _scale(warm: Warm) -> float:
    def serving() -> int:
        return sum(r["status"].startswith(("UP", "no check")) for r in warm.servers())

    warm.site.web["replicas"] = REPLICAS + 1
    warm.site.must_apply()
    return warm.until(
        lambda made: made.web.update(replicas=REPLICAS), lambda _: serving() == REPLICAS
    )


def _reload(warm: Warm) -> float:
    before = warm.pid()
    refresh = {"5s": "10s", "10s": "5s"}[warm.site.spec["stats"]["refresh"]]
    return warm.until(
        lambda made: made.spec["stats"].update(refresh=refresh),
        lambda seen: seen.pid() not in {before, ""},
    )


def _interrupt(made: Site) -> float:
    """The span in which connections fail while HAProxy is replaced by another image."""
    mark = "b" if made.haproxy["image"].endswith(":a") else "a"
    made.haproxy["image"] = made.images.names["haproxy", mark]
    alone = Mix(one_shot=8, keep_alive=0, slow=0, websocket=0, pause_s=0.01)
    with Load([made.www], 0, alone) as load:
        load.go_on(100)
        applied = made.must_apply()
        load.go_on(100)
    change = Made("", applied.started, applied.ended, 0, 0)
    judge(load.record, [change], made.settings)
    return change.refused_s
