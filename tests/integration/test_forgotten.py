"""Topologies without their files: `ls`, and `destroy --name`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from tests.integration.support import tool
from tests.integration.support.stack import Stack

SCHEMA = Path(__file__).parents[2] / "schemas" / "listing.v1.json"


def test_a_topology_whose_file_is_gone(stack: Stack) -> None:
    def run(*arguments: str) -> tool.Ended:
        return tool.run(arguments, stack.directory, env=stack.env)

    stack.backend["volumes"] = ["data:/data"]
    stack.spec["volumes"] = {"data": None}
    stack.apply()
    stack.file.unlink()
    document = run("ls", "--output", "json").document
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    (seen,) = [one for one in document["topologies"] if one["topology"] == stack.name]
    assert (seen["containers"], seen["running"]) == (3, 3)
    assert (seen["servers"], seen["servers_up"]) == (2, 2)
    assert f"127.0.0.1:{stack.port}" in seen["ports"]
    assert stack.name in run("ls").out

    refused = run("destroy", "--name", stack.name)
    assert (refused.code, "add --yes" in refused.err) == (1, True)
    assert run("destroy", "--yes", "--volumes", "--name", stack.name).code == 0
    assert stack.name not in run("ls").out
    assert stack.world.leftovers(stack.name) == []


def test_a_name_that_is_none(tmp_path: Path) -> None:
    ended = tool.run(["destroy", "--yes", "--name", "K!"], tmp_path)
    assert (ended.code, "cannot be a name" in ended.err) == (1, True)
    both = tool.run(["destroy", "--yes", "--name", "k", "k.yaml"], tmp_path)
    assert (both.code, "a file is named" in both.err) == (1, True)
