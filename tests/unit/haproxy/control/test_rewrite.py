"""A configuration read back, changed in part, and told apart by what only a reload changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.haproxy.config import Config, identified, live_lines, read_config
from reconciler.haproxy.control.rewrite import (
    add_backends,
    backend_structure,
    put_servers,
    with_addresses,
    without_addresses,
)
from reconciler.haproxy.control.servers import read_servers
from reconciler.haproxy.model import Backend, Check, OutsideServer, Proxy, Server
from reconciler.haproxy.model.balance import Hash
from reconciler.haproxy.model.check import Request
from reconciler.haproxy.model.settings import Agent, Settings
from reconciler.haproxy.render.proxy import render_config, server_lines
from reconciler.haproxy.slots import PROBE_SUFFIX
from reconciler.plan.decide.rotation import with_hosts
from tests.unit.haproxy.render.test_proxy import proxy

LIVE = ("roundrobin", "leastconn", "first", "random", "random(3)")
STATIC = ("static-rr", "source", "uri", "uri depth 3", "url_param id", "hdr(X-User)", "hash src")
HASHED = STATIC[1:]
CHECK = Check(Request("/x", "web", "GET", "200"), 2.0, None, 2, 3, ("b", "check"))


def backend(name: str = "web", hosts: str = "ab", **fields: object) -> Backend:
    base: dict[str, object] = {
        "name": name,
        "mode": "http",
        "balance": "roundrobin",
        "check": CHECK,
        "weight": 1,
        "maxconn": None,
        "path": ("b", name),
        "source": name,
        "port": 80,
        "servers": tuple(Server(f"{name}-{n}", h, 80) for n, h in enumerate(hosts, 1)),
    }
    return Backend(**(base | fields))  # type: ignore[arg-type]  # by name, as above


def named(one: Backend, name: str) -> Backend:
    """The same under another name, and so are its servers."""
    servers = tuple(replace(s, name=f"{name}-{n}") for n, s in enumerate(one.servers, 1))
    return replace(one, name=name, servers=servers)


def rendered(*backends: Backend) -> Config:
    return render_config(proxy(backends=backends))


backends = st.builds(
    backend,
    hosts=st.text("abcdefg", max_size=7),
    balance=st.sampled_from(LIVE + STATIC),
    weight=st.integers(0, 3),
    maxconn=st.sampled_from([None, 5, 50]),
    check=st.sampled_from([None, CHECK]),
)


@given(st.lists(backends, max_size=3))
def test_what_was_rendered_reads_back(found: list[Backend]) -> None:
    config = rendered(*(replace(b, name=f"b{n}") for n, b in enumerate(found)))
    read = read_config(config.text)
    assert read is not None
    assert (read.text, read.digest, read.structure) == (
        config.text,
        config.digest,
        config.structure,
    )


EDITS: dict[str, Callable[[str], str]] = {
    "a line more": lambda text: text + "# more\n",
    "a line less": lambda text: text.replace("    retries 3\n", ""),
    "another value": lambda text: text.replace("retries 3", "retries 4"),
    "another server": lambda text: text.replace("web-1 a:80", "web-1 z:80"),
    "a server less": lambda text: text.replace("    server web-1 a:80\n", ""),
    "another structure": lambda text: text.replace(" config=", " config=0")[:-1],
    "another digest": lambda text: text.replace(" text=", " text=0"),
    "no identity": lambda text: "\n".join(
        line for line in text.split("\n") if "description" not in line
    ),
    "two identities": lambda text: text.replace(
        "    log stdout",
        "".join(f"{line}\n" for line in text.split("\n") if "description" in line)
        + "    log stdout",
        1,
    ),
    "no end of line": lambda text: text[:-1],
    "two ends of line": lambda text: text + "\n",
    "no global": lambda text: text.replace("global\n", "", 1),
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_text_that_was_edited_is_not_ours(edit: str) -> None:
    text = rendered(backend()).text
    assert read_config(text) is not None
    assert EDITS[edit](text) != text
    assert read_config(EDITS[edit](text)) is None


def test_the_identity_of_an_older_version_is_not_ours() -> None:
    text = rendered(backend()).text
    assert read_config(text.replace(" text=", " was=")) is None


# -- structure -------------------------------------------------------------------------------

OUTSIDE = OutsideServer("db", "10.0.0.7", 80, 1, 20, backup=False, path=())
OUTSIDE_CHANGES: dict[str, tuple[dict[str, object], bool, bool]] = {
    "weight": ({"weight": 5}, True, False),
    "limit": ({"maxconn": 5}, True, True),
    "no limit": ({"maxconn": None}, True, True),
    "name": ({"name": "db2"}, False, False),
    "address": ({"address": "10.0.0.8"}, False, False),
    "port": ({"port": 81}, False, False),
    "backup": ({"backup": True}, False, False),
}
"""What changes, and whether a running HAProxy can be told: with a live algorithm, and a static."""


@pytest.mark.parametrize("balance", LIVE + STATIC)
@pytest.mark.parametrize("change", OUTSIDE_CHANGES)
def test_a_change_of_a_server_outside(balance: str, change: str) -> None:
    fields, if_live, if_static = OUTSIDE_CHANGES[change]
    before, after = (
        rendered(backend(balance=balance, outside=(server,)))
        for server in (OUTSIDE, replace(OUTSIDE, **fields))
    )
    is_told = if_live if balance in LIVE else if_static
    assert after.digest != before.digest
    assert (after.structure == before.structure) == is_told
    assert (backend_structure(after, "web") == backend_structure(before, "web")) == is_told


LIVE_CHANGES: dict[str, dict[str, object]] = {
    "other servers": {"hosts": "abc"},
    "no servers": {"hosts": ""},
    "another host": {"hosts": "az"},
    "more spare servers": {"least_spares": 9},
    "a limit": {"maxconn": 20},
}


@pytest.mark.parametrize("balance", LIVE + STATIC)
@pytest.mark.parametrize("change", LIVE_CHANGES)
def test_what_changes_without_a_reload(balance: str, change: str) -> None:
    before = rendered(backend(balance=balance))
    after = rendered(backend(**{"balance": balance, **LIVE_CHANGES[change]}))  # type: ignore[arg-type]  # fields
    assert after.digest != before.digest
    assert after.structure == before.structure
    assert backend_structure(after, "web") == backend_structure(before, "web")


@pytest.mark.parametrize("balance", LIVE + STATIC)
def test_another_weight_takes_a_reload_with_static_algorithms(balance: str) -> None:
    before, after = (rendered(backend(balance=balance, weight=w)) for w in (1, 5))
    assert after.digest != before.digest
    assert (after.structure == before.structure) == (balance in LIVE)
    assert (backend_structure(after, "web") == backend_structure(before, "web")) == (
        balance in LIVE
    )


@pytest.mark.parametrize("balance", LIVE + HASHED)
def test_another_weight_takes_none_where_hashes_are_consistent(balance: str) -> None:
    """Of servers outside as well."""
    hashing = Hash("consistent", "wt6", 150)
    configs = [
        rendered(backend(balance=balance, hashing=hashing, weight=w, outside=(server,)))
        for w, server in ((1, OUTSIDE), (5, replace(OUTSIDE, weight=9)))
    ]
    assert configs[0].digest != configs[1].digest
    assert configs[0].structure == configs[1].structure


RELOADS: dict[str, dict[str, object]] = {
    "another algorithm": {"balance": "leastconn"},
    "no check": {"check": None},
    "another check": {"check": replace(CHECK, rise=1)},
    "another mode": {"mode": "tcp", "check": None},
}


@pytest.mark.parametrize("change", RELOADS)
def test_what_takes_a_reload(change: str) -> None:
    before, after = rendered(backend()), rendered(backend(**RELOADS[change]))  # type: ignore[arg-type]  # fields
    assert after.structure != before.structure
    assert backend_structure(after, "web") != backend_structure(before, "web")


def test_another_port_takes_a_reload() -> None:
    """A command that points a server to another host leaves its port."""
    before, after = (
        rendered(backend(port=port, servers=(Server("web-1", "a", port),))) for port in (80, 81)
    )
    assert read_servers(after.text)[0].port == 81
    assert after.structure != before.structure
    assert backend_structure(after, "web") != backend_structure(before, "web")


def test_lines_of_other_sections_that_look_like_servers() -> None:
    lines = [
        "global",
        "    server a",
        "backend web",
        "    server web-1 b:80",
        "    server web b:80",
        "    option httpchk",
        "    default-server weight 5",
        "    default-server inter 5s",
        "",
        "frontend www",
        "    server-template x",
        "backend web.next",
        "    server-template x",
    ]
    assert [line for line, live in zip(lines, live_lines(lines), strict=True) if live] == [
        "    server web-1 b:80",
        "    default-server weight 5",
        "    server-template x",
    ]


def test_the_structure_of_one_backend_is_its_own() -> None:
    one, two = rendered(backend(), backend("api")), rendered(backend(), backend("api", check=None))
    assert one.structure != two.structure
    assert backend_structure(one, "web") == backend_structure(two, "web")
    assert backend_structure(one, "api") != backend_structure(two, "api")
    assert backend_structure(one, "we") is backend_structure(one, "no") is None


# -- servers put into a text -----------------------------------------------------------------


def put_all(config: Config, one: Proxy) -> Config:
    for found in one.backends:
        config = put_servers(config, found.name, server_lines(one, found))
    return config


@given(st.lists(st.tuples(backends, st.text("hijklmn", max_size=7), st.integers(0, 3)), max_size=3))
def test_putting_all_servers_is_rendering(found: list[tuple[Backend, str, int]]) -> None:
    """What is written step by step is in the end what would be loaded at once."""
    before = tuple(named(b, f"b{n}") for n, (b, _, _) in enumerate(found))
    after = tuple(
        replace(
            with_hosts(b, hosts),
            weight=weight if b.has_live_weight else b.weight,
            maxconn=weight or None,
        )
        for b, (_, hosts, weight) in zip(before, found, strict=True)
    )
    wanted = proxy(backends=after)
    assert put_all(rendered(*before), wanted) == replace(
        render_config(wanted), lines=put_all(rendered(*before), wanted).lines
    )
    assert put_all(rendered(*before), wanted).text == render_config(wanted).text


def test_putting_servers_of_a_marked_backend() -> None:
    """Values from outside the file stay marked, whoever writes the line."""
    before = proxy(backends=(backend(),), sensitive=frozenset({("b", "web", "port")}))
    after = replace(before, backends=(backend(hosts="xyz"),))
    assert put_all(render_config(before), after).text == render_config(after).text
    assert "x:80  # holds a value" in render_config(after).text


@given(st.lists(backends, max_size=3), st.lists(backends, min_size=1, max_size=2))
def test_probes_come_in_place_of_probes(found: list[Backend], probes: list[Backend]) -> None:
    base = rendered(*(replace(b, name=f"b{n}") for n, b in enumerate(found)))
    first, second = (
        tuple(replace(b, name=f"{name}{n}{PROBE_SUFFIX}") for n, b in enumerate(probes))
        for name in ("x", "y")
    )
    once = add_backends(base, first)
    assert add_backends(add_backends(base, second), first) == once
    assert add_backends(once, ()).text == base.text
    assert read_config(once.text) is not None
    kept = [s for s in read_servers(once.text) if not s.backend.endswith(PROBE_SUFFIX)]
    assert kept == list(read_servers(base.text))


def test_an_identity_that_is_in_the_text_already() -> None:
    config = rendered(backend())
    bare = [line for line in config.lines if "description" not in line.text]
    assert identified(bare, "shop").text == config.text


def test_another_weight_takes_a_reload_where_an_agent_sets_them() -> None:
    settings = Settings(agent=Agent(9777, 2.0))
    configs = [
        rendered(backend(settings=settings, weight=w, outside=(replace(OUTSIDE, weight=v),)))
        for w, v in ((1, 1), (5, 1), (1, 9))
    ]
    assert len({config.structure for config in configs}) == 3


NAMED = """backend web
    default-server resolvers docker init-addr libc,none port 8080
    server web-1 shop-web-1:8080 weight 3
    server web-2 shop-web-2:8080
    server-template web- 3-6 haproxy:8080 disabled
    server db db.example.com:80
"""


def test_addresses_are_noted_and_taken_off_again() -> None:
    noted = with_addresses(NAMED, {"shop-web-1": "172.18.0.3", "shop-web-2": "fd00::3"})
    assert noted.splitlines()[2:4] == [
        "    server web-1 shop-web-1:8080 init-addr libc,172.18.0.3,none weight 3",
        "    server web-2 shop-web-2:8080 init-addr libc,fd00::3,none",
    ]
    assert without_addresses(noted) == NAMED
    assert with_addresses(NAMED, {}) == without_addresses(NAMED) == NAMED
