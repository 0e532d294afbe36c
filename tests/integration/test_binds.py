"""Where HAProxy listens, by requests to all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.support import web
from tests.integration.support.ports import free_ports
from tests.integration.support.stack import Stack, swept
from tests.integration.support.versions import VERSIONS
from tests.integration.support.world import World


@dataclass
class Site:
    stack: Stack
    ports: range


@pytest.fixture(scope="module", params=list(VERSIONS.values()), ids=list(VERSIONS))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("binds"), request.param)
    site = Site(stack, free_ports(5))
    many = f"127.0.0.1:{site.ports[0]}-{site.ports[-1]}"
    stack.spec["frontends"]["www"]["bind"] = [f"127.0.0.1:{stack.port}", many]
    with swept(stack):
        stack.apply()
        yield site
        assert "up to date" in stack.plan("--detailed-exitcode").out


def test_all_ports_of_a_range(site: Site) -> None:
    assert {web.get(port).status for port in site.ports} == {200}


def test_a_port_of_a_range_that_somebody_has(site: Site, stack: Stack) -> None:
    stack.spec["frontends"]["www"]["bind"] = f"127.0.0.1:{site.ports[2]}-{site.ports[2] + 3}"
    ended = stack.apply(expect=1)
    assert "error[port-taken]" in ended.err
    assert f"port 127.0.0.1:{site.ports[2]} of the host is held by container" in ended.err
    assert not stack.containers()
