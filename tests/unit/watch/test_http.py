"""What is answered over HTTP: health, readiness, numbers, and the state of each topology."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.news import FileBroken, FileMended, Noticed, Outcome, PassBegun, PassEnded
from reconciler.plan.plan import Change, Plan
from reconciler.watch.http import Admin
from tests.integration.support.waiting import LONGEST_S


@pytest.fixture
def admin() -> Iterator[Admin]:
    made = Admin("127.0.0.1", 0)
    made.serve(lambda: "")
    yield made
    made.close()


def ask(admin: Admin, path: str, at: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(at, admin.port, timeout=LONGEST_S)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_what_is_answered(admin: Admin) -> None:
    assert ask(admin, "/healthz")[0] == 200
    assert ask(admin, "/readyz")[0] == 503
    assert ask(admin, "/other")[0] == 404
    admin("shop", PassBegun("1f", "start", Plan("shop")))
    admin("shop", PassEnded("1f", "start", Outcome.CONVERGED, 0.3, servers_up=2, servers=3))
    admin("shop", Noticed("took over"))
    assert ask(admin, "/readyz")[0] == 200
    status = json.loads(ask(admin, "/status")[1])["topologies"]["shop"]
    assert (status["outcome"], status["cause"], status["pass_id"]) == ("converged", "start", "1f")
    metrics = ask(admin, "/metrics")[1]
    assert 'reconciler_passes_total{outcome="converged",topology="shop"} 1.0' in metrics
    assert 'reconciler_servers_up{topology="shop"} 2.0' in metrics
    assert 'reconciler_drift_healed_total{topology="shop"} 1.0' in metrics


def test_it_is_not_ready_while_the_engine_is_away(admin: Admin) -> None:
    lost = (Diagnostic("engine-lost", "gone"),)
    admin("shop", PassEnded("1f", "start", Outcome.FAILED, 0.3, failures=lost))
    for news in (None, Noticed("the lock was lost, and is taken again")):
        if news is not None:
            admin("shop", news)
        assert ask(admin, "/readyz") == (503, "the Docker engine does not answer\n")
    assert 'last_success_timestamp_seconds{topology="shop"} 0.0' in ask(admin, "/metrics")[1]


def test_what_is_no_longer_kept_alarms_nobody(admin: Admin) -> None:
    admin("shop", PassEnded("1f", "start", Outcome.CONVERGED, 0.3, servers_up=2, servers=2))
    admin("blog", Noticed("suspended", is_idle=True))
    admin("shop", Noticed("shop.yaml is gone", is_idle=True))
    assert ask(admin, "/readyz")[0] == 200
    assert "last_success_timestamp_seconds{" not in ask(admin, "/metrics")[1]


def test_servers_are_told_of_passes_that_failed_too(admin: Admin) -> None:
    failures = (Diagnostic("not-ready", "no"),)
    ended = PassEnded(
        "1f", "start", Outcome.FAILED, 0.3, failures=failures, servers_up=1, servers=2
    )
    admin("shop", ended)
    assert 'reconciler_servers_up{topology="shop"} 1.0' in ask(admin, "/metrics")[1]


def test_what_was_before_is_no_success_of_what_is_wanted(admin: Admin) -> None:
    failures = (Diagnostic("not-ready", "no"),)
    for repaired in (
        Plan("shop"),
        Plan("shop", changes=(Change("create", "container", "web-1", "", Impact.NONE),)),
    ):
        admin(
            "shop",
            PassEnded(
                "1f",
                "x",
                Outcome.KEPT,
                0.3,
                plan=repaired,
                failures=failures,
                servers_up=2,
                servers=2,
            ),
        )
    metrics = ask(admin, "/metrics")[1]
    assert 'last_success_timestamp_seconds{topology="shop"} 0.0' in metrics
    assert 'reconciler_drift_healed_total{topology="shop"} 1.0' in metrics
    assert 'reconciler_servers_up{topology="shop"} 2.0' in metrics
    status = json.loads(ask(admin, "/status")[1])["topologies"]["shop"]
    assert (status["outcome"], status["failures"]) == ("kept", ["not-ready"])


def test_a_broken_file_is_broken_until_it_is_mended(admin: Admin) -> None:
    admin("shop", FileBroken("shop.yaml", (), "", True))
    admin("shop", FileMended("shop.yaml"))
    assert json.loads(ask(admin, "/status")[1])["topologies"]["shop"]["broken"] == []


def test_values_of_variables_are_not_answered(admin: Admin) -> None:
    admin.hide(["hunter22"])
    admin("shop", PassEnded("1f", "web.env.A hunter22", Outcome.CONVERGED, 0.3))
    admin("shop", Noticed("hunter22"))
    assert "hunter22" not in ask(admin, "/status")[1]


def test_an_address_of_ipv6() -> None:
    made = Admin("::1", 0)
    made.serve(lambda: "")
    assert ask(made, "/healthz", "::1")[0] == 200
    made.close()


def test_health_tells_what_is_wrong(admin: Admin) -> None:
    admin.serve(lambda: "nobody has looked at the files for 61 s")
    assert ask(admin, "/healthz") == (503, "nobody has looked at the files for 61 s\n")


@pytest.mark.parametrize(
    "said", [b"", b"GET /status HTTP/1.1\r\n", b"GET /status HTTP/1.1\r\n\r\n"]
)
def test_who_hangs_up_is_no_news(
    admin: Admin, said: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a balancer does that only looks whether somebody listens: with a reset."""
    with socket.create_connection(("127.0.0.1", admin.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(said)
    for _ in range(3):
        assert ask(admin, "/healthz")[0] == 200
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9464", 200),
        ("[::1]:9464", 200),
        ("localhost:9464", 200),
        ("reconciler:9464", 200),
        ("evil.example:9464", 421),
        ("127.0.0.1.evil.example", 421),
        ("[", 421),
    ],
)
def test_a_page_of_the_internet_reads_no_state(admin: Admin, host: str, status: int) -> None:
    assert ask(admin, "/status", Host=host)[0] == status
    assert ask(admin, "/healthz", Host=host)[0] == 200
