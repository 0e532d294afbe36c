"""OCSP responses for real: from files, renewed without a reload, and asked for by HAProxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.certificates import Made, make_certificate, make_response
from tests.images import BOTH_HAPROXIES, OLDEST_HAPROXY
from tests.integration.support import tls
from tests.integration.support.outside import address_of_bridge
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, swept
from tests.integration.support.stapling import Authority, answering, stapled
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import watching
from tests.integration.support.world import World

SHOP, API = "shop.example.com", "api.example.com"


@dataclass
class Site:
    stack: Stack
    port: int
    asking: int
    """A port whose responses HAProxy asks for."""
    authority: Authority
    responder: str

    @property
    def certs(self) -> Path:
        return self.stack.directory / "certs"

    def write(self, name: str, *, days: float | None = 7, into: str = "certs") -> Made:
        """A new certificate, with its response for so many days, if any."""
        signer = self.authority.signer
        made = make_certificate(name, signer=signer, responder=self.responder)
        self.authority.known[made.serial] = made
        place = self.stack.directory / into / f"{name}.pem"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(made.bundle + signer.cert)
        if days is not None:
            self.answer(made, name, days)
        return made

    def answer(self, made: Made, name: str, days: float) -> None:
        response = make_response(made, self.authority.signer, days=days)
        (self.certs / f"{name}.pem.ocsp").write_bytes(response)

    def ends(self, name: str = SHOP) -> datetime | None:
        """Until when the response that is stapled is valid."""
        response = stapled(self.port, name)
        return response.next_update_utc if response else None

    def asked_of(self, name: str) -> int | None:
        """The serial number in the response that HAProxy has asked for."""
        response = stapled(self.asking, name)
        return response.serial_number if response else None

    def workers(self) -> set[int]:
        return self.stack.world.workers(self.stack.haproxy)


@pytest.fixture(scope="module", params=list(BOTH_HAPROXIES.values()), ids=list(BOTH_HAPROXIES))
def site(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("ocsp"), request.param)
    stack.backend["replicas"] = 1
    with answering(make_certificate("authority", is_authority=True)) as authority, swept(stack):
        responder = f"http://{address_of_bridge(world)}:{authority.port}/"
        site = Site(stack, free_port(), free_port(), authority, responder)
        site.write(SHOP)
        stack.spec["frontends"]["www"] |= {
            "bind": {"address": "127.0.0.1", "port": site.port},
            "tls": {"certificates": [f"./certs/{SHOP}.pem", "./certs/"], "ocsp": True},
        }
        stack.apply()
        yield site


def test_a_response_is_stapled_and_renewed_without_a_reload(site: Site) -> None:
    first, workers = site.ends(), site.workers()
    assert first is not None
    shop = site.write(SHOP, days=5)
    assert site.stack.plan_document()["impact"] == "runtime"
    site.stack.apply()
    assert tls.shown(site.port, SHOP).serial == shop.serial
    second = site.ends()
    assert second is not None
    assert second < first
    site.answer(shop, SHOP, days=6)
    assert "ocsp-response" in site.stack.apply().out
    third = site.ends()
    assert third is not None
    assert second < third < first
    assert site.workers() == workers
    assert "up to date" in site.stack.plan("--detailed-exitcode").out


def test_a_certificate_comes_without_its_response_and_with_it(site: Site) -> None:
    workers = site.workers()
    api = site.write(API, days=None)
    site.stack.apply()
    assert tls.shown(site.port, API).serial == api.serial
    assert site.ends(API) is None
    with watching(site.stack.file, directory=site.stack.directory) as daemon:
        daemon.await_said("a first pass", lambda said: said.get("outcome") == "unchanged")
        site.answer(api, API, days=3)
        await_true(lambda: site.ends(API), "the daemon has seen the file")
    other = site.write("other.example.com")
    site.stack.apply()
    assert tls.shown(site.port, "other.example.com").serial == other.serial
    assert site.ends("other.example.com") is not None
    assert site.workers() == workers


def test_a_certificate_whose_response_is_anothers(site: Site) -> None:
    """It is in force without one, with a warning, until there is one."""
    workers = site.workers()
    shop = site.write(SHOP, days=None)
    assert "warning[unusable-ocsp]" in site.stack.apply().text
    assert tls.shown(site.port, SHOP).serial == shop.serial
    assert site.ends() is None
    site.answer(shop, SHOP, days=3)
    site.stack.apply()
    assert site.ends() is not None
    assert site.workers() == workers


def test_a_restart_has_the_same(site: Site) -> None:
    before = site.ends()
    assert before is not None
    site.stack.world.api.restart(site.stack.haproxy, timeout=2)
    await_true(lambda: _answers(site.port) and site.ends() == before, "the same response")


def test_haproxy_asks_for_a_response(site: Site) -> None:
    """Also for one of a certificate that is renewed, or comes, while it runs."""
    stack = site.stack
    shop, api = (site.write(name, days=None, into="asking") for name in (SHOP, API))
    stack.spec["frontends"]["asking"] = {
        "bind": {"address": "127.0.0.1", "port": site.asking},
        "default_backend": "web",
        "tls": {"certificates": [f"./asking/{SHOP}.pem", "./asking/"], "ocsp": "update"},
    }
    if stack.spec["haproxy"]["image"] == OLDEST_HAPROXY:
        refused = stack.apply(expect=1).text
        assert "`crt-list ocsp-update` needs HAProxy 2.8, and this is 2.6" in refused
        del stack.spec["frontends"]["asking"]
        return
    stack.apply()
    await_true(lambda: site.asked_of(SHOP) == shop.serial, "for the first one")
    await_true(lambda: site.asked_of(API) == api.serial, "for another one")
    workers = site.workers()
    shop = site.write(SHOP, days=None, into="asking")
    new = site.write("new.example.com", days=None, into="asking")
    stack.apply()
    assert tls.shown(site.asking, SHOP).serial == shop.serial
    await_true(lambda: site.asked_of(SHOP) == shop.serial, "for the renewed one")
    await_true(lambda: site.asked_of("new.example.com") == new.serial, "for the new one")
    (stack.directory / "asking" / "new.example.com.pem").unlink()
    stack.apply()
    assert tls.shown(site.asking, "new.example.com").serial == shop.serial
    assert site.workers() == workers
    assert "up to date" in stack.plan("--detailed-exitcode").out


def _answers(port: int) -> bool:
    try:
        tls.shown(port, SHOP)
    except OSError:
        return False
    return True
