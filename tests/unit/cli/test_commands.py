"""The commands that need no engine, and all of them when there is none."""

from __future__ import annotations

import gc
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler import __version__
from reconciler.topology.load import load_topology
from reconciler.view.schemas import NAMES, build_schema
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SHOP = """\
name: shop
backends:
  web: {image: nginx, port: 80}
frontends:
  www: {bind: 80, default_backend: web}
"""
BROKEN = SHOP.replace("image:", "imag:")
WARNED = SHOP + "networks: {spare: {}}\n"


def write(name: str, text: str = SHOP) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


def assert_valid(document: str, schema: str) -> None:
    Draft202012Validator(build_schema(schema)).validate(json.loads(document))


def test_validate_a_good_file(run: Run) -> None:
    done = run("validate", write("shop.yaml"))
    assert (done.code, done.out, done.err) == (0, "shop.yaml: valid\n", "")


def test_validate_a_broken_file(run: Run) -> None:
    done = run("validate", write("shop.yaml", BROKEN))
    assert (done.code, done.out) == (1, "")
    assert "error[unknown-key]: `imag` is not a key of a backend" in done.err
    assert "  --> shop.yaml:3:9\n" in done.err
    assert done.err.endswith("shop.yaml: 1 error\n")


def test_validate_a_file_with_a_warning(run: Run) -> None:
    done = run("validate", write("shop.yaml", WARNED))
    assert (done.code, done.out) == (0, "shop.yaml: valid\n")
    assert "warning[unused-network]" in done.err


@pytest.mark.parametrize(("text", "code"), [(SHOP, 0), (BROKEN, 1), (WARNED, 0), ("", 1)])
def test_validate_for_machines(run: Run, text: str, code: int) -> None:
    done = run("validate", "--output", "json", write("shop.yaml", text))
    assert (done.code, done.err) == (code, "")
    assert_valid(done.out, "diagnostics")
    assert bool(json.loads(done.out)["diagnostics"]) == (text != SHOP)


def test_standard_input(run: Run) -> None:
    assert run("validate", "-", stdin=SHOP.encode()).out == "<stdin>: valid\n"
    assert "--> <stdin>:3:9" in run("validate", "-", stdin=BROKEN.encode()).err
    assert "error[empty-file]" in run("validate", "-").err


def test_the_file_that_is_taken_when_none_is_named(run: Run) -> None:
    done = run("validate")
    assert done.code == 1
    assert "error[file-not-found]: `topology.yaml` cannot be read: no such file" in done.err
    assert "reconciler init" in done.err
    write("topology.yaml")
    assert run("validate").out == "topology.yaml: valid\n"


def test_a_directory_stands_for_its_yaml_files(run: Run) -> None:
    write("all/b.yaml", SHOP.replace("shop", "b"))
    write("all/a.yml", SHOP.replace("shop", "a"))
    write("all/notes.txt", "no topology")
    for hidden in (".#a.yaml", "._a.yaml", ".ansible_tmpx1_a.yaml", ".a.yml"):
        write(f"all/{hidden}", "no topology")
    write("all/deeper/c.yaml", "no topology")
    assert run("validate", "all").out == "all/a.yml: valid\nall/b.yaml: valid\n"


UNREADABLE = {
    "missing.yaml": "`missing.yaml` cannot be read: no such file or directory",
    "empty": "`empty` cannot be read: no .yaml file in this directory",
}


@pytest.mark.parametrize(("name", "told"), UNREADABLE.items())
def test_what_cannot_be_read(run: Run, name: str, told: str) -> None:
    Path("empty").mkdir()
    done = run("validate", name, write("shop.yaml"))
    assert done.code == 1
    assert told in done.err


def test_problems_of_all_files_are_told_at_once(run: Run) -> None:
    done = run("validate", write("a.yaml", BROKEN), write("b.yaml", "x: 1\n"), "missing.yaml")
    assert "a.yaml: 1 error" in done.err
    assert "b.yaml: 2 errors" in done.err
    assert "missing.yaml: 1 error" in done.err


def test_one_name_in_two_files(run: Run) -> None:
    done = run("validate", write("a.yaml"), write("b.yaml"))
    assert done.code == 1
    assert "error[duplicate-topology]: topology `shop` is also in a.yaml" in done.err
    assert "  --> b.yaml:1:7" in done.err


def test_variables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = write("shop.yaml", SHOP.replace("port: 80", "port: '${PORT}'"))
    assert "error[missing-variable]: variable `PORT` is not set" in run("validate", shop).err
    write("one.env", "PORT=x\n")
    assert (
        "must be a whole number, not `${PORT}`"
        in run("validate", "--env-file", "one.env", shop).err
    )
    write("two.env", "PORT=8080\n")
    done = run("render", "--env-file", "one.env", "--env-file", "two.env", shop)
    assert ":8080  # holds a value from outside" in done.out
    monkeypatch.setenv("PORT", "9090")
    assert ":9090  #" in run("render", "--env-file", "two.env", shop).out


def test_env_files_that_are_broken(run: Run) -> None:
    write("bad.env", "A=1\nnonsense\n")
    done = run("validate", "--env-file", "bad.env", "--env-file", "no.env", write("shop.yaml"))
    assert done.code == 1
    assert "error[bad-env-file]: a line must be NAME=value\n  --> bad.env:2:1" in done.err
    assert "error[file-not-found]: `no.env` cannot be read" in done.err


def test_render(run: Run) -> None:
    done = run("render", write("shop.yaml"))
    assert done.code == 0
    assert done.out.startswith("# Written by haproxy-reconciler from topology shop")
    assert "\nbackend web\n" in done.out
    assert re.search(r"^    server web-1 shop-web-1-[0-9a-f]{8}:80$", done.out, re.MULTILINE)
    assert done.out.endswith(" haproxy:80 disabled inter 250ms\n")


def test_render_without_a_haproxy(run: Run) -> None:
    done = run("render", write("shop.yaml", "name: shop\nbackends: {a: {image: b}}\n"))
    assert (done.code, done.out) == (0, "")
    assert "no HAProxy" in done.err


def test_render_takes_one_file(run: Run) -> None:
    write("all/a.yaml", SHOP.replace("shop", "a"))
    write("all/b.yaml", SHOP.replace("shop", "b"))
    done = run("render", "all")
    assert done.code == 1
    assert "render takes one file" in done.err


@pytest.mark.parametrize("name", NAMES)
def test_schema(run: Run, name: str) -> None:
    assert json.loads(run("schema", name).out) == build_schema(name)


def test_schema_of_topologies_when_none_is_named(run: Run) -> None:
    assert run("schema").out == run("schema", "topology").out


def test_init(run: Run) -> None:
    done = run("init", "My Shop")
    assert (done.code, done.err) == (0, "")
    assert done.out == "wrote My Shop/topology.yaml\nnext: reconciler apply My Shop/topology.yaml\n"
    text = Path("My Shop/topology.yaml").read_text(encoding="utf-8")
    loaded = load_topology(text.encode(), "t", {})
    assert loaded.diagnostics == ()
    assert loaded.topology is not None
    assert loaded.topology.name == "my-shop"
    assert "{{" not in text
    assert "}}" not in text
    assert "\t" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert run("validate", "My Shop").code == 0


def test_what_init_has_commented_out_is_valid_too(run: Run) -> None:
    run("init")
    text = Path("topology.yaml").read_text(encoding="utf-8")
    body = text[text.index("name:") :]
    opened = "\n".join(
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line
        for line in body.splitlines()
    )
    assert opened != body
    assert load_topology(opened.encode(), "t", {"TOKEN": "x"}).diagnostics == ()


def test_init_overwrites_nothing(run: Run) -> None:
    write("topology.yaml", "mine")
    done = run("init")
    assert done.code == 1
    assert done.err == "topology.yaml exists already and was left as it is\n"
    assert Path("topology.yaml").read_text(encoding="utf-8") == "mine"


def test_init_where_nothing_can_be_written(run: Run) -> None:
    write("file", "")
    done = run("init", "file/below")
    assert done.code == 1
    assert "cannot be written" in done.err or "exists already" in done.err


@pytest.mark.parametrize("directory", ["Ünïcode Shop", "___", "-x-", "a" * 60])
def test_init_finds_a_name_for_any_directory(run: Run, directory: str) -> None:
    assert run("init", f"./{directory}").code == 0
    assert run("validate", f"./{directory}").code == 0


def test_version(run: Run) -> None:
    assert run("version").out == f"haproxy-reconciler {__version__}\n"


@pytest.fixture
def no_engine() -> Iterator[None]:
    """The Docker SDK leaves a socket open that it could not connect; it is to go here."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


WITH_ENGINE = {
    "plan": ("plan",),
    "plan for scripts": ("plan", "--detailed-exitcode"),
    "apply": ("apply", "--yes"),
    "destroy": ("destroy", "--yes"),
    "status": ("status",),
    "validate with HAProxy": ("validate", "--haproxy"),
}


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("command", WITH_ENGINE.values(), ids=WITH_ENGINE.keys())
def test_no_engine(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, write("shop.yaml"))
    assert (done.code, done.out) == (1, "")
    assert "error[engine-unreachable]: no Docker engine answers at unix://" in done.err


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "status"])
def test_no_engine_for_machines(run: Run, command: str) -> None:
    done = run(command, "--output", "json", write("shop.yaml"))
    assert (done.code, done.err) == (1, "")
    document = json.loads(done.out)
    assert_valid(done.out, "event")
    assert [failure["code"] for failure in document["failures"]] == ["engine-unreachable"]


@pytest.mark.usefixtures("no_engine")
def test_a_check_without_an_engine_is_a_document_too(run: Run) -> None:
    done = run("validate", "--haproxy", "--output", "json", write("shop.yaml"))
    assert done.code == 1
    assert_valid(done.out, "diagnostics")
    (found,) = json.loads(done.out)["diagnostics"]
    assert (found["code"], found["file"]) == ("engine-unreachable", "")


@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "status", "render"])
def test_a_broken_file_reaches_no_engine(run: Run, command: str) -> None:
    done = run(command, write("shop.yaml", BROKEN))
    assert (done.code, done.out) == (1, "")
    assert "error[unknown-key]" in done.err
    assert "engine" not in done.err


@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "status"])
def test_a_broken_file_for_machines(run: Run, command: str) -> None:
    done = run(command, "--output", "json", write("shop.yaml", BROKEN))
    assert (done.code, done.err) == (1, "")
    assert_valid(done.out, "diagnostics")
