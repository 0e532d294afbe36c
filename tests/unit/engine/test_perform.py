"""What Docker does only now and then: places of removed containers that linger in a network."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest

from reconciler.engine.docker.perform import perform
from reconciler.engine.protocol import Patience
from reconciler.plan.actions import RemoveNetwork


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
