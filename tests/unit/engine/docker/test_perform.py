"""What Docker does only now and then: places of removed containers that linger in a network, starts
that a killed engine left half done, and limits that a kernel has no means for."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest

from reconciler.desired import names
from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.resources import ResourceLimits
from reconciler.desired.spec import ContainerSpec
from reconciler.engine.docker.perform import perform
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Patience
from reconciler.plan.actions import (
    Action,
    CreateContainer,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    StartContainer,
    Target,
    UpdateContainer,
)


class Client:
    """A network that is refused to be removed so many times."""

    def __init__(self, refusals: int, containers: dict[str, Any]) -> None:
        self.refusals, self.containers = refusals, containers

    def remove_network(self, _: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise docker.errors.APIError("network web has active endpoints")

    def inspect_network(self, _: str) -> dict[str, Any]:
        return {"Containers": self.containers}


def remove(client: Any) -> None:
    perform(client, "shop", RemoveNetwork("web", "1"), Patience(5), lambda _: None)


def test_places_that_linger_are_waited_for() -> None:
    client = Client(2, {})
    remove(client)
    assert client.refusals == 0


def test_a_container_that_is_there_is_not() -> None:
    client = Client(2, {"a": {"Name": "somebody"}})
    with pytest.raises(docker.errors.APIError, match="active endpoints"):
        remove(client)
    assert client.refusals == 1


class HalfStarted:
    """Containerd has a task of the container already."""

    def __init__(self, state: str, reason: str) -> None:
        self.state, self.reason, self.removed = state, reason, False

    def start(self, _: str) -> None:
        raise docker.errors.APIError(self.reason)

    def inspect_container(self, _: str) -> dict[str, Any]:
        return {"State": {"Status": self.state}}

    def remove_container(self, _: str, *, force: bool) -> None:
        self.removed = force


@pytest.mark.parametrize(
    ("state", "reason", "is_removed"),
    [
        ("created", f"task {'9d' * 32}: already exists", True),
        ("exited", f"task {'9d' * 32}: already exists", False),  # it has run: it may hold something
        ("created", "driver failed programming external connectivity", False),
    ],
)
def test_what_was_never_started_whole_is_made_anew(
    state: str, reason: str, is_removed: bool
) -> None:
    client: Any = HalfStarted(state, reason)
    with pytest.raises(docker.errors.APIError):
        perform(client, "shop", StartContainer(Target("web")), Patience(5), lambda _: None)
    assert client.removed is is_removed


class Named:
    """Somebody has a name, and these labels."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels
        self.removed: list[str] = []

    def inspect_container(self, reference: str) -> dict[str, Any]:
        return {"Id": "1", "Name": f"/{reference}", "Config": {"Labels": self.labels}}

    def remove_container(self, reference: str, **_: object) -> None:
        self.removed.append(reference)


OURS = {
    names.TOPOLOGY: "shop",
    names.ROLE: names.SERVER_ROLE,
    names.BACKEND: "web",
    names.SLOT: "1",
    names.NAME: "shop-web-1-0a1b2c3d",
    names.REVISION: "v1:0123456789abcdef",
}


@pytest.mark.parametrize(
    "labels", [{}, {"a": "b"}, {**OURS, names.TOPOLOGY: "other"}, {**OURS, names.ROLE: "lock"}]
)
def test_who_has_taken_a_name_meanwhile_is_left_alone(labels: dict[str, str]) -> None:
    """A batch that failed since somebody took the name of its container is undone by name."""
    client: Any = Named(labels)
    action = RemoveContainer(Target("shop-web-1-0a1b2c3d"))
    perform(client, "shop", action, Patience(5), lambda _: None)
    assert client.removed == []


def test_what_was_made_for_a_batch_is_removed_by_its_name() -> None:
    client: Any = Named(OURS)
    action = RemoveContainer(Target("shop-web-1-0a1b2c3d"))
    perform(client, "shop", action, Patience(5), lambda _: None)
    assert client.removed == ["1"]


def test_what_was_seen_is_removed_by_its_id_at_once() -> None:
    client: Any = Named({})
    perform(client, "shop", RemoveContainer(Target("web", "7")), Patience(5), lambda _: None)
    assert client.removed == ["7"]


@pytest.mark.parametrize("labels", [None, {names.TOPOLOGY: "shop"}])
def test_a_volume_that_somebody_made_meanwhile_is_left_alone(labels: dict[str, str] | None) -> None:
    class Volumes:
        def inspect_volume(self, _: str) -> dict[str, Any]:
            return {"Name": "shop-data", "Labels": labels}

    client: Any = Volumes()
    perform(client, "shop", RemoveVolume("shop-data"), Patience(5), lambda _: None)


NO_MEMORY = (
    "Your kernel does not support memory limit capabilities or the cgroup is not mounted. "
    "Limitation discarded."
)
NO_PIDS = (
    "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. "
    "PIDs limit discarded."
)
NO_SWAP = (
    "Your kernel does not support swap limit capabilities or the cgroup is not mounted. "
    "Memory limited without swap."
)
"""Docker's own words, 20.10 to 28."""


class Limitless:
    """It makes and updates containers, with these warnings."""

    api_version = "1.41"

    def __init__(self, *warnings: str) -> None:
        self.warnings, self.containers = list(warnings), set[str]()

    def create_container_from_config(self, *_: object, **__: object) -> dict[str, Any]:
        self.containers.add("web-id")
        return {"Id": "web-id", "Warnings": self.warnings}

    def remove_container(self, container: str, **_: object) -> None:
        self.containers.remove(container)

    def _url(self, path: str, *_: str) -> str:
        return path

    def _post_json(self, url: str, **_: object) -> str:
        return url

    def _result(self, *_: object, **__: object) -> dict[str, Any]:
        return {"Warnings": self.warnings}


CONTAINER = DesiredContainer(
    Slot("server", "web", 1), "web", ContainerSpec(image="web:1", memory_bytes=1 << 26), "v1:0"
)
MAKE = CreateContainer(CONTAINER, "web")
UPDATE = UpdateContainer(Target("web"), ResourceLimits(memory_bytes=1 << 26), "no")


@pytest.mark.parametrize("action", [MAKE, UPDATE])
@pytest.mark.parametrize("said", [NO_MEMORY, NO_PIDS])
def test_a_limit_that_the_engine_leaves_out_is_an_error(action: Action, said: str) -> None:
    client: Any = Limitless(NO_SWAP, said)
    with pytest.raises(EngineError) as caught:
        perform(client, "shop", action, Patience(5), lambda _: None)
    assert caught.value.diagnostic.code == "limit-discarded"
    assert caught.value.diagnostic.details == (said,)
    assert not client.containers, "what has not its limits does not stay"


@pytest.mark.parametrize("action", [MAKE, UPDATE])
def test_swap_is_left_out_quietly(action: Action) -> None:
    client: Any = Limitless(NO_SWAP)
    perform(client, "shop", action, Patience(5), lambda _: None)
    assert client.containers == ({"web-id"} if action is MAKE else set())
