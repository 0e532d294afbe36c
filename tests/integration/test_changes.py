"""A change of the file touches what it is about, in the gentlest way there is, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.images import ECHO, HAPROXY, NEWEST_HAPROXY, OLDEST_HAPROXY, OTHER_HAPROXY, release_of
from tests.integration.support import tool, web
from tests.integration.support.ports import free_port, random_name
from tests.integration.support.stack import Stack, echo_backend
from tests.integration.support.versions import both_versions


def _changes(stack: Stack) -> set[tuple[str, str, str]]:
    """(verb, kind, backend) of a plan's changes."""
    return {(c["verb"], c["kind"], c["backend"]) for c in stack.plan_document()["changes"]}


@both_versions
def test_scaling_touches_no_container_that_stays(stack: Stack) -> None:
    stack.apply()
    before = stack.ids()
    worker = stack.world.workers(before["haproxy"])

    stack.backend["replicas"] = 4
    assert stack.plan_document()["impact"] == "runtime"
    stack.apply()
    up = stack.ids()
    assert up.items() > before.items()
    assert set(up) == {"haproxy", "web-1", "web-2", "web-3", "web-4"}
    stack.assert_converged()
    assert stack.world.workers(up["haproxy"]) == worker

    stack.backend["replicas"] = 1
    assert _changes(stack) == {("remove", "container", "web"), ("update", "haproxy", "")}
    stack.apply()
    assert stack.ids().items() < before.items()
    stack.assert_converged()

    stack.backend["replicas"] = 0
    stack.apply()
    assert stack.get().status == 503
    stack.backend["replicas"] = 1
    stack.apply()
    stack.assert_converged()
    assert stack.haproxy == before["haproxy"]


def test_a_changed_backend_leaves_the_others_alone(stack: Stack) -> None:
    port = free_port()
    stack.spec["backends"]["api"] = echo_backend()
    stack.spec["frontends"]["api"] = {"bind": f"127.0.0.1:{port}", "default_backend": "api"}
    stack.apply()
    before = stack.ids()

    stack.backend["labels"] = {"team": "shop"}
    assert _changes(stack) == {("replace", "container", "web"), ("update", "haproxy", "")}
    stack.apply()
    after = stack.ids()
    assert {s for s in after if after[s] != before[s]} == {"web-1", "web-2"}
    assert stack.by_slot()["web-1"]["Config"]["Labels"]["team"] == "shop"
    stack.assert_serves()
    assert web.get(port).server == before["api-1"][:12]
    assert stack.plan_document()["empty"]


def test_limits_change_in_place(stack: Stack) -> None:
    def host_config(slot: str) -> dict[str, Any]:
        config: dict[str, Any] = stack.by_slot()[slot]["HostConfig"]
        return config

    stack.apply()
    before = stack.ids()
    worker = stack.world.workers(stack.haproxy)
    stack.backend.update(resources={"cpus": 0.5, "memory": "64m"}, restart="on-failure:3")
    stack.spec["haproxy"]["resources"] = {"memory": "128m"}
    assert stack.plan_document()["impact"] == "none"
    stack.apply()
    for slot in ("web-1", "web-2"):
        config = host_config(slot)
        assert (config["NanoCpus"], config["Memory"]) == (500_000_000, 64 << 20)
        assert config["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert host_config("haproxy")["Memory"] == 128 << 20
    assert "up to date" in stack.plan().out

    stack.backend["resources"] = {
        "cpus": 0.25,
        "memory": "512m",
    }  # more memory than swap was before
    stack.apply()
    assert host_config("web-1")["Memory"] == 512 << 20
    assert stack.ids() == before
    assert stack.world.workers(stack.haproxy) == worker

    del stack.backend["resources"]["memory"]
    plan = stack.plan_document()
    assert {c["verb"] for c in plan["changes"] if c["kind"] == "container"} == {"replace"}
    assert "cannot take a limit away" in plan["changes"][0]["reason"]
    stack.apply()
    assert host_config("web-1")["Memory"] == 0
    assert host_config("web-1")["NanoCpus"] == 250_000_000
    assert stack.haproxy == before["haproxy"]
    stack.assert_converged()


def _joined(stack: Stack) -> dict[str, set[str]]:
    return {slot: set(c["NetworkSettings"]["Networks"]) for slot, c in stack.by_slot().items()}


def test_networks_are_joined_and_left_in_place(stack: Stack) -> None:
    stack.spec["haproxy"]["networks"] = ["default"]
    stack.apply()
    before, worker = stack.ids(), stack.world.workers(stack.haproxy)
    default, side = f"{stack.name}-default", f"{stack.name}-side"
    stack.spec["networks"] = {"side": None}
    stack.backend["networks"] = ["default", "side"]
    stack.apply()
    assert _joined(stack) == {
        "haproxy": {default},
        "web-1": {default, side},
        "web-2": {default, side},
    }
    stack.assert_converged()

    stack.backend["networks"] = ["default"]
    del stack.spec["networks"]
    stack.apply()
    assert _joined(stack) == {slot: {default} for slot in before}
    stack.assert_converged()
    assert stack.ids() == before
    assert stack.world.workers(stack.haproxy) == worker
    assert side not in stack.world.leftovers(stack.name)


def test_a_backend_moves_to_another_network(stack: Stack) -> None:
    stack.apply()
    stack.spec["networks"] = {"other": None}
    stack.backend["networks"] = ["other"]
    stack.apply()
    assert _joined(stack) == {slot: {f"{stack.name}-other"} for slot in stack.ids()}
    stack.assert_converged()
    assert f"{stack.name}-default" not in stack.world.leftovers(stack.name)


@both_versions
def test_a_check_is_changed_by_a_reload(stack: Stack) -> None:
    stack.apply()
    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    stack.backend["check"] = {"path": "/health", "interval": "1s"}
    plan = stack.plan_document()
    assert plan["impact"] == "reload"
    assert any("/health" in line for line in plan["config_diff"])
    ended = stack.apply()
    # The first asks the servers the new question while the old check still decides.
    assert "2 reloads" in ended.out
    assert stack.ids() == before
    assert workers.isdisjoint(stack.world.workers(stack.haproxy))
    stack.assert_converged()


def test_a_new_port_replaces_haproxy_and_says_so(stack: Stack) -> None:
    stack.apply()
    before = stack.ids()
    port = free_port()
    stack.spec["frontends"]["second"] = {"bind": f"127.0.0.1:{port}", "default_backend": "web"}
    plan = stack.plan()
    assert "Impact: interrupt" in plan.out
    assert "its ports are closed for a moment" in plan.out
    stack.apply()
    assert web.get(port).status == 200
    after = stack.ids()
    assert {s for s in after if after[s] != before[s]} == {"haproxy"}
    stack.assert_converged()


def test_backends_come_and_go(stack: Stack) -> None:
    stack.apply()
    before = stack.ids()
    stack.spec["backends"]["api"] = echo_backend(replicas=2, networks=["inner"])
    stack.spec["networks"] = {"inner": {"internal": True}}
    stack.spec["frontends"]["www"]["default_backend"] = "api"
    stack.spec["haproxy"]["networks"] = ["default", "inner"]
    stack.apply()
    after = stack.ids()
    assert after.items() > before.items()
    assert stack.servers_that_answer() == {after["api-1"][:12], after["api-2"][:12]}

    stack.spec["frontends"]["www"]["default_backend"] = "web"
    del stack.spec["backends"]["api"]
    del stack.spec["networks"]
    del stack.spec["haproxy"]["networks"]
    stack.apply()
    assert stack.ids() == before
    stack.assert_converged()
    assert f"{stack.name}-inner" not in stack.world.leftovers(stack.name)


def test_a_moved_tag_is_a_change(stack: Stack) -> None:
    api = stack.world.api
    with stack.world.tag(ECHO) as echo, stack.world.tag(HAPROXY) as haproxy:
        stack.backend["image"] = echo
        stack.spec["haproxy"]["image"] = haproxy
        stack.apply()
        before = stack.ids()
        assert "up to date" in stack.apply().out
        other = api.commit(before["web-1"], *echo.split(":"), changes=["LABEL moved=yes"])["Id"]
        try:
            assert _changes(stack) == {("replace", "container", "web"), ("update", "haproxy", "")}
            stack.apply()
            after = stack.by_slot()
            assert after["web-1"]["Image"] == other
            assert after["haproxy"]["Id"] == before["haproxy"]
            stack.assert_converged()

            stack.world.move_tag(haproxy, OTHER_HAPROXY)
            assert "Impact: interrupt" in stack.plan().out
            stack.apply()
            assert (
                stack.run("status", "-o", "json")
                .document["topologies"][0]["haproxy_version"]
                .startswith(release_of(OTHER_HAPROXY))
            )
            stack.assert_converged()
        finally:
            stack.destroy()
            api.remove_image(other, force=True)


def test_volumes_outlive_their_topology(stack: Stack) -> None:
    stack.backend["volumes"] = ["data:/data"]
    stack.apply()
    volume = f"{stack.name}-data"
    stack.world.run_in(stack.ids()["web-1"], "sh", "-c", "echo precious > /data/file")
    stack.destroy()
    assert stack.world.leftovers(stack.name) == [volume]

    stack.apply()
    read = stack.world.run_in(stack.ids()["web-2"], "cat", "/data/file")
    assert read.strip() == "precious"
    del stack.backend["volumes"]
    stack.apply()
    assert volume in stack.world.leftovers(stack.name)

    assert f"volume {volume}" in stack.destroy("--volumes").out
    stack.await_gone()


def test_what_is_left_of_a_topology_goes_without_a_registry(stack: Stack) -> None:
    """The lock is held in HAProxy's image, which is here though HAProxy is not."""
    stack.apply()
    for container in stack.ids().values():
        stack.world.remove(container)
    stack.destroy()
    stack.await_gone()


def test_a_network_is_made_anew(stack: Stack) -> None:
    stack.spec["networks"] = {"net": None}
    stack.backend["networks"] = ["net"]
    stack.spec["haproxy"]["networks"] = ["net", "default"]
    stack.apply()
    before = stack.ids()
    stack.spec["networks"] = {"net": {"internal": True}}
    assert "Impact: interrupt" in stack.plan().out
    stack.apply()
    assert stack.ids() == before
    assert stack.world.api.inspect_network(f"{stack.name}-net")["Internal"] is True
    stack.assert_converged()


def test_external_networks_are_used_and_left_alone(stack: Stack) -> None:
    name = random_name("net")
    stack.spec["networks"] = {name: {"external": True}}
    stack.backend["networks"] = [name]
    ended = stack.apply(expect=1)
    assert f"network `{name}` is external and does not exist" in ended.err
    assert stack.world.leftovers(stack.name) == []
    assert f"network `{name}` is external" in stack.plan("--detailed-exitcode", expect=1).text

    with stack.world.foreign_network(name) as network:
        stack.apply()
        stack.assert_converged()
        stack.destroy()
        assert stack.world.api.inspect_network(network)["Id"] == network


def test_several_files_at_once(stack: Stack, make_stack: Callable[[], Stack]) -> None:
    other = make_stack()
    other.write()
    ended = stack.run("apply", "--yes", str(other.file))
    assert ended.out.count("converged in") == 2
    ended = tool.run(["plan", "--detailed-exitcode", str(stack.directory)], stack.directory)
    assert ended.code == 0
    assert ended.out.count("up to date") == 2
    stack.assert_serves()
    other.assert_serves()


@pytest.mark.parametrize("haproxy_image", [OLDEST_HAPROXY, NEWEST_HAPROXY])
def test_a_frontend_has_the_name_of_its_backend(stack: Stack) -> None:
    """HAProxy 3.3 and newer take a name once."""
    stack.spec["frontends"] = {"web": stack.spec["frontends"]["www"]}
    stack.apply()
    stack.assert_converged()
    stack.backend["replicas"] = 3
    assert stack.plan_document()["impact"] == "runtime"
    stack.apply()
    stack.assert_converged()
