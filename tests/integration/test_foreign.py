"""What is not ours is never touched, and told about before anything changes."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable

import pytest

from reconciler.desired import names
from tests.images import ECHO
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack


def test_a_held_name(stack: Stack) -> None:
    wanted = next(
        change["name"] for change in stack.plan_document()["changes"] if change["backend"] == "web"
    )
    with stack.world.foreign_container(wanted) as other:
        for ended in (stack.apply(expect=1), stack.plan(expect=1)):
            assert f"the name `{wanted}` is held by container {wanted}" in ended.text
        assert stack.world.leftovers(stack.name) == []
        assert stack.world.api.inspect_container(other)["State"]["Running"]
    stack.apply()
    stack.assert_converged()


def test_a_held_port(stack: Stack) -> None:
    port = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
    with stack.world.foreign_container(HostConfig={"PortBindings": port}) as other:
        name = stack.world.api.inspect_container(other)["Name"].lstrip("/")
        ended = stack.apply(expect=1)
        assert f"127.0.0.1:{stack.port} of the host is held by container {name}" in ended.err
        assert stack.world.leftovers(stack.name) == []
        assert stack.world.api.inspect_container(other)["State"]["Running"]


def test_a_port_held_by_another_topology(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    stack.apply()
    other = make_stack()
    other.spec["frontends"]["www"]["bind"] = f"127.0.0.1:{stack.port}"
    ended = other.apply(expect=1)
    assert f"of topology `{stack.name}`" in ended.err
    assert other.world.leftovers(other.name) == []
    stack.assert_converged()


def test_a_port_held_by_a_program(stack: Stack) -> None:
    """It is named before anything is made or stopped; what serves then goes on to serve."""
    with socket.create_server(("127.0.0.1", stack.port)):
        _assert_refused(stack, stack.port)
        assert not stack.containers()
    stack.apply()
    before = stack.all_ids()
    taken = free_port()
    stack.spec["frontends"]["second"] = {"bind": f"127.0.0.1:{taken}", "default_backend": "web"}
    with socket.create_server(("127.0.0.1", taken)):
        _assert_refused(stack, taken)
        assert stack.get().status == 200
        assert stack.all_ids() == before
    stack.apply()
    stack.assert_converged()


def _assert_refused(stack: Stack, port: int) -> None:
    text = stack.apply(expect=1).text
    assert f"port 127.0.0.1:{port} of the host is held by " in text
    assert f"process {os.getpid()}" in text


def test_topologies_keep_apart(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    other = make_stack()
    labels = {names.TOPOLOGY + "x": stack.name, names.ROLE: names.SERVER_ROLE}
    with stack.world.foreign_container(f"{stack.name}-web-9-aaaaaaaa", Labels=labels) as foreign:
        stack.apply()
        other.apply()
        theirs = other.ids()
        stack.backend["env"] = {"VERSION": "2"}
        stack.apply()
        stack.destroy("--volumes")
        stack.await_gone()
        assert other.ids() == theirs
        assert "up to date" in other.plan().out
        other.assert_serves()
        assert stack.world.api.inspect_container(foreign)["State"]["Running"]


def test_a_network_of_that_name(stack: Stack) -> None:
    with stack.world.foreign_network(f"{stack.name}-default") as network:
        ended = stack.apply(expect=1)
        assert "was not made by this tool" in ended.err
        assert stack.world.leftovers(stack.name) == []
        assert stack.world.api.inspect_network(network)["Containers"] == {}


def test_what_is_not_in_the_file_goes(stack: Stack) -> None:
    """A container with all the labels that we give is ours, whoever made it: the file decides."""
    stack.apply()
    name = f"{stack.name}-web-7-00000000"
    labels = {
        names.REVISION: "v1:" + "0" * 16,
        names.NAME: name,
        names.TOPOLOGY: stack.name,
        names.ROLE: names.SERVER_ROLE,
        names.BACKEND: "web",
        names.SLOT: "7",
    }
    with stack.world.foreign_container(name, Labels=labels, Image=ECHO):
        assert (
            json.loads(stack.plan("-o", "json").out)["plans"][0]["changes"][0]["verb"] == "remove"
        )
        stack.apply()
        stack.assert_converged()


def test_a_copy_of_a_container_is_its_owners(stack: Stack) -> None:
    """`docker commit` writes our labels into an image, and what runs from it has them, too."""
    stack.apply()
    api, copied = stack.world.api, stack.ids()["web-1"]
    image = api.commit(copied, repository=f"copy-{stack.name}")["Id"]
    copy = api.create_container_from_config({"Image": image})["Id"]
    try:
        api.start(copy)
        assert "up to date" in stack.plan("--detailed-exitcode").out
        stack.backend["env"] = {"VERSION": "2"}
        stack.apply()
        stack.destroy()
        assert api.inspect_container(copy)["State"]["Running"]
    finally:
        stack.world.remove(copy)
        api.remove_image(image, force=True)


@pytest.mark.parametrize("damage", [{names.REVISION: "3"}, {names.NAME: "mine"}, {names.SLOT: "x"}])
def test_labels_that_the_tool_would_not_give_order_nothing(
    stack: Stack, damage: dict[str, str]
) -> None:
    """Somebody has copied them from `docker inspect` to something of his own."""
    stack.apply()
    labels = stack.by_slot()["web-1"]["Config"]["Labels"]
    with stack.world.foreign_container(Labels={**labels, **damage}) as other:
        assert "up to date" in stack.plan().out
        stack.destroy()
        assert stack.world.api.inspect_container(other)["State"]["Running"]
