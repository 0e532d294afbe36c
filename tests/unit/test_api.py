"""The public API as a program uses it: on the engine in memory, and the page that tells of it."""

from __future__ import annotations

import inspect
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import reconciler
from reconciler import (
    Diagnostic,
    EngineError,
    Image,
    Impact,
    MemoryEngines,
    TopologyError,
    World,
    apply_topology,
    compile_topology,
    events,
    load_topology,
    plan_topology,
    watch_topologies,
)

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
FILE = """
name: shop
backends:
  web:
    image: "shop/web:${VERSION:-1}"
    port: 8080
    replicas: 2
    env: {TOKEN: "${TOKEN:-none}"}
frontends:
  www: {bind: 8080, default_backend: web}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks, one after another as they are read; what they assert, they mean."""
    (given,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
    (tmp_path / "shop.yaml").write_text(given, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) > 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/api.md", "exec"), names)  # noqa: S102  # our own page


def test_the_page_names_all_that_is_public() -> None:
    rows = dict(re.findall(r"^\| `(\w+)(\(.*?\))?` \|", PAGE, re.M))
    assert set(rows) == set(reconciler.__all__)
    for name, shown in rows.items():
        if shown:
            told = re.sub(r"[()*]", "", shown).replace(" ,", "").split(", ")
            assert [word for word in told if word] == list(
                inspect.signature(getattr(reconciler, name)).parameters
            )
    of_events = PAGE[PAGE.index("Events of an apply") : PAGE.index("Messages of engines")]
    assert set(re.findall(r"`([A-Z]\w+)`", of_events)) == set(events.__all__)


@pytest.mark.parametrize("name", reconciler.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(reconciler, name) is not None
    assert name in dir(reconciler)


@pytest.mark.parametrize("name", events.__all__)
def test_every_event_is_there(name: str) -> None:
    assert getattr(events, name) is not None


@pytest.mark.parametrize("module", [reconciler, events])
def test_no_other_name_is(module: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        getattr(module, "nonsense")  # noqa: B009  # mypy knows that there is none


def test_the_package_itself_imports_nothing() -> None:
    script = (
        "import sys; before = {*sys.modules}; import reconciler; print(*{*sys.modules} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["reconciler"]


def test_a_file_with_mistakes(shop: Path) -> None:
    shop.write_text(FILE.replace("replicas", "replica").replace("bind: 8080", "bind: x"))
    with pytest.raises(TopologyError) as raised:
        load_topology(shop)
    found = raised.value.diagnostics
    assert all(isinstance(diagnostic, Diagnostic) for diagnostic in found)
    assert {diagnostic.code for diagnostic in found} >= {"unknown-key"}
    assert f"{shop}:7:5" in str(raised.value)


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="cannot be read"):
        load_topology(tmp_path / "none.yaml")
    with pytest.raises(IsADirectoryError):
        load_topology(tmp_path)


def test_what_is_given_besides(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = shop.with_name("more.yaml")
    overlay.write_text("backends: {web: {replicas: 5}, tool: {image: tool, profiles: [dev]}}")
    monkeypatch.setenv("VERSION", "2")

    def images(**given: object) -> list[str]:
        desired = compile_topology(load_topology(shop, **given))  # type: ignore[arg-type]  # by name
        return [c.spec.image for c in desired.containers.values() if "haproxy" not in c.spec.image]

    assert images() == ["shop/web:2"] * 2
    assert images(env={"VERSION": "3"}) == ["shop/web:3"] * 2
    assert images(env={}, overlays=[overlay]) == ["shop/web:1"] * 5
    assert images(env={}, overlays=[overlay], profiles=["dev"]) == ["shop/web:1"] * 5 + ["tool"]


def test_from_nothing_and_back(shop: Path) -> None:
    engines, desired = MemoryEngines(), compile_topology(load_topology(shop, env={}))
    config = desired.config()
    assert config is not None
    assert "backend web" in config.text
    assert plan_topology(desired, engines).impact is Impact.NONE
    assert engines.world.containers == {}, "a plan changes nothing"
    seen: list[events.Event] = []
    result = apply_topology(desired, engines, on_event=seen.append)
    assert result.converged
    assert isinstance(seen[0], events.PlanStarted)
    assert any(isinstance(event, events.StepDone) and event.step.label for event in seen)
    assert plan_topology(desired, engines).is_empty
    assert apply_topology(desired.emptied(), engines).converged
    assert engines.world.containers == {}


def test_what_is_bounded_is_not_begun(shop: Path) -> None:
    world = World()
    engines = MemoryEngines(world)
    apply_topology(compile_topology(load_topology(shop, env={})), engines)
    newer = compile_topology(load_topology(shop, env={"VERSION": "2"}))
    before = set(world.containers)
    result = apply_topology(newer, engines, max_impact=Impact.RELOAD)
    assert not result.converged
    assert set(world.containers) == before
    assert plan_topology(newer, engines, max_impact=Impact.RELOAD).problems


def test_a_failure_is_a_result(shop: Path) -> None:
    engines = MemoryEngines()
    engines.world.registry["shop/web:1"] = Image("sha256:1", exit_code=3)
    topology = load_topology(shop, env={"TOKEN": "hush-hush"})
    result = apply_topology(compile_topology(topology), engines)
    assert not result.converged
    assert result.failures[0].code
    assert topology.hide("it says hush-hush") == "it says [hidden]"


def test_who_is_stopped_begins_nothing(shop: Path) -> None:
    stop = threading.Event()
    stop.set()
    engines = MemoryEngines()
    result = apply_topology(compile_topology(load_topology(shop, env={})), engines, stop=stop)
    assert result.cancelled
    assert engines.world.networks == {}


def test_no_engine(shop: Path) -> None:
    engines = MemoryEngines()
    engines.world.leave()
    with pytest.raises(EngineError, match="broke"):
        plan_topology(compile_topology(load_topology(shop, env={})), engines)


def test_a_daemon_keeps_what_the_file_says(shop: Path) -> None:
    engines, stop = MemoryEngines(), threading.Event()
    told: queue.Queue[tuple[str, events.News]] = queue.Queue()
    ended: list[bool] = []

    def watch() -> None:
        ended.append(watch_topologies(shop, engines, stop, on_event=lambda *one: told.put(one)))

    def await_end() -> events.PassEnded:
        while True:
            name, news = told.get(timeout=60)
            if isinstance(news, events.PassEnded) and news.outcome is events.Outcome.CONVERGED:
                assert name == "shop"
                return news

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        assert await_end().servers_up == 2
        victim = next(c for c in engines.world.containers.values() if "web-1" in c.name)
        engines.world.stop(victim.name, 137)
        assert await_end().has_healed
        shop.write_text(FILE.replace("replicas: 2", "replicas: 3"))
        assert await_end().servers == 3
    finally:
        stop.set()
        thread.join(60)
    assert ended == [True]
