"""Pull an image, with progress."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.utils import parse_repository_tag

from reconciler.engine.docker.answers import AnswerError
from reconciler.engine.docker.connect import TIMEOUT_S
from reconciler.engine.errors import CancelledError, pull_failed
from reconciler.engine.protocol import Patience, Progress, Report

_LOOK_S = 0.2
"""How long who is asked to stop goes on waiting for the next word."""


def pull(
    client: docker.APIClient, reference: str, patience: Patience, report: Report, platform: str = ""
) -> None:
    """Registry credentials are those of `docker login`: the SDK reads them. Raises EngineError."""
    sizes: dict[str, tuple[int, int]] = {}
    try:
        for item in _told(client, reference, platform, patience):
            if not isinstance(item, dict):
                raise AnswerError(f"what is told of the pull of {reference} cannot be read")
            if "error" in item:
                raise pull_failed(reference, str(item["error"]))
            detail = item.get("progressDetail") or {}
            if item.get("status") == "Downloading" and "total" in detail:
                sizes[item["id"]] = (detail["current"], detail["total"])
                done, total = (sum(column) for column in zip(*sizes.values(), strict=True))
                report(Progress(done, total))
    except docker.errors.APIError as error:
        raise pull_failed(reference, error.explanation or str(error)) from error
    except requests.exceptions.RequestException as error:
        if not _is_silence(error):
            raise
        raise pull_failed(reference, f"its registry said nothing for {TIMEOUT_S} s") from error


def _told(
    client: docker.APIClient, reference: str, platform: str, patience: Patience
) -> Iterator[dict[str, Any]]:
    """What Docker tells, one by one. A thread of its own hears it: Docker is silent for as long as
    a registry is, and who waits for that one can still be asked to stop."""
    said: queue.SimpleQueue[dict[str, Any] | BaseException | None] = queue.SimpleQueue()

    def hear() -> None:
        repository, tag = parse_repository_tag(reference)
        try:
            for item in client.pull(
                repository, tag=tag or "latest", stream=True, decode=True, platform=platform or None
            ):
                said.put(item)
            said.put(None)
        except BaseException as error:  # raised below, where it is waited for
            said.put(error)

    threading.Thread(target=hear, daemon=True, name="pull").start()
    while True:
        if patience.is_cancelled():
            raise CancelledError(f"stopped while pulling {reference}")
        try:
            item = said.get(timeout=_LOOK_S)
        except queue.Empty:
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item


def _is_silence(error: requests.exceptions.RequestException) -> bool:
    """Whether time ran out, before the first word or after it."""
    return isinstance(error, requests.exceptions.Timeout) or "Read timed out" in str(error)
