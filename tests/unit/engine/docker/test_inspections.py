"""Details of containers are asked for once, and again when anything is heard of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.engine.docker import inspections as module
from reconciler.engine.docker.inspections import Inspections

ITEM: dict[str, Any] = {
    "Id": "a",
    "Names": ["/web-1"],
    "State": "running",
    "Status": "Up 3 minutes (healthy)",
    "NetworkSettings": {"Networks": {"net": {"NetworkID": "n", "IPAddress": "10.0.0.2"}}},
}


class Client:
    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.asked = 0
        self.meanwhile = meanwhile

    def inspect_container(self, _: str) -> int:
        self.asked += 1
        self.meanwhile()
        return self.asked


def look(kept: Inspections, client: Client, item: dict[str, Any]) -> object:
    """As an observation does."""
    return kept.known(item) or kept.inspect(client, item)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Inspections:
    monkeypatch.setattr(module, "observed_container", lambda inspected: inspected)
    made = Inspections()
    made.begin()
    return made


def test_once_and_again_when_something_is_heard(kept: Inspections) -> None:
    client = Client()
    for _ in range(3):
        assert look(kept, client, ITEM) == 1
    kept.forget("b")
    look(kept, client, ITEM)
    assert client.asked == 1
    kept.forget("a")
    look(kept, client, ITEM)
    assert client.asked == 2
    kept.forget_all()
    look(kept, client, ITEM)
    assert client.asked == 3


@pytest.mark.parametrize(
    "change",
    [
        {"State": "exited"},
        {"Status": "Up 3 minutes (unhealthy)"},
        {"Names": ["/other"]},
        {"NetworkSettings": {"Networks": {}}},
    ],
    ids=str,
)
def test_again_when_the_list_shows_another_state(kept: Inspections, change: dict[str, Any]) -> None:
    client = Client()
    look(kept, client, ITEM)
    look(kept, client, {**ITEM, "Status": "Up 4 minutes (healthy)"})
    assert client.asked == 1
    look(kept, client, {**ITEM, **change})
    assert client.asked == 2


def test_who_hears_nothing_keeps_nothing(kept: Inspections) -> None:
    client = Client()
    look(kept, client, ITEM)
    kept.end()
    for _ in range(3):
        look(kept, client, ITEM)
    assert client.asked == 4


def test_what_changed_while_it_was_looked_at_is_not_kept(kept: Inspections) -> None:
    client = Client(meanwhile=lambda: kept.forget("a"))
    look(kept, client, ITEM)
    look(kept, client, ITEM)
    assert client.asked == 2
