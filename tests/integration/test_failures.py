"""When it cannot be done: what serves goes on to serve, and the next good file is carried out."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.images import ECHO
from tests.integration.support import tool
from tests.integration.support.ports import random_name
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.versions import both_versions
from tests.integration.support.waiting import await_true

REFUSED = """\
name: {name}
backends:
  web: {{image: {echo}, replicas: 2, port: 8080, stop_grace_period: 2s}}
frontends:
  www: {{bind: "127.0.0.1:{port}", default_backend: web}}
haproxy:
  image: {haproxy}
  raw:
    defaults:
      - option tcpka
      - {line}
"""


def _refused(stack: Stack, haproxy_image: str, line: str = "nonsense") -> str:
    return REFUSED.format(
        name=stack.name, echo=ECHO, port=stack.port, haproxy=haproxy_image, line=line
    )


def _assert_untouched(stack: Stack, before: dict[str, str], workers: set[int]) -> None:
    """Same containers, none more, and not even a reload."""
    assert stack.ids() == before
    assert len(stack.containers()) == len(before)
    assert stack.world.workers(before["haproxy"]) == workers
    stack.assert_serves()


@both_versions
def test_haproxy_refuses_the_configuration(stack: Stack, haproxy_image: str) -> None:
    stack.text = _refused(stack, haproxy_image)
    for ended in (stack.apply(expect=1), stack.run("validate", "--haproxy", expect=1)):
        assert "error[config-rejected]" in ended.text
        assert f"{stack.file.name}:11:9" in ended.text
        assert "nonsense" in ended.text
    # Docker removes the container of the check by itself, in its own time
    await_true(lambda: not stack.world.leftovers(stack.name), "nothing is left")

    stack.text = _refused(stack, haproxy_image, "option dontlognull")
    stack.apply()
    before, workers = stack.ids(), stack.world.workers(stack.haproxy)
    stack.text = _refused(stack, haproxy_image).replace("replicas: 2", "replicas: 3")
    ended = stack.apply(expect=1)
    assert f"{stack.file.name}:11:9" in ended.err
    assert "2 of 2 servers up" in ended.out
    _assert_untouched(stack, before, workers)


@both_versions
def test_haproxy_warns_of_the_configuration(stack: Stack) -> None:
    raw = ["use_backend web if { path /a }", "http-request deny if { path /b }"]
    stack.spec["frontends"]["www"]["raw"] = raw
    ended = stack.run("validate", "--haproxy")
    assert "warning[config-warning]" in ended.err
    assert "1 warning" in ended.err
    line = stack.file.read_text("utf-8").splitlines().index(f'    "{raw[1]}"') + 1
    assert f"{stack.file.name}:{line}:" in ended.err
    assert "accepted by HAProxy" in ended.out


def _bad_image(stack: Stack) -> str:
    stack.backend["image"] = f"127.0.0.1:9/{random_name()}:1"
    return "cannot be pulled"


def _never_pulled(stack: Stack) -> str:
    stack.backend.update(image=f"{random_name()}:1", pull="never")
    return "`pull: never`"


def _exits(stack: Stack) -> str:
    stack.backend["env"] = {"EXIT_CODE": "3"}
    return "echo: exiting with 3"


def _wrong_port(stack: Stack) -> str:
    stack.backend["port"] = 8099
    return "servers did not come up within 3 s"


def _fails_its_check(stack: Stack) -> str:
    stack.backend["check"] = {"path": "/status/503", "interval": "500ms"}
    stack.backend["env"] = {"VERSION": "2"}
    return "503"


def _unhealthy(stack: Stack) -> str:
    stack.backend["healthcheck"] = {"test": "exit 1", "interval": "500ms", "retries": 1}
    return "did not become healthy within 3 s"


def _bad_haproxy(stack: Stack) -> str:
    stack.spec["haproxy"]["image"] = f"127.0.0.1:9/{random_name()}:1"
    return "cannot be pulled"


SPOILS = [
    _bad_image,
    _never_pulled,
    _exits,
    _wrong_port,
    _fails_its_check,
    _unhealthy,
    _bad_haproxy,
]


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_old_servers_keep_serving(stack: Stack, part: int) -> None:
    stack.backend["env"] = {"VERSION": "1"}
    stack.apply()
    before, good = stack.ids(), copy.deepcopy(stack.spec)
    with Traffic(stack.port) as traffic:
        for spoil in SPOILS[part::2]:
            reason = spoil(stack)
            for _ in range(2):  # once more changes nothing about it
                assert reason in stack.apply("--timeout", "3s", expect=1).err
                traffic.go_on(20)
                assert set(before.values()) <= stack.all_ids()
            assert stack.servers_that_answer() == {before["web-1"][:12], before["web-2"][:12]}
            stack.spec = copy.deepcopy(good)
        stack.apply()
        assert stack.ids() == before
        stack.backend["env"] = {"VERSION": "3"}
        stack.apply()
        traffic.go_on(20)
    traffic.assert_lossless()
    stack.assert_converged()
    assert stack.get("/env/VERSION").body == "3"


def test_the_last_lines_of_a_log_tell_why(stack: Stack) -> None:
    stack.backend.update(command=["sh", "-c", "echo one; echo two >&2; exit 7"], restart="no")
    ended = stack.apply(expect=1)
    assert "exited with code 7" in ended.err
    assert "one" in ended.err
    assert "two" in ended.err
    assert "not converged" in ended.out
    del stack.backend["command"]
    stack.apply()
    stack.assert_converged()


def test_one_bad_topology_does_not_stop_the_others(
    stack: Stack, make_stack: Callable[[], Stack]
) -> None:
    other = make_stack()
    stack.backend["env"] = {"EXIT_CODE": "1"}
    stack.write()
    other.write()
    files = [str(stack.file), str(other.file)]
    ended = tool.run(["apply", "--yes", *files], stack.directory)
    assert ended.code == 1
    assert f"{other.name}: converged" in ended.out
    other.assert_converged()


def test_a_slow_start_is_waited_for(stack: Stack) -> None:
    stack.apply()
    stack.backend["env"] = {"START_DELAY": "2", "VERSION": "2"}
    with Traffic(stack.port) as traffic:
        stack.apply()
        traffic.go_on(20)
    traffic.assert_lossless()
    assert stack.get("/env/VERSION").body == "2"


def test_why_a_container_ended_is_told(stack: Stack) -> None:
    """What Docker knows of it, and nobody would look for."""
    stack.backend.update(replicas=1, entrypoint=["sh", "-c"], restart="no")
    stack.backend["resources"] = {"memory": "16m"}
    stack.backend["command"] = ["tail /dev/zero"]
    stack.backend["memswap_limit"] = "16m"
    assert "exited with code 137: out of memory, of which it has 16 MiB" in _apply_in_vain(stack)

    stack.backend["command"] = ["sleep 60"]
    stack.backend["healthcheck"] = {
        "test": "echo no database; false",
        "interval": "100ms",
        "retries": 1,
    }
    assert "its health check says: no database" in _apply_in_vain(stack)


def _apply_in_vain(stack: Stack) -> str:
    return stack.apply("--timeout", "3s", expect=1).text
