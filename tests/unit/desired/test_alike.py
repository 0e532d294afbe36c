"""What means the same is the same container, in whatever order and spelling the file has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.spec import describe, is_alike
from reconciler.topology.load import load_topology


def described(**backend: Any) -> dict[str, str]:
    text = {
        "name": "shop",
        "backends": {"web": {"image": "nginx", **backend}},
        "volumes": {"data": None, "more": None},
    }
    loaded = load_topology(json.dumps(text).encode(), "shop.yaml", {})
    assert loaded.topology is not None, loaded.diagnostics
    container = compile_topology(loaded.topology, "/srv").containers[Slot(SERVER_ROLE, "web", 1)]
    return describe(container.spec, container.sensitive)


STOP_FIRST = {"rollout": {"order": "stop-first"}}

SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tag": ({"image": "nginx"}, {"image": "nginx:latest"}),
    "library": ({"image": "nginx:1"}, {"image": "docker.io/library/nginx:1"}),
    "registry": ({"image": "shop/web:1"}, {"image": "docker.io/shop/web:1"}),
    "index": ({"image": "shop/web"}, {"image": "index.docker.io/shop/web:latest"}),
    "own registry": ({"image": "r.example:5000/web"}, {"image": "r.example:5000/web:latest"}),
    "volumes": ({"volumes": ["data:/a", "more:/b"]}, {"volumes": ["more:/b/", "data:/a"]}),
    "bind": ({"volumes": ["./x/:/a:ro"]}, {"volumes": ["./x:/a/:ro"]}),
    "the root": ({"volumes": ["/:/host"]}, {"volumes": ["/:/host/"]}),
    "devices": (
        {"devices": ["/dev/null:/dev/x", "/dev/zero"]},
        {"devices": ["/dev/zero:/dev/zero:rwm", "/dev/null:/dev/x:rwm"]},
    ),
    "hosts": (
        {"extra_hosts": ["a:192.0.2.1", "b:192.0.2.2"]},
        {"extra_hosts": {"b": "192.0.2.2", "a": "192.0.2.1"}},
    ),
    "options of dns": ({"dns_opt": ["ndots:2", "rotate"]}, {"dns_opt": ["rotate", "ndots:2"]}),
    "tmpfs": ({"tmpfs": ["/run", "/tmp"]}, {"tmpfs": ["/tmp/", "/run"]}),
    "capabilities": ({"cap_add": ["NET_ADMIN"]}, {"cap_add": ["CAP_NET_ADMIN"]}),
    "privileges": (
        {"security_opt": ["no-new-privileges"]},
        {"security_opt": ["no-new-privileges:true"]},
    ),
    "signal": ({"stop_signal": "SIGUSR1"}, {"stop_signal": "USR1"}),
    "directory": ({"working_dir": "/srv/"}, {"working_dir": "/srv"}),
    "expose": ({"expose": ["80", "81/udp"]}, {"expose": ["81/udp", "80/tcp"]}),
    "ports": (
        {"ports": ["81:81", "80:80"], **STOP_FIRST},
        {"ports": ["80:80/tcp", "81:81"], **STOP_FIRST},
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_what_means_the_same(what: str) -> None:
    one, other = (described(**backend) for backend in SAME[what])
    assert one == other or is_alike(one, other)


OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tag": ({"image": "nginx"}, {"image": "nginx:1"}),
    "registry": ({"image": "shop/web"}, {"image": "r.example/shop/web"}),
    "digest": ({"image": "nginx"}, {"image": f"nginx@sha256:{'ab' * 32}"}),
    "order of commands": ({"command": ["a", "b"]}, {"command": ["b", "a"]}),
    "order of nameservers": (
        {"dns": ["192.0.2.1", "192.0.2.2"]},
        {"dns": ["192.0.2.2", "192.0.2.1"]},
    ),
    "order of domains": ({"dns_search": ["a.example", "b"]}, {"dns_search": ["b", "a.example"]}),
    "a volume less": ({"volumes": ["data:/a", "more:/b"]}, {"volumes": ["data:/a"]}),
    "targets": ({"volumes": ["data:/a", "more:/b"]}, {"volumes": ["data:/b", "more:/a"]}),
    "env": ({"env": {"A": "1/"}}, {"env": {"A": "1"}}),
    "udp": ({"ports": ["80:80"], **STOP_FIRST}, {"ports": ["80:80/udp"], **STOP_FIRST}),
    "capabilities": ({"cap_add": ["NET_ADMIN"]}, {"cap_drop": ["NET_ADMIN"]}),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_means_another_thing(what: str) -> None:
    one, other = (described(**backend) for backend in OTHERS[what])
    assert not is_alike(one, other)


def test_what_is_told_by_no_text_counts() -> None:
    """Two revisions, and each text the same: something differs that is not described."""
    same = described()
    assert not is_alike(same, dict(same))
