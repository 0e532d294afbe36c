"""Which locks are nobody's: the container that holds one was made, and never started."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest
import requests

from reconciler.desired import names
from reconciler.engine.docker.lock import held_lock
from reconciler.engine.errors import LockedError

NOW = "2026-11-30T12:00:30Z"


class Client:
    """Has a lock of somebody's that was made at a time."""

    base_url = "http+docker://localhost"
    has_started = False
    """Whether its holder, who was slow, starts it just before it is removed."""

    def __init__(self, made_at: str) -> None:
        labels = {names.ROLE: names.LOCK_ROLE, names.HOLDER: "root@build-7"}
        self.there = {
            "Id": "1",
            "Name": "/lock",
            "Created": made_at,
            "State": {"Status": "created"},
            "Config": {"Labels": labels},
        }

    def inspect_image(self, _: str) -> dict[str, Any]:
        return {"Id": "sha256:1"}

    def create_container_from_config(self, *_: object, **__: object) -> dict[str, Any]:
        raise _conflict()

    def inspect_container(self, _: str) -> dict[str, Any]:
        return self.there

    def info(self) -> dict[str, Any]:
        return {"SystemTime": NOW}

    def remove_container(self, *_: object, force: bool, **__: object) -> None:
        """As Docker does: by force also what runs by now."""
        if self.has_started and not force:
            raise _conflict()
        raise Removed


class Removed(Exception):  # noqa: N818  # no error: what the test looks for
    pass


def _conflict() -> Exception:
    response = requests.Response()
    response.status_code = 409
    error: Exception = docker.errors.APIError("conflict", response)
    return error


def take(made_at: str) -> None:
    client: Any = Client(made_at)
    with held_lock(client, "shop", "me", ["haproxy"], 0.0):
        pass


@pytest.mark.parametrize("made_at", ["2026-11-30T12:00:25Z", "sometime", ""])
def test_one_that_may_be_about_to_start_is_kept(made_at: str) -> None:
    with pytest.raises(LockedError, match="root@build-7"):
        take(made_at)


def test_one_that_never_started_is_removed() -> None:
    with pytest.raises(Removed):
        take("2026-11-30T12:00:05Z")


class Stuck(Client):
    """Has a lock that has ended, and that Docker cannot remove: its disk is busy, say."""

    def __init__(self, state: str, error: Exception) -> None:
        super().__init__("2026-11-30T12:00:05Z")
        self.there["State"] = {"Status": state}
        self.error, self.tries = error, 0

    def remove_container(self, *_: object, **__: object) -> None:
        self.tries += 1
        assert self.tries < 1000, "tried for ever"
        raise self.error


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("dead", docker.errors.APIError("driver failed to remove root filesystem")),
        ("exited", docker.errors.APIError("device or resource busy")),
        ("removing", requests.exceptions.ReadTimeout()),
    ],
)
def test_one_that_cannot_be_removed_is_told_of_in_time(state: str, error: Exception) -> None:
    client: Any = Stuck(state, error)
    with pytest.raises(LockedError), held_lock(client, "shop", "me", ["haproxy"], 0.3):
        pass


def test_one_whose_slow_holder_starts_it_meanwhile_is_his() -> None:
    client: Any = Client("2026-11-30T12:00:05Z")
    client.has_started = True
    with (
        pytest.raises(LockedError, match="root@build-7"),
        held_lock(client, "shop", "me", ["haproxy"], 0.0),
    ):
        pass
