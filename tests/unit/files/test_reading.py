"""What is no file, or too large, is refused: nobody waits, and nobody's memory is filled."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.files.inputs import load_inputs
from reconciler.files.reading import NoFileError, TooLargeError, read_file, read_named
from tests.unit.cli.conftest import Run, run  # noqa: F401  # a fixture

FILE = """\
name: shop
{more}
backends:
  web:
    image: a
    port: 80
    {key}
frontends:
  www: {{bind: 80, default_backend: web, {of_frontend}}}
"""


def put_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(place))


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "it is a pipe, and no file"),
    "a socket": (put_socket, "it is a socket, and no file"),
    "a directory": (Path.mkdir, "it is a directory, and no file"),
    "a device": (lambda place: place.symlink_to("/dev/zero"), "it is a device, and no file"),
    "a large one": (lambda place: place.write_bytes(b"#" * 1_048_577), "it has more than 1,0"),
}
"""How each is made, and what is said of it."""
NAMED_BY_A_TOPOLOGY = {
    "include": {"more": "include: ./strange.html"},
    "env_file": {"key": "env_file: ./strange.html"},
    "label_file": {"key": "label_file: ./strange.html"},
    "seccomp": {"key": "security_opt: ['seccomp:./strange.html']"},
    "secret": {"more": "secrets: {a: {file: ./strange.html}}", "key": "secrets: [a]"},
    "config": {"more": "configs: {a: {file: ./strange.html}}", "key": "configs: [a]"},
    "error page": {"more": "errors: {503: ./strange.html}"},
    "addresses": {"of_frontend": "deny: [./strange.html]"},
    "certificate": {
        "of_frontend": "tls: {certificates: {cert: ./strange.html, key: ./strange.html}}"
    },
    "authority": {"of_frontend": "tls: {certificates: ./a.pem, client_ca: ./strange.html}"},
    "public key": {"of_frontend": "jwt: {algorithm: RS256, key: ./strange.html}"},
}


@pytest.fixture(params=STRANGE)
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    make, said = STRANGE[request.param]
    make(place := tmp_path / "strange.html")
    return place, said


def test_what_is_none_is_said(strange: tuple[Path, str]) -> None:
    place, said = strange
    with pytest.raises(OSError, match=said) as caught:
        read_file(place)
    assert isinstance(caught.value, NoFileError | TooLargeError)


@pytest.mark.parametrize("key", NAMED_BY_A_TOPOLOGY)
def test_a_topology_that_names_one(key: str, strange: tuple[Path, str]) -> None:
    place, said = strange
    file = place.with_name("shop.yaml")
    parts = {"more": "", "key": "", "of_frontend": "", **NAMED_BY_A_TOPOLOGY[key]}
    file.write_text(FILE.format(**parts))
    messages = [one.message for one in load_inputs([str(file)], []).diagnostics]
    assert any(said in message and "`./strange.html`" in message for message in messages), messages


def test_one_that_is_named_on_the_command_line(strange: tuple[Path, str]) -> None:
    place, said = strange
    if place.is_dir():
        said = "no .yaml file in this directory"
    (found,) = load_inputs([str(place)], []).diagnostics
    assert said in found.message
    file = place.with_name("shop.yaml")
    file.write_text(FILE.format(more="", key="", of_frontend=""))
    if not place.is_dir():
        (found,) = load_inputs([str(file)], [str(place)]).diagnostics
        assert said in found.message


def test_a_directory_with_one_in_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("name: b\nbackends: {web: {image: a}}\n")
    inputs = load_inputs([str(tmp_path)], [])
    assert [item.topology and item.topology.name for item in inputs.loaded] == ["b"]
    assert ["a.yaml" in one.message for one in inputs.diagnostics] == [True]


def test_a_name_that_none_can_have() -> None:
    for name in ("a\0b", "\ud800"):
        with pytest.raises(OSError, match="no file can have this name"):
            read_file(name)


def test_a_pipe_that_the_shell_hands_over_is_read() -> None:
    out, into = os.pipe()
    os.write(into, b"name: a\n")
    os.close(into)
    try:
        assert read_named(f"/dev/fd/{out}") == b"name: a\n"
    finally:
        os.close(out)


def test_standard_input_has_an_end_too(run: Run) -> None:  # noqa: F811  # the fixture
    done = run("validate", "-", stdin=b"#" * 1_048_577)
    assert done.code == 1
    assert "error[too-large]: `-` cannot be read: it has more than 1,048,576 bytes" in done.err
