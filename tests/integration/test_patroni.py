"""topologies/patroni.yaml with stand-ins for its nodes: HAProxy asks each what part it has."""

from __future__ import annotations

import socket

from tests.images import ECHO
from tests.integration.support import example
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true

NODE = r"""
use IO::Select; use IO::Socket::INET; use POSIX ();
my $name = (POSIX::uname())[1];
sub on { IO::Socket::INET->new(LocalPort => $_[0], Listen => 99, ReuseAddr => 1) }
my %l = map { $_ => on($_) } 5432, 8008;
my $all = IO::Select->new(values %l);
$SIG{PIPE} = 'IGNORE'; $SIG{TERM} = sub { exit 0 };
while (1) {
    for my $peer ($all->can_read) {
        if ($peer == $l{5432}) { $all->add(my $c = $peer->accept); syswrite $c, "$name\n" }
        elsif ($peer == $l{8008}) { $all->add($peer->accept) }
        elsif (!sysread $peer, my $said, 65536) { $all->remove($peer); close $peer }
        elsif ($said =~ m{^GET /(\w+)}) {
            my $is = -e '/tmp/primary' ? 'primary' : 'replica';
            my $status = $1 eq $is ? '200 OK' : '503 Service Unavailable';
            print $peer "HTTP/1.1 $status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            $all->remove($peer); close $peer;
        }
    }
}
"""


def session(port: int) -> tuple[socket.socket, str]:
    """A client's session, and the name of the node that it has; "" for one that was refused."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=15)
    try:
        return peer, peer.recv(100).decode().strip()
    except ConnectionError:
        return peer, ""


def node(port: int) -> str:
    peer, name = session(port)
    peer.close()
    return name


def test_writes_follow_the_primary(stack: Stack, haproxy_image: str) -> None:
    spec = example.borrow(stack, "patroni.yaml", haproxy_image)
    nodes = ("pg1", "pg2", "pg3")
    for name in (*nodes, "etcd"):
        own = spec["backends"][name]
        own.pop("healthcheck", None)
        own |= {"image": ECHO, "stop_grace_period": "1s", "volumes": []}
        own["command"] = ["perl", "-e", NODE.replace("$", "$$")] if name in nodes else None
    for name in ("primary", "replicas"):
        spec["backends"][name]["check"]["interval"] = "300ms"
    primary, replicas = (spec["frontends"][f]["bind"][0]["port"] for f in ("primary", "replicas"))
    stack.run("validate")
    stack.apply()

    def becomes(name: str, *, is_primary: bool) -> None:
        done = ["touch", "/tmp/primary"] if is_primary else ["rm", "/tmp/primary"]
        stack.world.run_in(stack.ids()[f"{name}-1"], *done)

    becomes("pg1", is_primary=True)
    await_true(lambda: node(primary) == "pg1", "writes go to the primary")
    await_true(lambda: {node(replicas) for _ in range(6)} == {"pg2", "pg3"}, "reads to the others")
    assert stack.plan_document()["empty"]

    writer, name = session(primary)
    assert name == "pg1"
    becomes("pg1", is_primary=False)
    becomes("pg2", is_primary=True)
    with writer:
        assert writer.recv(1) == b""
    await_true(lambda: node(primary) == "pg2", "writes go to the new primary")
    await_true(lambda: {node(replicas) for _ in range(6)} == {"pg1", "pg3"}, "reads to the others")
    stack.destroy("--volumes")
