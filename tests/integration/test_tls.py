"""TLS for real: who is shown what, the way to it, and certificates that are renewed."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import Made, make_certificate
from tests.images import HAPROXY
from tests.integration.support import tls, web
from tests.integration.support.ports import free_port
from tests.integration.support.stack import Stack, echo_backend, swept
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import watching
from tests.integration.support.world import World


@dataclass
class Site:
    """A topology with two names on one port, and a port for those with a certificate."""

    stack: Stack
    port: int
    partners: int
    shop: Made
    api: Made
    authority: Made
    to_itself: int
    """Leads to a port of the same HAProxy that takes TLS and the PROXY protocol."""
    to_another: int
    """The same, where another name is expected."""

    @property
    def pem(self) -> Path:
        return self.stack.directory / "certs" / "shop.pem"

    def renew(self) -> Made:
        self.shop = make_certificate("shop.example.com")
        self.shop.write(self.pem)
        return self.shop


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Stack(world, tmp_path_factory.mktemp("tls"), HAPROXY)
    authority = make_certificate("partners", is_authority=True)
    shop, api = make_certificate("shop.example.com"), make_certificate("api.example.com")
    site = Site(stack, free_port(), free_port(), shop, api, authority, free_port(), free_port())
    certs = stack.directory / "certs"
    shop.write(site.pem)
    (certs / "api").mkdir()
    (certs / "api" / "api.crt").write_bytes(api.cert)
    (certs / "api" / "api.key").write_bytes(api.key)
    (certs / "ca.pem").write_bytes(authority.cert)
    hidden = make_certificate("inner.example.com", signer=authority)
    (certs / "inner.pem").write_bytes(hidden.cert + hidden.encrypted_key())
    (certs / "inner.pass").write_text("secret\n")
    inner = free_port()
    for name, wanted, check in (("itself", "inner", "/"), ("another", "other", False)):
        stack.spec["backends"][name] = {
            "servers": {"name": "inner", "address": "127.0.0.1", "port": inner},
            "tls": {"ca": "certs/ca.pem", "sni": f"{wanted}.example.com"},
            "proto": "h2",
            "send_proxy": True,
            "check": check,
        }
    stack.spec["backends"]["challenges"] = echo_backend()
    stack.spec["haproxy"] |= {"hard_stop_after": "2s", "timeouts": {"http_keep_alive": "2m"}}
    plain = {"address": "127.0.0.1", "port": stack.port}
    stack.spec["frontends"] = {
        "www": {
            "bind": [
                plain,
                {
                    "address": "127.0.0.1",
                    "port": site.port,
                    "tls": ["./certs/shop.pem", "./certs/api/"],
                },
            ],
            "redirect": "https",
            "hsts": "1y",
            "default_backend": "web",
            "acme": "challenges",
            "rules": [{"path_prefix": "/.well-known", "deny": True}],
        },
        "partners": {
            "bind": f"127.0.0.1:{site.partners}",
            "tls": {
                "certificates": "certs/shop.pem",
                "client_ca": "certs/ca.pem",
                "min_version": "1.3",
            },
            "default_backend": "web",
        },
        "inner": {
            "bind": {
                "address": "127.0.0.1",
                "port": inner,
                "accept_proxy": True,
                "tls": {
                    "certificates": {
                        "cert": "certs/inner.pem",
                        "password": {"file": "certs/inner.pass"},
                    }
                },
            },
            "default_backend": "web",
        },
        "itself": {"bind": f"127.0.0.1:{site.to_itself}", "default_backend": "itself"},
        "another": {"bind": f"127.0.0.1:{site.to_another}", "default_backend": "another"},
    }
    with swept(stack):
        stack.apply()
        yield site


def test_challenges_of_an_authority_come_before_the_redirect(site: Site) -> None:
    challenged = site.stack.get("/.well-known/acme-challenge/token")
    assert (challenged.status, challenged.server) == (200, site.stack.ids()["challenges-1"][:12])
    assert site.stack.get("/.well-known/other").status == 308
    assert site.stack.get("/").status == 308


def test_names_protocols_and_versions(site: Site) -> None:
    assert tls.shown(site.port, "shop.example.com").serial == site.shop.serial
    assert tls.shown(site.port, "api.example.com").serial == site.api.serial
    assert tls.shown(site.port, "else.example.com").serial == site.shop.serial
    offered = tls.context(protocols=("h2", "http/1.1"))
    assert tls.shown(site.port, "shop.example.com", offered).protocol == "h2"
    assert tls.shown(site.port, "x", tls.context(newest="TLSv1_2")).version == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        tls.shown(site.partners, "x", tls.context(newest="TLSv1_2"))


def test_clients_show_a_certificate(site: Site, tmp_path: Path) -> None:
    partner = make_certificate("partner", signer=site.authority).write(tmp_path / "partner.pem")
    stranger = make_certificate("partner").write(tmp_path / "stranger.pem")
    with tls.connect(site.partners, "x", tls.context(client=partner)) as connection:
        assert tls.request(connection)[0] == 200
    for client in (stranger, None):
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            tls.connect(site.partners, "x", tls.context(client=client)) as connection,
        ):
            tls.request(connection)  # TLS 1.3 tells a client with the first answer


def test_the_way_to_tls_and_staying_on_it(site: Site) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", site.stack.port, timeout=web.TIMEOUT_S)
    host = f"shop.example.com:{site.stack.port}"
    plain.request("POST", "/cart?id=1&x=%20", headers={"Host": host})
    answer = plain.getresponse()
    answer.read()
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://shop.example.com:{site.port}/cart?id=1&x=%20"
    assert answer.headers["Strict-Transport-Security"] is None
    plain.close()
    with tls.connect(site.port, "shop.example.com") as connection:
        status, hsts, _ = tls.request(connection)
    assert (status, hsts) == (200, "max-age=31536000")


def test_servers_are_spoken_with_over_tls_and_told_for_whom(site: Site) -> None:
    """The check has passed on the same way, or nothing would be sent there."""
    assert web.get(site.to_itself).server
    assert web.get(site.to_another).status == 503


def test_nothing_is_left_to_do_and_no_key_is_told(site: Site) -> None:
    stack = site.stack
    assert stack.plan_document()["empty"]
    assert "up to date" in stack.apply().out
    secret = site.shop.key.decode().splitlines()[1]
    told = json.dumps(stack.containers()) + stack.run("render").out
    assert secret not in told
    listing = stack.world.run_in(
        stack.haproxy, "sh", "-c", "ls -lnd /usr/local/etc/haproxy/files/*"
    )
    assert listing.count("-rw------- 1 99 99 ") == 4 + 3  # and three lists of certificates


def test_a_renewed_certificate_needs_no_reload(site: Site) -> None:
    stack = site.stack
    with tls.connect(site.port, "shop.example.com") as open_before:
        assert tls.request(open_before)[0] == 200
        workers = stack.world.workers(stack.haproxy)
        renewed = site.renew()
        document = stack.plan_document()
        assert document["impact"] == "runtime"
        assert renewed.key.decode().splitlines()[1] not in json.dumps(document)
        applied = stack.apply()
        assert "certificate `shop-" in applied.out
        assert tls.shown(site.port, "shop.example.com").serial == renewed.serial
        assert tls.shown(site.partners, "x", tls.context()).serial == renewed.serial
        assert tls.shown(site.port, "api.example.com").serial == site.api.serial
        assert stack.world.workers(stack.haproxy) == workers
        assert tls.request(open_before)[0] == 200
    assert stack.plan_document()["empty"]
    stack.world.api.restart(stack.haproxy, timeout=2)
    await_true(lambda: _serial(site) == renewed.serial, "the same after a restart")


def test_a_certificate_comes_and_goes_without_a_reload(site: Site) -> None:
    stack, place = site.stack, site.stack.directory / "certs" / "api" / "new.pem"
    added = make_certificate("new.example.com")
    with tls.connect(site.port, "shop.example.com") as open_before:
        assert tls.request(open_before)[0] == 200
        workers = stack.world.workers(stack.haproxy)
        added.write(place)
        document = stack.plan_document()
        assert document["impact"] == "runtime"
        assert added.key.decode().splitlines()[1] not in json.dumps(document)
        assert "is new" in stack.apply().out
        assert tls.shown(site.port, "new.example.com").serial == added.serial
        assert tls.shown(site.port, "api.example.com").serial == site.api.serial
        assert tls.shown(site.partners, "new.example.com").serial == site.shop.serial
        assert stack.plan_document()["empty"]
        added = make_certificate("new.example.com")
        added.write(place)
        stack.apply()
        assert tls.shown(site.port, "new.example.com").serial == added.serial
        assert stack.world.workers(stack.haproxy) == workers
        assert tls.request(open_before)[0] == 200
    stack.world.api.restart(stack.haproxy, timeout=2)
    await_true(lambda: _serial(site, "new.example.com") == added.serial, "the same after a restart")
    with tls.connect(site.port, "new.example.com") as open_before:
        assert tls.request(open_before)[0] == 200
        workers = stack.world.workers(stack.haproxy)
        place.unlink()
        assert stack.plan_document()["impact"] == "runtime"
        assert "goes" in stack.apply().out
        assert tls.shown(site.port, "new.example.com").serial == site.shop.serial
        assert tls.request(open_before)[0] == 200
        assert stack.world.workers(stack.haproxy) == workers
    kept = stack.world.run_in(stack.haproxy, "ls", "/usr/local/etc/haproxy/files")
    assert "shop-" in kept
    assert "new-" not in kept
    assert stack.plan_document()["empty"]


def _serial(site: Site, name: str = "shop.example.com") -> int:
    try:
        return tls.shown(site.port, name).serial
    except OSError:
        return 0


def test_a_bad_certificate_touches_nothing(site: Site) -> None:
    good = site.pem.read_bytes()
    other = make_certificate("shop.example.com")
    try:
        site.pem.write_bytes(other.cert + site.shop.key)
        told = site.stack.apply(expect=1)
        assert "error[bad-certificate]: `./certs/shop.pem` does not belong" in told.out + told.err
        assert tls.shown(site.port, "shop.example.com").serial == site.shop.serial
        assert "warning[bad-certificate]" in site.stack.run("status").text
    finally:
        site.pem.write_bytes(good)


def test_a_daemon_sees_a_renewed_certificate(site: Site) -> None:
    with watching(site.stack.file, directory=site.stack.directory) as daemon:
        # What the tests before have left may be something to do for it.
        daemon.await_said("a first pass", lambda s: s.get("outcome") in {"converged", "unchanged"})
        daemon.forget()
        renewed = site.renew()
        daemon.await_begun("a file that it refers to changed")
        await_true(lambda: _serial(site) == renewed.serial, "the renewed certificate is shown")
