"""Images come from registries: public and private ones, slow ones, and ones that are away."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker.errors
import pytest
from docker.utils import parse_repository_tag

from reconciler.desired.desired import Scope
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.docker.engine import DockerEngine
from reconciler.engine.errors import CancelledError, EngineError
from reconciler.engine.protocol import Patience, Progress
from reconciler.plan.actions import PullImage
from tests.engine import api_client
from tests.integration.support.ports import free_port, random_name
from tests.integration.support.registry import Registry, docker_config, mute, registry

SIZE = 3 << 20
"""More than Docker takes at one gulp, so that it tells how far it is."""


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("public") / "registry") as made:
        yield made


class Puller:
    """An engine, and the images that it got here."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine
        self.references: list[str] = []

    def pull(
        self, reference: str, platform: str = "", is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Progress]:
        """What was told of its progress."""
        told: list[Progress] = []
        self.references.append(reference)
        self._engine.perform(
            PullImage(reference, platform),
            Patience(is_cancelled=is_cancelled),
            lambda it: told.append(it) if isinstance(it, Progress) else None,
        )
        return told

    def refused(self, reference: str, platform: str = "") -> Diagnostic:
        with pytest.raises(EngineError) as caught:
            self.pull(reference, platform)
        assert caught.value.diagnostic.code == "pull-failed"
        assert reference in caught.value.diagnostic.message
        return caught.value.diagnostic

    def id_of(self, reference: str) -> str:
        scope = Scope(random_name(), images=(reference,))
        return self._engine.observe(scope).images[reference]


@pytest.fixture
def puller() -> Iterator[Puller]:
    with pulling() as made:
        yield made


@contextlib.contextmanager
def pulling() -> Iterator[Puller]:
    """What was pulled is removed again."""
    with DockerEngine(random_name()) as engine:
        made = Puller(engine)
        yield made
    with contextlib.closing(api_client()) as client:
        for repository in {parse_repository_tag(name)[0] for name in made.references}:
            _remove(client, repository)


def _remove(client: Any, repository: str) -> None:
    """By all names that images have from there: one that lost its tag keeps its digest."""
    for image in client.images(repository):
        names = [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]
        for name in names:
            if name.startswith(repository) and "<none>:" not in name:
                with contextlib.suppress(docker.errors.ImageNotFound):  # it went with another name
                    client.remove_image(name)


def test_a_pull_tells_how_far_it_is(public: Registry, puller: Puller) -> None:
    public.push("shop/web:1", secrets.token_bytes(SIZE))
    told = puller.pull(public.reference("shop/web:1"))
    assert told
    assert all(it.total is not None and 0 < it.done <= it.total for it in told)
    assert [it.done for it in told] == sorted(it.done for it in told)


def test_a_tag_that_moved_and_a_digest_that_stays(public: Registry, puller: Puller) -> None:
    tag = public.reference("shop/moving:1")
    digest = public.push("shop/moving:1", b"first")
    puller.pull(tag)
    first = puller.id_of(tag)
    public.push("shop/moving:1", b"second")
    assert puller.id_of(tag) == first, "nobody asked for it yet"
    puller.pull(tag)
    assert puller.id_of(tag) != first
    pinned = public.reference(f"shop/moving@{digest}")
    puller.pull(pinned)
    assert puller.id_of(pinned) == first
    said = puller.refused(public.reference(f"shop/moving@sha256:{'0' * 64}"))
    assert "manifest unknown" in said.message or "not found" in said.message


def test_what_is_not_there_is_told(public: Registry, puller: Puller) -> None:
    said = puller.refused(public.reference("shop/nowhere:1"))
    assert "not found" in said.message or "manifest unknown" in said.message


def test_a_platform_that_is_missing(public: Registry, puller: Puller) -> None:
    public.push_list("shop/several:1", {"amd64": b"a", "arm64": b"b"})
    reference = public.reference("shop/several:1")
    puller.pull(reference, "linux/amd64")
    one = puller.id_of(reference)
    puller.pull(reference, "linux/arm64")
    assert puller.id_of(reference) != one
    said = puller.refused(reference, "linux/s390x")
    assert "no matching manifest" in said.message or "not found" in said.message


def test_a_private_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docker login` leaves it: in DOCKER_CONFIG, which is read by who connects."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with registry(tmp_path / "registry", is_private=True) as private:
        private.push("shop/web:1", b"secret")
        reference = private.reference("shop/web:1")
        logins = {
            "nobody": {},
            "wrong": docker_config(private, "no"),
            "right": docker_config(private),
        }
        for login, config in logins.items():
            (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
            with pulling() as puller:
                if login == "right":
                    puller.pull(reference)
                    assert puller.id_of(reference)
                else:
                    assert "docker login" in puller.refused(reference).hint


def test_a_registry_that_is_away(puller: Puller) -> None:
    said = puller.refused(f"127.0.0.1:{free_port()}/shop/web:1")
    assert "connection refused" in said.message


def test_who_waits_for_a_mute_registry_can_stop(puller: Puller) -> None:
    with mute() as (address, came), pytest.raises(CancelledError):
        puller.pull(f"{address}/shop/web:1", is_cancelled=came.is_set)
