"""Every kind of change under every kind of traffic: the short form of `make bench ARGS=lossless`.

Beside single requests there are slow ones, WebSockets and TCP connections, all at once, and a
change begins as soon as the one before it ended.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.lossless.change import Group
from benchmarks.lossless.changes import possible
from benchmarks.lossless.drive import Amount, Outcome, run
from benchmarks.lossless.load import Mix
from benchmarks.lossless.page import wrongs
from benchmarks.lossless.settings import Settings
from benchmarks.lossless.site import Site, site
from reconciler.topology.model import HAProxy
from tests.integration.support.versions import both_versions

SHORT = Settings(drain_timeout=3, hard_stop_after=4, ready_timeout=4, apply_timeout=10)
MIX = Mix(
    one_shot=3,
    keep_alive=3,
    slow=3,
    websocket=3,
    tcp_short=1,
    tcp_long=2,
    pause_s=0.01,
    slow_s=1.5,
    life_s=2.0,
    longest_s=900.0,
)
CHANGES = {
    "scale up",
    "weight",
    "new image",
    "new environment, TCP backend",
    "check",
    "another default backend",
    "traffic to a new backend",
    "frontend added",
    "statistics page",
    "timeouts",
    "HAProxy replaced",
    "image that exits",
    "replica killed and healed",
}


def chosen(groups: list[Group[Site]]) -> list[Group[Site]]:
    return [group for group in groups if any(c.name in CHANGES for c in group.changes)]


NETWORKS = ["bridge", *(["host"] if "network" in HAProxy.model_fields else [])]


@pytest.fixture(params=NETWORKS)
def running(haproxy_image: str, request: pytest.FixtureRequest) -> Iterator[tuple[Site, str]]:
    with site(haproxy_image, request.param, SHORT) as made:
        assert made is not None
        yield made, request.param


@pytest.mark.lossless
@pytest.mark.timeout(900)  # a minute and less, but for machines that are busy with much else
@both_versions
def test_nobody_sees_a_change(running: tuple[Site, str], haproxy_image: str) -> None:
    made, network = running
    groups, _ = possible(made, network)
    outcome = Outcome("reconciler", haproxy_image, network, settings=SHORT)
    run(outcome, made, chosen(groups), Amount(seed=7), MIX)
    assert outcome.before == []
    assert [line for change in outcome.changes for line in wrongs(change)] == []
    assert outcome.record.total > 1000, "too few requests prove nothing"
    seen = {kind for kind, _, _ in outcome.record.by_kind()}
    assert seen == {"one-shot", "keep-alive", "slow", "tcp", "websocket", "tcp long"}
