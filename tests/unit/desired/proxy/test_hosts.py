"""Whatever is folded into maps, each host goes where the rules as written send it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.proxy.hosts import LEAST_HOSTS, fold_hosts
from reconciler.desired.proxy.routing import compile_rules
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.haproxy.model.routing import Pattern, Rule, UseBackend
from reconciler.topology.model import Frontend
from reconciler.topology.references import Contents

HOSTS = [f"h{number}.example" for number in range(40)]

plain_rules = st.fixed_dictionaries(
    {
        "host": st.lists(st.sampled_from(HOSTS), min_size=1, max_size=12),
        "backend": st.sampled_from(["a", "b", "c"]),
    }
)
other_rules = st.sampled_from(
    [
        {"host": "*.example", "path": "/never", "backend": "d"},
        {"host": "h3.example", "set_headers": {"X-A": "b"}, "backend": "d"},
        {"host": "*.example", "backend": "d"},
        {"host": "h5.example", "split": {"a": 50, "b": 50}},
    ]
)


def compiled(rules: Sequence[Mapping[str, object]]) -> tuple[Rule, ...]:
    frontend = Frontend.model_validate({"bind": 80, "default_backend": "z", "rules": rules})
    return compile_rules("www", frontend, ProxyFiles(Contents()))


def chosen(rules: tuple[Rule, ...], host: str, maps: dict[str, dict[str, str]]) -> str:
    """What a request for `/` of a host gets: a backend's name, or else what is to be done."""
    for rule in rules:
        if all(any(_met(p, host, maps) for p in c.patterns) for c in rule.conditions):
            act = rule.act
            if not isinstance(act, UseBackend):
                return type(act).__name__
            place = re.search(r"map_str\((.*)\)\]$", act.backend)
            return maps[place[1]][host] if place else act.backend
    return ""


def _met(pattern: Pattern, host: str, maps: dict[str, dict[str, str]]) -> bool:
    if pattern.fetch == "path":
        return pattern.value == "/"
    match pattern.method:
        case "str":
            return pattern.value == host
        case "end":
            return host.endswith(pattern.value)
        case _:
            place = re.search(r"map_str\((.*)\)$", pattern.fetch)
            assert place is not None
            return host in maps[place[1]]


def folded(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], dict[str, dict[str, str]]]:
    files = ProxyFiles(Contents())
    found = fold_hosts("www", rules, files)
    maps = {
        file.place: dict(line.split(" ") for line in file.content.decode().splitlines())
        for file in files.files
    }
    return found, maps


@given(st.lists(st.one_of(plain_rules, plain_rules, other_rules), max_size=12))
def test_each_host_goes_where_it_went(rules: list[dict[str, object]]) -> None:
    written = compiled(rules)
    found, maps = folded(written)
    for host in [*HOSTS, "other.example", "other.test"]:
        assert chosen(found, host, maps) == chosen(written, host, {})


def test_few_hosts_are_left_as_they_are() -> None:
    rules = compiled([{"host": HOSTS[: LEAST_HOSTS - 1], "backend": "a"}])
    assert folded(rules) == (rules, {})


def test_each_run_has_a_map() -> None:
    many: dict[str, object] = {"host": HOSTS[:LEAST_HOSTS], "backend": "a"}
    found, maps = folded(compiled([many, many, {"host": "*.example", "backend": "d"}, many]))
    assert len(found) == 3
    assert [place.rpartition("/")[2] for place in maps] == ["www-hosts-1.map", "www-hosts-2.map"]
