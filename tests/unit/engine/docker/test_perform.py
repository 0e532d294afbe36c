"""What Docker does only now and then: places of removed containers that linger in a network, and
starts that a killed engine left half done."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest

from reconciler.engine.docker.perform import perform
from reconciler.engine.protocol import Patience
from reconciler.plan.actions import RemoveNetwork, StartContainer, Target


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
