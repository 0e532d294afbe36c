"""A whole file: every problem in one run, in order, and none that is only an echo of another."""

from __future__ import annotations

import pytest

from tests.unit.topology.loading import good, read, told, topology_with, web_of

EVERYTHING_WRONG = """\
name: Shop
networks:
  front: {drivr: bridge}
  spare: {}
backends:
  web:
    image: Nginx
    replica: 3
    port: 80
    networks: [front, other]
    stop_grace_period: 10
    env:
      TOKEN: ${TOKEN}
  api:
    image: api:1
    port: 80
    env: {A: 1, A: 2}
frontends:
  www:
    bind: [80, 99999]
    default_backend: wbe
  adm:
    bind: 8404
    default_backend: api
stats: {uri: metrics}
haproxy:
  timeouts: {client: 1}
zzz: 1
"""


def test_all_problems_of_a_file_in_one_run_and_in_its_order() -> None:
    assert [line.split(" ", 2)[:2] for line in told(read(EVERYTHING_WRONG))] == [
        ["bad-name", "1:7"],
        ["unknown-key", "3:11"],
        ["unused-network", "4:3"],
        ["bad-value", "7:12"],
        ["unknown-key", "8:5"],
        ["unknown-network", "10:23"],
        ["bad-duration", "11:24"],
        ["missing-variable", "13:14"],
        ["duplicate-key", "17:17"],
        ["out-of-range", "20:16"],
        ["unknown-backend", "21:22"],
        ["bind-conflict", "25:1"],
        ["bad-value", "25:14"],
        ["bad-duration", "27:22"],
        ["unknown-key", "28:1"],
    ]


ALONE = {
    "a missing variable is not also a bad value": (
        topology_with("replicas: ${N}\ncheck: ${C}\nstop_grace_period: ${T}"),
        ["missing-variable", "missing-variable", "missing-variable"],
    ),
    "nor is the part of a bind": (
        topology_with(frontend="bind: [80, '127.0.0.1:${P}']"),
        ["missing-variable"],
    ),
    "nor a bind's address": (
        topology_with(frontend="bind: {port: 80, address: '${A}'}"),
        ["missing-variable"],
    ),
    "nor the address of stats": (
        topology_with(rest="stats:\n  port: 1\n  bind: ${A}\n"),
        ["missing-variable"],
    ),
    "nor an unknown backend": (
        topology_with().replace("default_backend: web", "default_backend: ${B}"),
        ["missing-variable"],
    ),
    "but its neighbour is told": (
        topology_with("resources: {cpus: '${C}', memory: x}"),
        ["missing-variable", "bad-size"],
    ),
    "a backend that is broken is not also unknown": (
        topology_with("replicas: x").replace("image: nginx:1.27", "imag: a"),
        ["unknown-key", "wrong-type"],
    ),
    "nor is one whose name is": (
        topology_with()
        .replace("  web:", "  Web:")
        .replace("default_backend: web", "default_backend: Web"),
        ["bad-name", "bad-name"],
    ),
    "networks that are broken are not also unused": (
        topology_with("networks: [front, 'B A D']", rest="networks: {front: {}}"),
        ["bad-name"],
    ),
    "a network that is broken is not also unknown": (
        topology_with("networks: front", rest="networks: {front: {x: 1}}"),
        ["unknown-key"],
    ),
    "a port that is broken is not also missing": (
        topology_with().replace("port: 80\n", "port: x\n"),
        ["wrong-type"],
    ),
    "a list whose items are all broken is not also empty": (
        topology_with(frontend="bind: [x, y]"),
        ["bad-value", "bad-value"],
    ),
    "an anchor's mistake is told once": (
        "x: &x {image: a, port: z}\nname: n\nbackends: {a: *x, b: *x, c: {<<: *x}}\n",
        ["unknown-key", "wrong-type"],
    ),
    "an anchor's missing variable is told once": (
        "x-a: &x {image: '${I}'}\nname: n\nbackends: {a: *x, b: *x}\n",
        ["missing-variable"],
    ),
    "an anchor's duplicate key is told once": (
        "x-a: &x {image: a, image: b}\nname: n\nbackends: {a: *x, b: {<<: *x}}\n",
        ["duplicate-key"],
    ),
    "rules hold for the rest of a broken bind in long form": (
        topology_with("volumes: ['a:/x', 'b:/x']", frontend="bind: {port: 99999}"),
        ["same-target", "out-of-range"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), ALONE.values(), ids=ALONE.keys())
def test_no_echoes(text: str, expected: list[str]) -> None:
    assert [line.split()[0] for line in told(read(text))] == expected


def test_an_empty_file() -> None:
    for text in ("", "\n", "# x\n", "---\n", "null\n", "\ufeff"):
        assert [line.split()[0] for line in told(read(text))] == ["empty-file"], repr(text)


def test_extensions_may_hold_anything() -> None:
    topology = good("x-a: [1, {b: true}]\nname: n\nx-b:\n")
    assert topology.name == "n"


def test_variables_reach_every_kind_of_value() -> None:
    topology = good(
        topology_with("replicas: ${N}\nstop_grace_period: ${T:-7s}\ninit: ${I}\nenv: {A: '${N}'}"),
        N="3",
        I="true",
    )
    web = web_of(topology)
    assert (web.replicas, web.stop_grace_period, web.init, web.env) == (3, 7.0, True, {"A": "3"})


def test_what_came_from_outside_is_known() -> None:
    loaded = read(
        topology_with("env: {A: 'x${T}', B: plain, C: '${D:-default}'}").replace(
            "nginx:1.27", "${IMAGE}"
        ),
        T="secret-token",
        IMAGE="registry/app:1",
    )
    assert loaded.sensitive == {
        ("backends", "web", "image"): "${IMAGE}",
        ("backends", "web", "env", "A"): "x${T}",
    }
    assert loaded.secrets == ("secret-token",)
