"""Two lists are two moments: what another run makes between them is no stranger's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import docker

from reconciler.desired import names
from reconciler.desired.desired import Scope
from reconciler.engine.docker.inspections import Inspections
from reconciler.engine.docker.observe import observe
from reconciler.plan.observed import Holder

NAME = "shop-web-1-0a1b2c3d"


def _item(name: str, topology: str) -> dict[str, Any]:
    """A container as a list has it."""
    return {
        "Id": f"id-of-{name}-of-{topology}",
        "Names": [f"/{name}"],
        "ImageID": "sha256:1",
        "State": "created",
        "Labels": {
            names.TOPOLOGY: topology,
            names.ROLE: names.SERVER_ROLE,
            names.BACKEND: "web",
            names.SLOT: "1",
            names.NAME: f"{topology}-web-1-0a1b2c3d",
            names.REVISION: "v1:0123456789abcdef",
        },
    }


class Engine:
    """Shows the containers of `later` in no list but the last."""

    def __init__(self, *later: dict[str, Any]) -> None:
        self.later = later
        self.api_version = "1.41"

    def containers(self, all: bool, filters: object = None) -> list[dict[str, Any]]:  # noqa: A002, ARG002  # as docker's client has it
        return [] if filters else list(self.later)

    def inspect_image(self, _: str) -> dict[str, Any]:
        return {"Id": "sha256:1", "Config": {"Labels": None}}

    def networks(self) -> list[object]:
        return []

    def volumes(self, filters: object) -> dict[str, list[object]]:
        assert filters
        return {"Volumes": []}


def _holders(engine: Engine) -> tuple[Holder, ...]:
    client = cast("docker.APIClient", engine)
    with ThreadPoolExecutor(4) as pool:
        return observe(client, pool, Scope("shop", names=(NAME,)), Inspections()).holders


def test_one_of_ours_that_came_meanwhile_is_no_holder() -> None:
    assert _holders(Engine(_item(NAME, "shop"))) == ()


def test_one_of_another_topology_is() -> None:
    (holder,) = _holders(Engine(_item(NAME, "other")))
    assert holder == Holder("name", NAME, f"container {NAME} of topology `other`")
