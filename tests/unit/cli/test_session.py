"""HAProxy's alerts at the line of the topology file that the refused line came from."""

from __future__ import annotations

import pytest

from reconciler.cli.session import locate_alerts
from reconciler.desired.compile import compile_topology
from reconciler.diagnostics.place import Place
from reconciler.engine.errors import ConfigRejectedError
from reconciler.run.compiled import CompiledTopology
from reconciler.topology.load import load_topology

TEXT = """\
name: shop
backends:
  web:
    image: nginx
    port: 80
    check: /healthz
frontends:
  www:
    bind: [80, 81]
    default_backend: web
haproxy:
  image: haproxy:3.2
  raw:
    global:
      - tune.bufsize 16384
      - ""
      - no-such-keyword ${TOKEN}
    defaults: |
      another ${TOKEN}
stats:
  auth: {admin: "${TOKEN}"}
"""


def wish(text: str = TEXT) -> CompiledTopology:
    loaded = load_topology(text.encode(), "shop.yaml", {"TOKEN": "hunter2"})
    assert loaded.topology is not None
    return CompiledTopology(loaded, compile_topology(loaded.topology, "/srv", loaded.sensitive))


PLACES = {
    "tune.bufsize": (15, 9),
    "no-such-keyword": (17, 9),
    "bind :81": (9, 16),
    "http-check send": (6, 12),
    "frontend www": (8, 3),
    "server web-1": (3, 3),
    "option redispatch": (12, 10),
}


@pytest.mark.parametrize(("start", "place"), PLACES.items())
def test_places(start: str, place: tuple[int, int]) -> None:
    one = wish()
    config = one.desired.config()
    assert config is not None
    lines = [line.text.strip() for line in config.lines]
    number = next(n for n, line in enumerate(lines, start=1) if line.startswith(start))
    rejected = ConfigRejectedError([(number, "no good")]).diagnostic
    found = locate_alerts(rejected, one)
    assert [d.code for d in found] == ["config-rejected"]
    span = found[0].place.span
    assert span is not None
    assert (span.line, span.column) == place
    assert "no good" in found[0].message


@pytest.mark.parametrize("line", [None, 0, 9999])
def test_an_alert_without_a_line_of_ours(line: int | None) -> None:
    found = locate_alerts(ConfigRejectedError([(line, "no good")]).diagnostic, wish())
    assert [d.message for d in found] == ["HAProxy refuses this: no good"]
    assert [d.hint for d in found] == [""]
    assert [d.place.span and d.place.span.line for d in found] == [12]


def test_a_line_of_ours_is_nobodys_fault() -> None:
    """Where the file says nothing of HAProxy, no line of it is shown."""
    silent = wish(TEXT.partition("haproxy:")[0])
    (found,) = locate_alerts(ConfigRejectedError([(None, "no good")]).diagnostic, silent)
    assert found.place == Place(file="shop.yaml")


def test_a_refused_line_shows_no_value_from_outside() -> None:
    one = wish()
    config = one.desired.config()
    assert config is not None
    for number in range(1, len(config.lines) + 1):
        rejected = ConfigRejectedError([(number, "unknown keyword 'hunter2'")]).diagnostic
        for diagnostic in locate_alerts(rejected, one):
            assert "hunter2" not in diagnostic.message + diagnostic.hint
