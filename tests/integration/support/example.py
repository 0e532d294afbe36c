"""A file of topologies/ made harmless: its own name, free ports and subnets, the tests' images."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.images import ECHO
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Spec, Stack
from tests.integration.support.subnets import free_subnet

DIRECTORY = Path(__file__).parents[3] / "topologies"
WITH_A_TEST_OF_THEIR_OWN = {"patroni.yaml"}
FILES = sorted({file.name for file in DIRECTORY.glob("*.y*ml")} - WITH_A_TEST_OF_THEIR_OWN)


def borrow(stack: Stack, file: str, haproxy_image: str) -> Spec:
    """Make `stack` a copy of an example. Its content, anchors and merges resolved, is returned."""
    copied = stack.directory / "topologies"
    shutil.copytree(DIRECTORY, copied)
    stack.file = copied / file
    text = stack.file.read_text(encoding="utf-8")
    for variable in re.findall(r"(?<!\$)\$\{?([A-Za-z_][A-Za-z0-9_]*)(?:\}|:?\?)?", text):
        stack.env.setdefault(variable, f"value-of-{variable.lower()}")
    stack.env |= {"ECHO_IMAGE": ECHO, "HAPROXY_IMAGE": haproxy_image}
    spec: Spec = YAML(typ="safe").load(text)
    for source in [*spec.get("secrets", {}).values(), *spec.get("configs", {}).values()]:
        if "environment" in source:
            stack.env.setdefault(source["environment"], "value-of-a-variable")
    _replace_images(spec, haproxy_image)
    spec["name"] = stack.name
    spec = {key: value for key, value in spec.items() if not key.startswith("x-")}
    for frontend in spec.get("frontends", {}).values():
        frontend["bind"] = [_moved(bind) for bind in _listed(frontend["bind"])]
    for network in filter(None, (spec.get("networks") or {}).values()):
        if "subnet" in network:
            network["subnet"] = free_subnet()
    if "stats" in spec:
        spec["stats"] = _moved_stats(spec["stats"])
    stack.spec = spec
    return spec


def ports_of(frontend: Spec) -> list[tuple[int, bool]]:
    """Each with whether it speaks TLS."""
    return [(bind["port"], "tls" in bind or "tls" in frontend) for bind in frontend["bind"]]


def external_networks(spec: Spec) -> list[str]:
    return [
        name for name, net in (spec.get("networks") or {}).items() if (net or {}).get("external")
    ]


def rename_network(spec: Spec, before: str, after: str) -> None:
    """An external network's name is its identity on the engine, which others have, too."""
    spec["networks"][after] = spec["networks"].pop(before)
    for owner in [*spec["backends"].values(), spec.get("haproxy", {})]:
        if "networks" in owner:
            owner["networks"] = [after if n == before else n for n in _listed(owner["networks"])]


def outside_servers(spec: Spec) -> list[Spec]:
    """All servers that are no containers, in their long form, to be given addresses that answer."""
    found: list[Spec] = []
    for backend in spec["backends"].values():
        if "servers" in backend:
            servers = _listed(backend["servers"])
            backend["servers"] = [s if isinstance(s, dict) else {} for s in servers]
            found += backend["servers"]
    return found


def _replace_images(spec: Spec, haproxy_image: str) -> None:
    for backend in spec.get("backends", {}).values():
        if "echo-server" in backend.get("image", ""):
            backend["image"] = ECHO
    spec.setdefault("haproxy", {})["image"] = haproxy_image


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _moved(bind: Any) -> Spec:
    long = bind if isinstance(bind, dict) else {"address": str(bind).rpartition(":")[0]}
    address = long.get("address")
    own = address if str(address).startswith("127.") else "127.0.0.1"
    return {**long, "address": own, "port": free_port()}


def _moved_stats(stats: Any) -> Any:
    return {**stats, "port": free_port()} if isinstance(stats, dict) else {"port": free_port()}
