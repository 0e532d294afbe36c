"""What has to become of a backend's servers, from what HAProxy shows of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.desired.rollout import Rollout
from reconciler.haproxy.control.commands import ServerSetting
from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.model import Backend, Server
from reconciler.haproxy.paths import IDLE_HOST
from reconciler.plan.decide.rotation import plan_rotation, slot_of, with_hosts, with_room


def backend(hosts: str, **fields: object) -> Backend:
    base: dict[str, object] = {
        "name": "web",
        "mode": "http",
        "balance": "roundrobin",
        "check": None,
        "weight": 1,
        "maxconn": None,
        "path": (),
        "source": "web",
        "port": 80,
        "servers": tuple(Server(f"web-{n}", host, 80) for n, host in enumerate(hosts, 1)),
    }
    return Backend(**(base | fields))  # type: ignore[arg-type]  # by name, as above


def seen(hosts: str, spares: int = 4, **fields: object) -> list[ServerState]:
    """Lower-case hosts, each of a server; and spare ones. `fields` are those of host `a`."""
    servers = [
        ServerState("web", f"web-{n}", "UP", "", 1, 0, "", 0, host) for n, host in enumerate(hosts)
    ]
    servers += [
        ServerState("web", f"web-{n}", "MAINT", "", 1, 0, "", 0, IDLE_HOST, is_disabled=True)
        for n in range(len(hosts), len(hosts) + spares)
    ]
    servers.append(ServerState("api", "api-1", "UP", "", 9, 0, "", 0, "other"))
    changed = {key: getattr(servers[0], key) for key in servers[0].__struct_fields__} | fields
    return [ServerState(**changed), *servers[1:]] if hosts else servers


def told(
    wanted: Backend, servers: list[ServerState], surge: int = 1, unavailable: int = 0
) -> dict[str, str]:
    rotation = plan_rotation(
        (wanted,), Rollout(len(wanted.servers), surge, unavailable), servers, {}
    )
    texts = {
        "joins": "".join(member.host for member in rotation.joins),
        "stays": "".join(member.host for member in rotation.stays),
        "leaves": "".join(rotation.leaves),
        "settings": "".join(setting.host for setting in rotation.settings),
        "lacks": "spares" if rotation.lacking else "",
    }
    assert rotation.is_settled == (not (texts["joins"] or texts["leaves"] or texts["settings"]))
    return {key: text for key, text in texts.items() if text}


CASES: dict[str, tuple[Backend, list[ServerState], dict[str, str]]] = {
    "as it is": (backend("ab"), seen("ab"), {"stays": "ab"}),
    "in another order": (backend("ab"), seen("ba"), {"stays": "ab"}),
    "nobody": (backend(""), seen(""), {}),
    "one more": (backend("abc"), seen("ab"), {"stays": "ab", "joins": "c"}),
    "one less": (backend("a"), seen("ab"), {"stays": "a", "leaves": "b"}),
    "another": (backend("xb"), seen("ab"), {"stays": "b", "joins": "x", "leaves": "a"}),
    "drained by hand": (backend("ab"), seen("ab", is_drained=True), {"stays": "b", "joins": "a"}),
    "disabled by hand": (backend("ab"), seen("ab", is_disabled=True), {"stays": "b", "joins": "a"}),
    "drained, and not wanted": (
        backend("b"),
        seen("ab", is_drained=True),
        {"stays": "b", "leaves": "a"},
    ),
    "down is not a change": (backend("ab"), seen("ab", status="DOWN"), {"stays": "ab"}),
    "pointed elsewhere by hand": (
        backend("ab"),
        seen("zb"),
        {"stays": "b", "joins": "a", "leaves": "z"},
    ),
    "another weight": (backend("ab"), seen("ab", weight=7), {"stays": "ab", "settings": "a"}),
    "the weight of all": (backend("ab", weight=3), seen("ab"), {"stays": "ab", "settings": "ab"}),
    "a weight that cannot be set": (
        backend("ab", balance="source"),
        seen("ab", weight=7),
        {"stays": "ab"},
    ),
    "another limit": (backend("ab"), seen("ab", maxconn=7), {"stays": "ab", "settings": "a"}),
    "a limit for all": (
        backend("ab", maxconn=5),
        seen("ab", maxconn=5),
        {"stays": "ab", "settings": "b"},
    ),
    "a limit with a static algorithm": (
        backend("a", maxconn=5, balance="uri"),
        seen("a"),
        {"stays": "a", "settings": "a"},
    ),
    "drained with another weight needs no setting of its own": (
        backend("ab"),
        seen("ab", is_drained=True, weight=5),
        {"stays": "b", "joins": "a"},
    ),
    "as many spare servers as join": (
        backend("abcdef"),
        seen("ab"),
        {"stays": "ab", "joins": "cdef"},
    ),
    "too few spare servers": (
        backend("abcdefg"),
        seen("ab"),
        {"stays": "ab", "joins": "cdefg", "lacks": "spares"},
    ),
    "none at all": (backend("ab"), seen("a", 0), {"stays": "a", "joins": "b", "lacks": "spares"}),
    "none, and none needed": (
        backend("ab"),
        seen("ab", 0, is_drained=True),
        {"stays": "b", "joins": "a"},
    ),
    "one spare server is given back at each step": (
        backend("wxyz"),
        seen("abcd", 1),
        {"joins": "wxyz", "leaves": "abcd"},
    ),
}


@pytest.mark.parametrize(("wanted", "servers", "expected"), CASES.values(), ids=CASES)
def test_rotations(wanted: Backend, servers: list[ServerState], expected: dict[str, str]) -> None:
    assert told(wanted, servers) == expected


SPARES = {
    ((2, 0), 1): True,
    ((2, 0), 2): False,
    ((4, 0), 3): True,
    ((4, 0), 4): False,
    ((0, 1), 0): False,  # those that leave first give theirs
    ((1, 1), 0): True,
    ((1, 1), 1): False,
}


@pytest.mark.parametrize(("limits", "spares"), SPARES)
def test_how_many_spare_servers_a_replacement_takes(limits: tuple[int, int], spares: int) -> None:
    lacks = "lacks" in told(backend("wxyz"), seen("abcd", spares), *limits)
    assert lacks is SPARES[limits, spares]


def _batches(wanted: Backend, servers: list[ServerState]) -> list[tuple[str, str, str]]:
    """(leave early, join, leave), batch by batch."""
    rotation = plan_rotation((wanted,), Rollout(len(wanted.servers), surge=1), servers, {})
    return [
        ("".join(b.early), "".join(m.host for m in b.joins), "".join(b.leaves))
        for b in rotation.batches
    ]


def test_who_was_not_opened_yet_serves_nobody_and_leaves_first() -> None:
    """`a` was made by a run that got no further, and only `b` serves: it must not leave for it."""
    servers = seen("ab", is_drained=True)
    assert _batches(backend("x"), servers) == [("", "", "a"), ("", "x", "b")]
    rotation = plan_rotation((backend("x"),), Rollout(1, surge=1), servers, {})
    assert [s.address for s in with_room(rotation, rotation.backends[0]).servers] == ["b"]


def test_who_is_down_leaves_before_who_is_up() -> None:
    assert _batches(backend("x"), seen("ab", status="UP")) == [("a", "x", "b")]
    servers = list(reversed(seen("ba", status="DOWN")))
    assert _batches(backend("x"), servers) == [("b", "x", "a")]


def test_who_is_out_of_one_backend_leaves_before_who_serves_in_all() -> None:
    live = replace(with_hosts(replace(backend(""), name="live"), "xy"), source="web")
    states = [
        *seen("ab"),
        ServerState("live", "live-1", "UP", "", 1, 0, "", 0, "a"),
        ServerState("live", "live-2", "DRAIN", "", 1, 0, "", 0, "b", is_drained=True),
    ]
    rotation = plan_rotation((backend("xy"), live), Rollout(2, 1, 1), states, {})
    assert [batch.early for batch in rotation.batches] == [("b",)]


def test_settings_have_all_amounts() -> None:
    wanted = backend("a", weight=3, maxconn=5)
    rotation = plan_rotation((wanted,), Rollout(1), seen("a"), {})
    assert rotation.settings == (ServerSetting("web", "a", "adjust", 3, 5),)
    assert rotation.settings_for("a", "ready") == (ServerSetting("web", "a", "ready", 3, 5),)
    static = plan_rotation((backend("a", balance="source"),), Rollout(1), seen("a"), {})
    assert static.settings_for("a", "ready") == (ServerSetting("web", "a", "ready", None, 0),)


def test_members_are_known_by_their_slots() -> None:
    rotation = plan_rotation((backend("ab"),), Rollout(2), seen("a"), {})
    assert [member.slot for member in rotation.joins] == [slot_of("web", "web-2")]


def test_room_for_all_that_join() -> None:
    rotation = plan_rotation((backend("abcdefgh"),), Rollout(8), seen("az"), {})
    assert rotation.lacking
    room = with_room(rotation, rotation.backends[0])
    assert [server.address for server in room.servers] == ["a", "z"]
    assert room.spares >= 2 * len(rotation.joins)
    assert [server.name for server in with_hosts(backend(""), "xy").servers] == ["web-1", "web-2"]


def test_room_keeps_whom_somebody_drained_in_another_backend() -> None:
    live = replace(with_hosts(replace(backend(""), name="live"), "abc"), source="web")
    states = [
        *seen("ab"),
        ServerState("live", "live-1", "DRAIN", "", 1, 0, "", 0, "a", is_drained=True),
        ServerState("live", "live-2", "UP", "", 1, 0, "", 0, "b"),
    ]
    rotation = plan_rotation((backend("abc"), live), Rollout(3, 3), states, {})
    rooms = (with_room(rotation, each) for each in rotation.backends)
    assert [[server.address for server in room.servers] for room in rooms] == [["a", "b"], ["b"]]


def test_who_has_something_alone_leaves_for_the_one_that_gets_its_slot() -> None:
    """Slot 2 is empty and is filled first, and of those that leave the one that is down is last."""
    states = [replace(state, status="DOWN" if state.host == "d" else "UP") for state in seen("cd")]
    alone = {"c": slot_of("web", "web-1"), "d": slot_of("web", "web-3")}
    rotation = plan_rotation((backend("xyz"),), Rollout(3, 0, 1), states, alone)
    pairs = [(batch.early, [member.host for member in batch.joins]) for batch in rotation.batches]
    assert pairs == [((), ["y"]), (("c",), ["x"]), (("d",), ["z"])]
