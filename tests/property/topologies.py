"""Topologies to try: small, all of one name, and near enough to each other that changes matter."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired
from reconciler.diagnostics.diagnostic import Severity
from reconciler.topology.model import Topology
from reconciler.topology.rules import check_rules

NAME = "shop"
IMAGES = ("app:1", "app:2", "tool:1")
PROXY_IMAGES = ("haproxy:1", "haproxy:2")
SHARED_NETWORK = "shared"
"""An external network, which every world here has."""

_checks = st.sampled_from(["tcp", "/health", "/ready", False])
_maybe = st.booleans()
ROLLOUTS: tuple[dict[str, Any], ...] = (
    {},
    {"max_surge": 1},
    {"max_surge": 2, "drain_timeout": "5s"},
    {"max_surge": "50%", "max_unavailable": "50%"},
    {"max_surge": 1, "max_unavailable": 1},
    {"max_surge": 0, "max_unavailable": 1},
    {"max_surge": 0, "max_unavailable": 2, "on_failure": "pause"},
    {"order": "stop-first"},
    {"order": "stop-first", "max_unavailable": 2, "ready_timeout": "5s"},
    {"min_ready": "1s", "guard": {"window": "1s"}},
    {"max_surge": "100%", "on_failure": "pause"},
    {"max_surge": 9, "on_failure": "pause", "guard": {"window": "1s"}},
)
_rollouts = st.sampled_from(ROLLOUTS)
_outside = st.sampled_from(
    [
        "10.9.9.9:80",
        {"name": "old", "address": "127.0.0.1", "weight": 3},
        {"name": "spare", "address": "db.example.com", "port": 81, "maxconn": 5, "backup": True},
    ]
)
_balances = st.sampled_from(
    ["roundrobin", "leastconn", "source", {"algorithm": "source", "hash_type": "consistent"}]
)


@st.composite
def _backend(draw: st.DrawFn, networks: list[str], *, checked: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "image": draw(st.sampled_from(IMAGES)),
        "replicas": draw(st.integers(0, 3)),
        "port": draw(st.sampled_from([8080, 9090])),
        "networks": draw(st.lists(st.sampled_from(networks), min_size=1, unique=True)),
        "check": "tcp" if checked else draw(_checks),
    }
    if draw(_maybe):
        found["env"] = {"LEVEL": draw(st.sampled_from(["info", "debug"]))}
    if draw(_maybe):
        found["resources"] = {"memory": draw(st.sampled_from(["64m", "128m"]))}
    if draw(_maybe):
        found["volumes"] = [f"{draw(st.sampled_from(['data', 'cache']))}:/data"]
    if draw(_maybe):
        found["healthcheck"] = {"test": "true"}
    if draw(_maybe):
        found["restart"] = "no"
    if draw(_maybe):
        found |= {"rollout": draw(_rollouts), "balance": draw(_balances)}
    if draw(_maybe):
        found |= {"weight": draw(st.sampled_from([0, 1, 5])), "maxconn": 20}
    if outside := draw(st.lists(_outside, max_size=2, unique_by=str)):
        found["servers"] = outside
    if draw(_maybe):
        found["before"] = draw(st.sampled_from([["migrate"], ["migrate", {"image": "tool:1"}]]))
    return found


@st.composite
def _others(draw: st.DrawFn, backends: dict[str, Any], *, checked: bool) -> dict[str, Any]:
    """Backends that have the containers of these, at another port."""
    names = draw(st.lists(st.sampled_from(sorted(backends)), max_size=2)) if backends else []
    return {
        f"other-{number}": {
            "containers_of": name,
            "port": draw(st.sampled_from([7000, 7001])),
            "check": "tcp" if checked else draw(_checks),
        }
        for number, name in enumerate(names)
    }


@st.composite
def _with_ports(draw: st.DrawFn, backends: dict[str, Any]) -> dict[str, Any]:
    """Some of them with a port of the host for each container, which cannot have another beside
    it: also ports that another one has in another topology, or another container of its own."""
    ports = draw(st.permutations(["7000-7002:80", "7003-7005:80", "7006-7008:80"]))
    shifted = draw(st.sampled_from([0, 1]))
    alone = draw(st.lists(st.sampled_from(sorted(backends)), unique=True)) if backends else []
    return {
        name: {
            **backend,
            "ports": [_shifted(ports[at], shifted)],
            "rollout": {"order": "stop-first"},
        }
        if name in alone
        else backend
        for at, (name, backend) in enumerate(backends.items())
    }


def _shifted(ports: str, by: int) -> str:
    first, last = ports.removesuffix(":80").split("-")
    return f"{int(first) + by}-{int(last) + by}:80"


@st.composite
def files(draw: st.DrawFn, *, checked: bool = False) -> dict[str, Any]:
    """A topology as its file says it. `checked`: all backends have a check."""
    own = draw(st.lists(st.sampled_from(["front", "back"]), unique=True))
    networks: dict[str, Any] = {
        name: {"driver": draw(st.sampled_from(["bridge", "custom"]))} for name in own
    }
    if draw(_maybe):
        networks[SHARED_NETWORK] = {"external": True}
    names = draw(st.lists(st.sampled_from(["api", "web", "jobs"]), unique=True))
    usable = [*networks, "default"]
    backends = {name: draw(_backend(usable, checked=checked)) for name in names}
    if not checked:
        backends = draw(_with_ports(backends))
    backends |= draw(_others(backends, checked=checked))
    frontends = {
        f"on-{port}": {"bind": port, "default_backend": draw(st.sampled_from(sorted(backends)))}
        for port in draw(st.lists(st.sampled_from([80, 81]), unique=True))
        if names
    }
    found: dict[str, Any] = {
        "name": NAME,
        "networks": networks,
        "backends": backends,
        "frontends": frontends,
        "haproxy": {"image": draw(st.sampled_from(PROXY_IMAGES))},
    }
    if draw(_maybe):
        found["stats"] = draw(st.sampled_from([8404, 8405]))
    if draw(_maybe):
        found["haproxy"]["maxconn"] = 100
    if draw(_maybe):
        found["haproxy"]["resources"] = {"cpus": 0.5}
    match draw(st.sampled_from(["host", "handover", "", ""])):
        case "host":
            return _on_host(found)
        case "handover":
            found["haproxy"]["upgrade"] = "handover"
    return found


def _on_host(file: dict[str, Any]) -> dict[str, Any]:
    """The same with HAProxy on the host's network, from where it reaches all that is on `back`."""
    back = {**file["networks"].get("back", {}), "subnet": "10.7.0.0/24"}
    backends = {
        name: {**backend, "networks": list(dict.fromkeys([*backend["networks"], "back"]))}
        if "image" in backend
        else backend
        for name, backend in file["backends"].items()
    }
    haproxy = {**file["haproxy"], "network": "host"}
    networks = {**file["networks"], "back": back}
    return {**file, "networks": networks, "backends": backends, "haproxy": haproxy}


def wish_of(file: dict[str, Any]) -> Desired:
    topology = Topology.model_validate(file)
    broken = [f for f in check_rules(topology) if f.severity is Severity.ERROR]
    assert not broken, broken
    return compile_topology(topology, "/srv")


@st.composite
def rollouts(draw: st.DrawFn) -> tuple[Desired, Desired]:
    """Two wishes with checks, and nothing between them that would have to interrupt traffic."""
    before = draw(files(checked=True))
    networks = [*before["networks"], "default"]
    after = {**before, "haproxy": {**before["haproxy"]}}
    after["backends"] = {
        name: draw(st.one_of(st.just(backend), _backend(networks, checked=True)))
        if "image" in backend
        else backend
        for name, backend in before["backends"].items()
    }
    if draw(_maybe):
        after["backends"]["new"] = draw(_backend(networks, checked=True))
    if draw(_maybe):
        own = {name: b for name, b in after["backends"].items() if "image" in b}
        after["backends"] = own | draw(_others(own, checked=True))
    after["frontends"] = {
        name: {**frontend, "default_backend": draw(st.sampled_from(list(after["backends"])))}
        for name, frontend in before["frontends"].items()
    }
    if draw(_maybe):
        after["haproxy"]["maxconn"] = 200
    if {"network", "upgrade"} & before["haproxy"].keys():
        after["haproxy"]["image"] = draw(st.sampled_from(PROXY_IMAGES))
    if "network" in before["haproxy"]:
        after = _on_host(after)
    return wish_of(before), wish_of(after)


_TAKES_A_ROLL = {
    "image": st.sampled_from(IMAGES),
    "replicas": st.integers(0, 7),
    "env": st.sampled_from([{"LEVEL": "info"}, {"LEVEL": "debug"}]),
    "weight": st.sampled_from([1, 5]),
    "maxconn": st.sampled_from([20, 30]),
    "rollout": _rollouts,
}


@st.composite
def rolls(draw: st.DrawFn) -> tuple[Desired, Desired]:
    """Two wishes that differ in servers and in nothing that a running HAProxy cannot be told."""
    names = draw(st.lists(st.sampled_from(["api", "web"]), min_size=1, unique=True))
    plain = {"port": 8080, "balance": draw(st.sampled_from(["roundrobin", "leastconn"]))}
    before = {
        name: {
            **plain,
            "check": draw(_checks),
            "image": draw(st.sampled_from(IMAGES)),
            "replicas": draw(st.integers(0, 7)),
        }
        for name in names
    }
    after = {
        name: {
            **backend,
            **{
                key: draw(_TAKES_A_ROLL[key])
                for key in sorted(
                    draw(st.sets(st.sampled_from(sorted(_TAKES_A_ROLL)), min_size=1)) | {"rollout"}
                )
            },
        }
        for name, backend in before.items()
    }
    for backends in (before, after):  # nobody sends traffic to these
        backends["jobs"] = {
            "image": draw(st.sampled_from(IMAGES)),
            "replicas": draw(st.integers(0, 4)),
            "rollout": draw(_rollouts),
            "depends_on": draw(st.sampled_from([[], [names[0]]])),
        }
        backends["other"] = {**plain, "port": 9000, "containers_of": names[-1], "check": "tcp"}
    frontends = {"on-80": {"bind": 80, "default_backend": names[0]}}
    frontends |= {
        "on-81": {"bind": 81, "default_backend": draw(st.sampled_from([names[-1], "other"]))}
    }
    old, new = (
        wish_of(
            {
                "name": NAME,
                "backends": backends,
                "frontends": frontends,
                "haproxy": {"image": PROXY_IMAGES[0]},
            }
        )
        for backends in (before, after)
    )
    return old, new


wishes = files().map(wish_of)
