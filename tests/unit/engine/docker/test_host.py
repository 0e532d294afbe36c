"""What is on the engine's machine, as far as this process can be sure of it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import docker.errors
import pytest

from reconciler.desired.spec import PublishedPort
from reconciler.engine.docker import host
from reconciler.engine.docker.engine import _in_words
from reconciler.engine.docker.host import missing_paths, taken_ports
from reconciler.engine.errors import EngineError


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Somebody who listens where Docker would, with the files of this process."""
    place = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
        yield place


def test_what_is_not_there(engine: Path) -> None:
    there, not_there = str(engine.parent), str(engine.parent / "a")
    assert missing_paths([there, not_there]) == {not_there}


def test_what_cannot_be_looked_at_is_not_missing(engine: Path) -> None:
    assert missing_paths([f"{engine}/below-a-file"]) == frozenset()


@pytest.mark.parametrize("where", ["tcp://192.0.2.1:2376", "ssh://shop", "unix:///nobody.sock"])
def test_of_another_machine_nothing_is_known(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", where)
    assert missing_paths(["/surely/not/there"]) == frozenset()


def test_what_docker_says_of_it_is_explained() -> None:
    said = 'invalid mount config for type "bind": bind source path does not exist: /run/shop'
    with pytest.raises(EngineError) as told, _in_words("create container a"):
        raise docker.errors.APIError("400", explanation=said)
    assert told.value.diagnostic.code == "no-such-path"
    assert str(told.value) == "a path of the host that a container mounts is not there"


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_who_listens_where_a_container_would(engine: Path, kind: str) -> None:  # noqa: ARG001  # is there
    family = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, family) as listener:
        listener.bind(("127.0.0.1", 0))
        if kind == "tcp":
            listener.listen()
        number = listener.getsockname()[1]
        ports = [PublishedPort(address, number, 80, kind) for address in ("127.0.0.1", None)]
        other = PublishedPort("127.0.0.2", number, 80, kind)
        found = taken_ports([*ports, other])
    assert list(found) == ports
    assert all(who.endswith(f", process {os.getpid()}") for who in found.values())
    assert taken_ports(ports) == {}


def test_what_docker_itself_holds_is_a_containers(
    engine: Path,  # noqa: ARG001  # is there
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "_listener", lambda _: "docker-proxy, process 7")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert taken_ports([PublishedPort(None, listener.getsockname()[1], 80)]) == {}


def test_on_another_machine_every_port_may_be_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2376")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert taken_ports([PublishedPort(None, listener.getsockname()[1], 80)]) == {}
