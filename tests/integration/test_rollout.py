"""Roll-outs that fail, that are watched, and changes that no long connection notices."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from tests.images import ECHO
from tests.integration.support import tool
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions
from tests.integration.support.waiting import LONGEST_S

ERRS = """\
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 100, ReuseAddr => 1) or die;
while (my $c = $s->accept) {
    my $line = <$c> // ""; while (<$c>) { last if /^\\r?$/ }
    print $c "HTTP/1.1 ", $line =~ m(/health) ? "200 OK" : "503 No", "\\r\\n";
    print $c "Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"; close $c;
}
"""
"""Passes its check, and answers everything else with 503."""


def _assert_as_before(stack: Stack, before: dict[str, str], workers: set[int]) -> None:
    assert stack.ids() == before
    assert stack.all_ids() == set(before.values())
    assert stack.world.workers(before["haproxy"]) == workers
    stack.assert_serves()


@both_versions
def test_what_fails_is_taken_back(stack: Stack) -> None:
    stack.apply()
    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    good = dict(stack.backend)
    for fault in ({"EXIT_CODE": "3"}, {"PORT": "8099"}):
        stack.backend.update(env=fault, rollout={"ready_timeout": "3s"})
        with Traffic(stack.port) as traffic:
            ended = stack.apply(expect=1)
            traffic.go_on()
        traffic.assert_lossless()
        assert "Rolled back: 1 new container removed. 2 of 2 servers up." in ended.out
        assert "echo: " in ended.err  # the log of the container that failed
        _assert_as_before(stack, before, workers)

    stack.spec["backends"]["web"] = good
    assert "up to date" in stack.apply().out
    _assert_as_before(stack, before, workers)


def test_what_fails_is_kept_on_request(stack: Stack) -> None:
    stack.apply()
    before = stack.ids()
    stack.backend.update(
        env={"PORT": "8099"}, rollout={"on_failure": "pause", "ready_timeout": "2s"}
    )
    stack.apply(expect=1)
    assert len(stack.all_ids() - set(before.values())) == 1
    assert stack.servers_that_answer() == {before["web-1"][:12], before["web-2"][:12]}
    stack.backend["env"] = {}
    stack.apply()
    stack.assert_converged()


@both_versions
def test_the_guard_stops_what_answers_badly(stack: Stack) -> None:
    stack.backend["check"] = "/health"
    stack.apply()
    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    stack.backend.update(
        image=ECHO,
        entrypoint=["perl", "-e", ERRS.replace("$", "$$")],
        rollout={"guard": {"max_errors": "10%", "window": "20s", "min_requests": 5}},
    )
    with Traffic(stack.port) as traffic:  # the errors that it is about do reach clients
        ended = stack.apply(expect=1)
        traffic.go_on()
    assert "guard-tripped" in ended.err
    assert "Rolled back: 1 new container removed." in ended.out
    _assert_as_before(stack, before, workers)


@both_versions
def test_what_was_done_by_hand_is_seen_and_healed(stack: Stack) -> None:
    stack.apply()
    stack.assert_converged()
    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    for commands, told in (
        ("set server web/web-1 state drain", "drained by hand"),
        ("set server web/web-2 weight 7", "weight 7 by hand, 1 in the file"),
        ("set maxconn server web/web-2 3", "maxconn 3 by hand, none in the file"),
        ("set server web/web-1 state maint", "in maintenance by hand"),
    ):
        stack.tell_haproxy(commands)
        assert told in stack.run("status").out
        assert stack.plan_document()["impact"] == "runtime"
        stack.apply()
        stack.assert_converged()
    _assert_as_before(stack, before, workers)


class LongConnection:
    """A TCP connection that is used now and then."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def echoes(self) -> bool:
        self.connection.sendall(b"still there?\n")
        return self.connection.recv(100) == b"still there?\n"


@contextlib.contextmanager
def _long_connection(port: int) -> Iterator[LongConnection]:
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_S) as connection:
        yield LongConnection(connection)


@both_versions
def test_scaling_and_weights_cut_no_long_connection(stack: Stack) -> None:
    port = free_port()
    stack.spec["backends"]["raw"] = echo_backend(port=9000, mode="tcp", replicas=2)
    stack.spec["frontends"]["raw"] = {"bind": f"127.0.0.1:{port}", "default_backend": "raw"}
    stack.spec["haproxy"].update(
        hard_stop_after="1s",  # what a reload would do, it does soon
        timeouts={"client": "5m", "server": "5m"},  # however long an apply takes
    )
    stack.apply()
    raw = stack.spec["backends"]["raw"]
    workers = stack.world.workers(stack.haproxy)
    with _long_connection(port) as one, _long_connection(port) as two:
        for change in ({"replicas": 4}, {"weight": 9}, {"maxconn": 30}, {"replicas": 2}):
            raw.update(change)
            stack.apply()
            assert one.echoes()
            assert two.echoes()
    assert stack.world.workers(stack.haproxy) == workers


def test_a_haproxy_that_dies_in_the_middle(stack: Stack) -> None:
    """It starts anew with who serves at that moment, and the next apply completes."""
    stack.backend["replicas"] = 3
    stack.apply()
    haproxy = stack.haproxy
    stack.backend["env"] = {"V": "2"}
    stack.write()
    with tool.start(["apply", "--yes", str(stack.file)], stack.directory) as process:
        assert process.stdout is not None
        assert any("done  send traffic to" in line for line in process.stdout)
        stack.world.api.kill(haproxy)
        stack.world.api.start(haproxy)
        process.communicate(timeout=LONGEST_S)
    stack.apply()
    stack.assert_converged()
    assert stack.haproxy == haproxy
