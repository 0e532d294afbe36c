"""Where two things do not go together, the other one is pointed at, too."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Place
from reconciler.topology.load import Loaded
from tests.unit.topology.loading import read, topology_with

BACKENDS = "name: a\nbackends: {web: {image: a, port: 1}, db: {image: a, port: 2, mode: tcp}}\n"
RELATED = {
    "a key": ("name: a\nname: b\n", "duplicate-key 2:1", ["1:1 the first one"]),
    "a bind": (
        BACKENDS + "frontends:\n  a: {bind: 80, default_backend: web}\n"
        "  b: {bind: 80, default_backend: web}\n",
        "bind-conflict 5:13",
        ["4:13 frontend `a` listens here"],
    ),
    "a socket": (
        BACKENDS + "frontends:\n  a: {bind: {socket: /run/a/x}, default_backend: web}\n"
        "  b: {bind: {socket: /run/a/x}, default_backend: web}\n",
        "bind-conflict 5:13",
        ["4:13 frontend `a` listens here"],
    ),
    "a mode": (
        BACKENDS + "frontends:\n  a: {bind: 80, mode: http, default_backend: db}\n",
        "mode-mismatch 4:23",
        ["2:68 speaks tcp"],
    ),
    "a mode that nobody wrote": (
        BACKENDS + "frontends:\n  a: {bind: 80, mode: tcp, default_backend: web}\n",
        "mode-mismatch 4:23",
        ["2:12 speaks http"],
    ),
    "a mount": (
        topology_with("volumes: ['a:/d', 'b:/d/']", rest="volumes: {a: {}, b: {}}"),
        "same-target 6:23",
        ["6:15 the first one"],
    ),
    "a server": (
        topology_with("servers:\n  - {address: x, port: 1}\n  - {address: x, port: 1}"),
        "same-server 8:9",
        ["7:9 the first one"],
    ),
    "a job": (
        topology_with("before:\n  - {name: x, command: a}\n  - {name: x, command: b}"),
        "same-job 8:16",
        ["7:16 the first one"],
    ),
    "a subnet": (
        topology_with(
            "networks: [a, b]",
            rest="networks:\n  a: {subnet: 172.30.0.0/16}\n  b: {subnet: 172.30.7.0/24}",
        ),
        "subnet-overlap 13:15",
        ["12:15 that of `a`"],
    ),
    "an address": (
        "name: a\nnetworks: {n: {subnet: 172.30.7.0/24}}\nbackends:\n"
        "  a: {image: a, rollout: {order: stop-first},\n"
        "    networks: {n: {ipv4_address: 172.30.7.130}}}\n"
        "  b: {image: a, rollout: {order: stop-first},\n"
        "    networks: {n: {ipv4_address: 172.30.7.130}}}\n",
        "fixed-address 7:34",
        ["5:34 `a` has it"],
    ),
}


def _told(loaded: Loaded, start: str) -> list[str]:
    found = [d for d in loaded.diagnostics if f"{d.code} {_at(d.place)}" == start]
    assert found, [(d.code, _at(d.place)) for d in loaded.diagnostics]
    return [f"{_at(other.place)} {other.message}" for other in found[0].related]


def _at(place: Place) -> str:
    return f"{place.span.line}:{place.span.column}" if place.span else "-"


@pytest.mark.parametrize(("text", "start", "expected"), RELATED.values(), ids=RELATED.keys())
def test_the_other_place(text: str, start: str, expected: list[str]) -> None:
    assert _told(read(text), start) == expected


def test_one_place_is_told_once() -> None:
    text = topology_with("servers: [&a {address: x, port: 1}, *a]")
    (found,) = [d for d in read(text).diagnostics if d.code == "same-server"]
    assert found.related == ()


def test_a_value_from_outside_is_shown_as_it_is_written() -> None:
    source = read(topology_with("env: {A: '${VALUE}'}"), VALUE="hunter2").source
    path = ("backends", "web", "env", "A")
    found = Diagnostic(
        "bad-value",
        "`hunter2`",
        "not `hunter2`",
        related=(Related("`hunter2`", Place(path)),),
        quoted=(("hunter2", path),),
    )
    located = source.locate(found)
    assert (located.message, located.hint) == ("`${VALUE}`", "not `${VALUE}`")
    assert [other.message for other in located.related] == ["`${VALUE}`"]
    assert "hunter2" not in repr(located)
