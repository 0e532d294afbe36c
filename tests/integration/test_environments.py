"""One file and what it includes, alone and under its overlay: applied, changed, served, removed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.images import ECHO
from tests.integration.support.example import DIRECTORY
from tests.integration.support.stack import Stack

ENVIRONMENTS = DIRECTORY / "environments"


def test_an_environment_over_a_file(stack: Stack, haproxy_image: str, tmp_path: Path) -> None:
    stack.env |= {"ECHO_IMAGE": ECHO, "HAPROXY_IMAGE": haproxy_image}
    stack.text = (
        (ENVIRONMENTS / "base.yaml")
        .read_text(encoding="utf-8")
        .replace("./proxy.yaml", str(ENVIRONMENTS / "proxy.yaml"))
    )
    own = tmp_path / "own.yaml"
    bind = {"bind": f"127.0.0.1:{stack.port}"}
    own.write_text(json.dumps({"name": stack.name, "frontends": {"www": bind}}), encoding="utf-8")
    here = ("--overlay", str(own))
    production = ("--overlay", str(ENVIRONMENTS / "production.yaml"))

    stack.apply(*here)
    assert set(stack.ids()) == {"web-1", "haproxy"}
    assert stack.get().status == 200

    stack.apply(*here, *production, "--profile", "debug")
    assert set(stack.ids()) == {"web-1", "web-2", "web-3", "debugger-1", "haproxy"}
    env = stack.by_slot()["web-1"]["Config"]["Env"]
    assert "LOG_LEVEL=warning" in env
    assert not [pair for pair in env if pair.startswith("GREETING=")]
    assert stack.get().status == 200
    plan = stack.run("plan", *here, *production, "--profile", "debug", "--output", "json")
    assert plan.document["plans"][0]["empty"]

    stack.destroy(*here)
    assert stack.ids() == {}
