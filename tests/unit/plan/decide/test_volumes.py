"""Mounts and volumes, from the file to what Docker is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import Desired, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.spec import VolumeSpec, describe
from reconciler.engine.docker.translate import create_body
from tests.unit.topology.loading import read

DECLARED = """\
volumes:
  data: {driver: rexray, driver_opts: {size: 10}, labels: {team: shop}}
  media: {name: company-media}
  shared: {external: true}
  spare: {external: true, name: company-spare}
"""


def wish(mounts: str) -> Desired:
    text = f"name: shop\nbackends: {{web: {{image: a, port: 1, volumes: {mounts}}}}}\n{DECLARED}"
    topology = read(text).topology
    assert topology is not None
    return compile_topology(topology, "/etc/shop")


MOUNTS: dict[str, tuple[dict[str, Any], str]] = {
    "{type: volume, source: data, target: /d, volume: {nocopy: true}}": (
        {
            "Type": "volume",
            "Source": "shop-data",
            "Target": "/d",
            "ReadOnly": False,
            "VolumeOptions": {"NoCopy": True},
        },
        "shop-data:/d:nocopy",
    ),
    "{type: bind, source: ./x, target: /d, read_only: true, bind: {propagation: rslave}}": (
        {
            "Type": "bind",
            "Source": "/etc/shop/x",
            "Target": "/d",
            "ReadOnly": True,
            "BindOptions": {"Propagation": "rslave"},
        },
        "/etc/shop/x:/d:ro,rslave",
    ),
    "{type: tmpfs, target: /d, tmpfs: {size: 1m, mode: 0755}}": (
        {
            "Type": "tmpfs",
            "Source": "",
            "Target": "/d",
            "ReadOnly": False,
            "TmpfsOptions": {"SizeBytes": 1024**2, "Mode": 0o755},
        },
        "tmpfs:/d:size=1048576,mode=755",
    ),
    "'spare:/d:ro'": (
        {"Type": "volume", "Source": "company-spare", "Target": "/d", "ReadOnly": True},
        "company-spare:/d:ro",
    ),
}


@pytest.mark.parametrize(("mount", "expected"), MOUNTS.items(), ids=MOUNTS.keys())
def test_a_mount(mount: str, expected: tuple[dict[str, Any], str]) -> None:
    body, text = expected
    container = wish(f"[{mount}]").containers[Slot(SERVER_ROLE, "web", 1)]
    assert create_body("shop", container, container.name)["HostConfig"]["Mounts"] == [body]
    assert describe(container.spec, {})["mounts"] == text


def test_volumes_that_are_used_and_no_others() -> None:
    found = wish("['data:/a', 'media:/b', 'shared:/c', 'other:/d', {type: tmpfs, target: /e}]")
    assert list(found.volumes.values()) == [
        VolumeSpec("company-media"),
        VolumeSpec("shared", external=True),
        VolumeSpec("shop-data", "rexray", (("size", "10"),), (("team", "shop"),)),
        VolumeSpec("shop-other"),
    ]
