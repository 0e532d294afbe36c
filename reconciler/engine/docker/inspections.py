"""What Docker told of containers in detail, kept for as long as nothing is heard of them.

A list is one request, however many containers; details are one each. A daemon, which hears of every
change, asks for those of a container again only when it heard of it, when the list shows it in
another state, or after some minutes. Who hears nothing keeps nothing.
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import docker
import docker.errors
from msgspec import Struct

from reconciler.engine.docker.translate import observed_container
from reconciler.plan.observed import ObservedContainer

LONGEST_S = 240.0
"""Less than the usual time between two resyncs: each of them asks for everything."""
_HEALTH = re.compile(r"\((healthy|unhealthy|health: starting)\)")


class _Known(Struct, frozen=True):
    facts: object
    at: float
    container: ObservedContainer


class Inspections:
    """The details of containers that Docker gave lately. May be used from several threads."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._labels: dict[str, dict[str, str]] = {}
        """The labels of each image, by its id: what an image is never changes."""
        self._is_told = False
        self._changes = 0
        """A container that changes while it is looked at is not kept as it was."""

    def begin(self) -> None:
        """Details are kept: from now on `forget` is called for each container that changes."""
        with self._changing:
            self._is_told = True
            self._changes += 1

    def end(self) -> None:
        with self._changing:
            self._is_told = False
        self.forget_all()

    def forget(self, container: str) -> None:
        with self._changing:
            self._changes += 1
            self._known.pop(container, None)

    def forget_all(self) -> None:
        """Forget every container: also for who changes something himself, since the events of it
        come later."""
        with self._changing:
            self._changes += 1
            self._known.clear()

    def known(self, item: dict[str, Any]) -> ObservedContainer | None:
        """The details of a container that is in a list, if they were asked for lately and the list
        says nothing else of it now."""
        with self._changing:
            known = self._known.get(str(item["Id"]))
        if known is None or time.monotonic() - known.at >= LONGEST_S:
            return None
        return known.container if known.facts == _facts(item) else None

    def labels_of_image(self, client: docker.APIClient, image: str) -> dict[str, str] | None:
        """The labels that containers of an image have from it; None when the image is gone, and
        nobody knows what it said."""
        if image not in self._labels:
            try:
                found = client.inspect_image(image)
            except docker.errors.NotFound:
                return None
            self._labels[image] = (found.get("Config") or {}).get("Labels") or {}
        return self._labels[image]

    def inspect(self, client: docker.APIClient, item: dict[str, Any]) -> ObservedContainer | None:
        """The details of a container that is in a list; None when it was removed since."""
        identity, facts, now = str(item["Id"]), _facts(item), time.monotonic()
        with self._changing:
            changes = self._changes
        try:
            container = observed_container(client.inspect_container(identity))
        except docker.errors.NotFound:
            return None
        with self._changing:
            # An event that came while Docker was asked may be of after its answer, or of before it:
            # what cannot be told apart is not kept.
            if self._is_told and changes == self._changes:
                self._known[identity] = _Known(facts, now, container)
        return container


def is_unhealthy(item: dict[str, Any]) -> bool:
    """What the list says of a container's health."""
    health = _HEALTH.search(str(item.get("Status", "")))
    return health is not None and health[1] == "unhealthy"


def _facts(item: dict[str, Any]) -> object:
    """What the list itself tells of a container, without the time it has been so."""
    health = _HEALTH.search(str(item.get("Status", "")))
    networks = (item.get("NetworkSettings") or {}).get("Networks") or {}
    links = sorted((name, link["NetworkID"], link["IPAddress"]) for name, link in networks.items())
    return sorted(item.get("Names") or ()), item.get("State"), health and health[1], links
