"""For every rule of a frontend there is a request that it alone decides, or a warning."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.topology.model import Topology
from reconciler.topology.rules import check_rules

HOSTS = ("a.test", "b.a.test", "c.b.a.test", "other.test")
PATHS = ("/", "/api", "/api/", "/api/x", "/apis", "/else")
METHODS = ("GET", "PUT", "OTHER")
VALUES = (None, "1", "2", "3")


def some(*items: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=2, unique=True)


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "host": some("a.test", "*.a.test", "b.a.test", "*.b.a.test"),
        "path": some("/", "/api", "/api/x"),
        "path_prefix": some("/", "/api", "/api/"),
        "method": some("GET", "PUT"),
        "header": st.fixed_dictionaries({"X": st.sampled_from([True, False, "1", ["1", "2"]])}),
    },
)


@given(st.lists(WISHES, min_size=1, max_size=5))
def test_each_rule_decides_something_or_is_told(wishes: list[dict[str, Any]]) -> None:
    warned = warned_of(wishes)
    decided = {
        next((i for i, wish in enumerate(wishes) if matches(wish, *request)), None)
        for request in product(HOSTS, PATHS, METHODS, VALUES)
    }
    assert set(range(len(wishes))) - warned == decided - {None}


def warned_of(wishes: list[dict[str, Any]]) -> set[int]:
    """The rules that a warning says are never reached."""
    topology = Topology.model_validate(
        {
            "name": "shop",
            "backends": {"web": {"image": "app:1", "port": 80}},
            "frontends": {
                "www": {"bind": 80, "rules": [{**wish, "backend": "web"} for wish in wishes]}
            },
        }
    )
    found: set[int] = set()
    for finding in check_rules(topology):
        if finding.code == "unreachable-rule":
            number = finding.place.path[3]
            assert isinstance(number, int)
            is_taker = "gets past" in finding.message
            found |= set(range(number + 1, len(wishes))) if is_taker else {number}
    return found


def matches(wish: dict[str, Any], host: str, path: str, method: str, value: str | None) -> bool:
    return (
        any(is_host(host, item) for item in wish.get("host", [host]))
        and path in wish.get("path", [path])
        and any(is_below(path, item) for item in wish.get("path_prefix", ["/"]))
        and method in wish.get("method", [method])
        and is_value(value, wish.get("header", {}).get("X"))
    )


def is_host(host: str, item: str) -> bool:
    return host.endswith(item[1:]) if item.startswith("*") else host == item


def is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.removesuffix("/") + "/")


def is_value(value: str | None, wish: Any) -> bool:
    if wish is None or isinstance(wish, bool):
        return wish is None or (value is not None) == wish
    return value in ([wish] if isinstance(wish, str) else wish)
