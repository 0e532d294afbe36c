"""Where HAProxy listens, by requests to all of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.images import BOTH_HAPROXIES
from tests.integration.support import tls, web
from tests.integration.support.ports import free_port, free_ports
from tests.integration.support.stack import Stack, swept
from tests.integration.support.visitors import Visitors
from tests.integration.support.world import World
from tests.integration.test_handover import on_anchor, on_host


@dataclass
class Site:
    stack: Stack
    ports: range
    socket: str
    over_ipv6: int
    strict: int


@pytest.fixture(scope="module", params=list(BOTH_HAPROXIES.values()), ids=list(BOTH_HAPROXIES))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("binds"), request.param)
    directory = stack.directory / "sockets"
    directory.mkdir()
    directory.chmod(0o777)
    make_certificate("shop.example.com").write(stack.directory / "shop.pem")
    site = Site(stack, free_ports(5), f"{directory}/www.sock", free_port(), free_port())
    many = f"127.0.0.1:{site.ports[0]}-{site.ports[-1]}"
    www = stack.spec["frontends"]["www"]
    strict = {
        "address": "127.0.0.1",
        "port": site.strict,
        "maxconn": 50,
        "backlog": 10,
        "raw": "nice 5",
        "tls": {"certificates": "shop.pem", "strict_sni": True},
    }
    www["bind"] = [www["bind"], many, f"unix@{site.socket}", f"[::1]:{site.over_ipv6}", strict]
    www["forwarded_for"] = True
    with swept(stack):
        stack.apply()
        yield site
        assert "up to date" in stack.plan("--detailed-exitcode").out


def test_all_ports_of_a_range(site: Site) -> None:
    assert {web.get(port).status for port in site.ports} == {200}


def test_an_address_of_ipv6(site: Site) -> None:
    assert web.get(site.over_ipv6, address="::1").status == 200
    assert not web.is_open(site.over_ipv6)


def test_who_asks_for_a_name_that_no_certificate_is_for(site: Site) -> None:
    with tls.connect(site.strict, "shop.example.com") as connection:
        assert tls.request(connection)[0] == 200
    with pytest.raises(ssl.SSLError):
        tls.connect(site.strict, "else.example.com")


def test_a_port_of_a_range_that_somebody_has(site: Site, stack: Stack) -> None:
    stack.spec["frontends"]["www"]["bind"] = f"127.0.0.1:{site.ports[2]}-{site.ports[2] + 3}"
    ended = stack.apply(expect=1)
    assert "error[port-taken]" in ended.err
    assert f"port 127.0.0.1:{site.ports[2]} of the host is held by container" in ended.err
    assert not stack.containers()


def test_a_socket_through_reloads(site: Site) -> None:
    answer = web.ask_socket(site.socket)
    assert answer.status == 200
    assert "X-Forwarded-Proto: http" in answer
    assert "X-Forwarded-For" not in answer.body
    assert Path(site.socket).stat().st_mode & 0o777 == 0o666
    www = site.stack.spec["frontends"]["www"]
    other = site.socket.replace("www.sock", "ops.sock")
    with Visitors(lambda: web.ask_socket(site.socket)) as traffic:
        www["bind"] = [*www["bind"], {"socket": other, "mode": "600"}]
        assert site.stack.plan_document()["impact"] == "reload"
        site.stack.apply()
        traffic.go_on()
        www["bind"] = www["bind"][:-1]
        site.stack.apply()
        traffic.go_on()
    assert traffic.failures == []


@pytest.mark.parametrize("place", [on_host, on_anchor])
def test_another_haproxy_takes_a_socket_over(
    stack: Stack, tmp_path: Path, place: Callable[[Stack], Stack]
) -> None:
    place(stack)
    tmp_path.chmod(0o777)
    socket = f"{tmp_path}/www.sock"
    lo = {"port": free_port(), "interface": "lo"} if place is on_host else f"[::1]:{free_port()}"
    stack.spec["frontends"]["www"]["bind"] = [f"unix@{socket}", lo]
    stack.apply()
    before = stack.haproxy
    with Visitors(lambda: web.ask_socket(socket)) as traffic:
        stack.spec["haproxy"]["hard_stop_after"] = "11s"
        stack.apply()
        traffic.go_on()
    assert traffic.failures == []
    assert stack.haproxy != before


def test_a_directory_that_is_not_there_or_that_haproxy_may_not_write_to(
    stack: Stack, tmp_path: Path
) -> None:
    """The old HAProxy serves on."""
    stack.apply()
    (tmp_path / "closed").mkdir(mode=0o755)
    www = stack.spec["frontends"]["www"]
    port = www["bind"]
    www["bind"] = [port, f"unix@{tmp_path}/nowhere/www.sock"]
    ended = stack.apply(expect=1)
    assert "nothing was touched" in ended.out + ended.err
    assert f"`install -d -o 99 {tmp_path}/nowhere`" in ended.out + ended.err
    www["bind"] = [port, f"unix@{tmp_path}/closed/www.sock"]
    ended = stack.apply(expect=1)
    assert "`chown 99 DIRECTORY`" in ended.err
    assert stack.get().status == 200
