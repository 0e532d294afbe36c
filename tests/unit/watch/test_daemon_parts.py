"""What the daemon's command is made of: its log's pipe, signals, systemd, HTTP, and its files."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.events.passes import FileBroken, FileMended, Noticed, Outcome, PassBegun, PassEnded
from reconciler.plan.plan import Change, Plan
from reconciler.watch.files import Watched
from reconciler.watch.http import Admin
from reconciler.watch.logpipe import LogPipe
from reconciler.watch.signals import received
from reconciler.watch.systemd import Notifier
from tests.integration.support.waiting import await_true

# -- the log --------------------------------------------------------------------------------


def test_lines_come_out_in_order() -> None:
    stream = io.StringIO()
    pipe = LogPipe(stream)
    for number in range(100):
        pipe.write(str(number))
    pipe.flush(5)
    assert stream.getvalue().split() == [str(number) for number in range(100)]


def test_a_pipe_that_blocks_blocks_nobody() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        pipe = LogPipe(stream, most_lines=30)  # what is left when nobody reads fits into a pipe
        began = time.monotonic()
        for _ in range(2000):
            pipe.write("x" * 1000)
        assert time.monotonic() - began < 5
        pipe.flush(0.05)
        with os.fdopen(reader, "rb") as out:
            lost = await_true(lambda: b"lines were lost" in out.read1(1 << 20), "it goes on", 20)
            assert lost
            pipe.flush(5)


def test_a_full_disk_costs_lines_only() -> None:
    """Linux has a disk that is always full."""
    stream = open("/dev/full", "w", encoding="utf-8", buffering=1)  # noqa: SIM115  # closing fails
    pipe = LogPipe(stream)
    began = time.process_time()
    for _ in range(10):
        pipe.write("x")
        pipe.flush(1)
    assert time.process_time() - began < 0.5
    with pytest.raises(OSError, match="No space"):
        stream.close()


# -- signals --------------------------------------------------------------------------------


def test_signals_as_values() -> None:
    with received(signal.SIGHUP, signal.SIGTERM) as signals:
        assert signals.wait(0) == []
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.wait(5) == [signal.SIGHUP]
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        assert signals.wait(5) == [signal.SIGTERM]
        timer.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# -- systemd --------------------------------------------------------------------------------


def test_systemd_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        assert notifier.watchdog_s == 15
        notifier.say("READY=1")
        assert manager.recv(100) == b"READY=1"
    notifier.say("WATCHDOG=1")  # nobody listens any more


def test_an_abstract_socket() -> None:
    name = f"reconciler-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).say("STOPPING=1")
        assert manager.recv(100) == b"STOPPING=1"


def test_nobody_asked_to_be_told() -> None:
    notifier = Notifier({})
    notifier.say("READY=1")
    assert notifier.watchdog_s is None
    assert (
        Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).watchdog_s
        is None
    )


def test_the_command_tells_systemd_and_ends(tmp_path: Path) -> None:
    """The whole daemon, without an engine: it waits for one, and is ready all the same."""
    address = str(tmp_path / "notify")
    (tmp_path / "shop.yaml").write_text("name: shop\n", encoding="utf-8")
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "4000000",
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
    }
    environment.pop("WATCHDOG_PID", None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(30)
        with subprocess.Popen(  # our own command
            [sys.executable, "-m", "reconciler", "watch", str(tmp_path)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert manager.recv(100) == b"READY=1"
            assert manager.recv(100) == b"WATCHDOG=1"
            assert process.stdout is not None
            assert "error[engine-unreachable]" in process.stdout.readline()
            process.terminate()
            assert process.wait(20) == 0
            said = b""
            while said != b"STOPPING=1":
                said = manager.recv(100)


# -- HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def admin() -> Iterator[Admin]:
    made = Admin("127.0.0.1", 0)
    made.serve(lambda: True)
    yield made
    made.close()


def ask(admin: Admin, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_what_is_answered(admin: Admin) -> None:
    assert ask(admin, "/healthz")[0] == 200
    assert ask(admin, "/readyz")[0] == 503
    assert ask(admin, "/other")[0] == 404
    admin.note("shop", PassBegun("1f", "start", Plan("shop")))
    admin.note("shop", PassEnded("1f", "start", Outcome.CONVERGED, 0.3, servers_up=2, servers=3))
    admin.note("shop", Noticed("took over"))
    assert ask(admin, "/readyz")[0] == 200
    status = json.loads(ask(admin, "/status")[1])["topologies"]["shop"]
    assert (status["outcome"], status["cause"], status["pass_id"]) == ("converged", "start", "1f")
    metrics = ask(admin, "/metrics")[1]
    assert 'reconciler_passes_total{outcome="converged",topology="shop"} 1.0' in metrics
    assert 'reconciler_servers_up{topology="shop"} 2.0' in metrics
    assert 'reconciler_drift_healed_total{topology="shop"} 1.0' in metrics


def test_it_is_not_ready_while_the_engine_is_away(admin: Admin) -> None:
    lost = (Diagnostic("engine-lost", "gone"),)
    admin.note("shop", PassEnded("1f", "start", Outcome.FAILED, 0.3, failures=lost))
    for news in (None, Noticed("the lock was lost, and is taken again")):
        if news is not None:
            admin.note("shop", news)
        assert ask(admin, "/readyz") == (503, "the Docker engine does not answer\n")
    assert 'last_success_timestamp_seconds{topology="shop"} 0.0' in ask(admin, "/metrics")[1]


def test_what_is_no_longer_kept_alarms_nobody(admin: Admin) -> None:
    admin.note("shop", PassEnded("1f", "start", Outcome.CONVERGED, 0.3, servers_up=2, servers=2))
    admin.note("blog", Noticed("suspended", is_idle=True))
    admin.note("shop", Noticed("shop.yaml is gone", is_idle=True))
    assert ask(admin, "/readyz")[0] == 200
    assert "last_success_timestamp_seconds{" not in ask(admin, "/metrics")[1]


def test_servers_are_told_of_passes_that_failed_too(admin: Admin) -> None:
    failures = (Diagnostic("not-ready", "no"),)
    ended = PassEnded(
        "1f", "start", Outcome.FAILED, 0.3, failures=failures, servers_up=1, servers=2
    )
    admin.note("shop", ended)
    assert 'reconciler_servers_up{topology="shop"} 1.0' in ask(admin, "/metrics")[1]


def test_what_was_before_is_no_success_of_what_is_wanted(admin: Admin) -> None:
    failures = (Diagnostic("not-ready", "no"),)
    for repaired in (
        Plan("shop"),
        Plan("shop", changes=(Change("create", "container", "web-1", "", Impact.NONE),)),
    ):
        admin.note(
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
    admin.note("shop", FileBroken("shop.yaml", (), "", True))
    admin.note("shop", FileMended("shop.yaml"))
    assert json.loads(ask(admin, "/status")[1])["topologies"]["shop"]["broken"] == []


def test_values_of_variables_are_not_answered(admin: Admin) -> None:
    admin.hide(["hunter22"])
    admin.note("shop", PassEnded("1f", "web.env.A hunter22", Outcome.CONVERGED, 0.3))
    admin.note("shop", Noticed("hunter22"))
    assert "hunter22" not in ask(admin, "/status")[1]


def test_an_address_of_ipv6() -> None:
    made = Admin("::1", 0)
    made.serve(lambda: True)
    with urllib.request.urlopen(f"http://[::1]:{made.port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    made.close()


# -- files ----------------------------------------------------------------------------------

GOOD = "name: {}\nbackends: {{web: {{image: '${{IMAGE:-a}}', port: 80}}}}\n"


def write(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(name), encoding="utf-8")
    return path


def test_a_directory_and_what_is_wrong_in_it(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "a")
    bad = write(tmp_path / "b.yml", "B")
    write(tmp_path / "c.txt", "c")
    reading = Watched((str(tmp_path),), ()).read()
    assert set(reading.said) == {"a"}
    assert set(reading.broken) == {str(bad)}


def test_two_files_of_one_name(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "a")
    second = write(tmp_path / "b.yaml", "a")
    reading = Watched((str(tmp_path),), ()).read()
    assert set(reading.broken) == {str(second)}
    assert reading.said["a"].loaded.file == str(tmp_path / "a.yaml")


def test_variables_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "a")
    env = tmp_path / "env"
    reading = Watched((str(file),), (str(env),)).read()
    assert reading.said == {}
    assert set(reading.broken) == {str(file), str(env)}
    env.write_text("IMAGE=b\n", encoding="utf-8")
    watched = Watched((str(file),), (str(env),))
    before = watched.signature()
    assert set(watched.read().said) == {"a"}
    env.write_text("IMAGE=bc\n", encoding="utf-8")
    assert watched.signature() != before


def test_directories_of_links_and_of_what_is_not_there(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.yaml", "a")
    (tmp_path / "current").symlink_to("one")
    watched = Watched((str(tmp_path / "current"), str(tmp_path / "x" / "y" / "b.yaml")), ())
    before = watched.directories()
    assert {str(tmp_path), str(tmp_path / "one")} <= set(before)
    assert str(tmp_path / "x") not in before
    write(tmp_path / "two" / "a.yaml", "a")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("two")
    assert watched.directories() != before
    assert watched.concerns(None, str(tmp_path / "current"))
    assert watched.concerns(None, str(tmp_path / "x"))
    assert not watched.concerns(None, str(tmp_path / "app.log"))
