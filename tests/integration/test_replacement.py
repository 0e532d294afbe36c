"""A new HAProxy that passes the check and never serves: the old one serves again."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import HAPROXY, WORKER_FIRST_HAPROXY
from tests.integration.support.ports import random_name
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

WAITING = f"""\
FROM {HAPROXY}
ENTRYPOINT ["sh", "-c", "sleep 600 & wait", "--"]
"""
"""Two processes, and none of them HAProxy."""


@contextlib.contextmanager
def _waiting_image(world: World) -> Iterator[str]:
    image = f"reconciler-test/{random_name()}:1"
    dockerfile = io.BytesIO(WAITING.encode())
    for told in world.api.build(fileobj=dockerfile, tag=image, decode=True, rm=True):
        assert "error" not in told, told
    try:
        yield image
    finally:
        world.api.remove_image(image, force=True)


def _assert_the_old_one_serves(stack: Stack, before: str, stderr: str) -> None:
    assert "error[proxy-not-running]" in stderr
    assert "the old one serves again" in stderr
    await_true(lambda: stack.get().status == 200, "the old one serves")
    serving = {c["Id"] for c in stack.world.containers(stack.name) if c["State"]["Running"]}
    assert before in serving


@pytest.mark.parametrize("haproxy_image", [WORKER_FIRST_HAPROXY])
def test_one_that_cannot_bind(stack: Stack, tmp_path: Path) -> None:
    stack.apply()
    before = stack.haproxy
    (tmp_path / "closed").mkdir(mode=0o755)
    www = stack.spec["frontends"]["www"]
    www["bind"] = [www["bind"], f"unix@{tmp_path}/closed/www.sock"]
    ended = stack.apply(expect=1)
    assert "`chown 99 DIRECTORY`" in ended.err
    _assert_the_old_one_serves(stack, before, ended.err)


def test_one_whose_entry_point_waits(stack: Stack) -> None:
    stack.apply()
    before = stack.haproxy
    with _waiting_image(stack.world) as image:
        stack.spec["haproxy"]["image"] = image
        ended = stack.apply(expect=1)
        _assert_the_old_one_serves(stack, before, ended.err)
        stack.world.sweep(stack.name)
