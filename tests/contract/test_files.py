"""Files beside haproxy.cfg: checked, written, and certificates taken over without a reload."""

from __future__ import annotations

from collections.abc import Sequence

import docker
import pytest
from msgspec import structs

from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.engine.docker.haproxy import runtime
from reconciler.haproxy.config import Config
from reconciler.haproxy.model import BindTls, RawLine
from reconciler.haproxy.model.files import ProxyFile
from reconciler.haproxy.render.proxy import render_config
from reconciler.plan import actions as a
from tests.certificates import make_certificate
from tests.contract.bench import Bench, proxy_target, refuse_broken
from tests.contract.hands import MemoryHand
from tests.images import HAPROXY

NAME = "shop-0.pem"


def with_certificate(wish: Desired, content: bytes, *, raw: str = "") -> Desired:
    """The same, which speaks TLS on its port."""
    assert wish.proxy is not None
    file = ProxyFile(NAME, content, ("frontends", "www", "bind"), "certificate")
    tls = BindTls((file.place,), "", "required", None, None, None, (), file.path)
    (frontend,) = wish.proxy.frontends
    listeners = tuple(structs.replace(one, tls=tls) for one in frontend.listeners)
    proxy = structs.replace(
        wish.proxy,
        frontends=(structs.replace(frontend, listeners=listeners),),
        files=(file,),
        raw_global=(RawLine(raw, ()),) if raw else (),
    )
    return structs.replace(wish, proxy=proxy)


def config_of(wish: Desired) -> Config:
    assert wish.proxy is not None
    return render_config(wish.proxy)


def test_a_certificate_from_its_first_day_to_its_renewal(bench: Bench) -> None:
    first, second = make_certificate("one"), make_certificate("two")
    wish = with_certificate(bench.wish(replicas=1), first.bundle)
    bench.apply(wish)
    target, port = bench.one(wish, PROXY_SLOT).id, bench.port
    assert bench.hand.read_files(target) == {NAME: first.bundle}
    assert bench.hand.shown_certificate(target, NAME, port) == first.cert
    assert bench.proxy(wish).written_digest == config_of(wish).digest

    renewed = with_certificate(bench.wish(replicas=1), second.bundle)
    assert config_of(renewed).structure == config_of(wish).structure
    assert config_of(renewed).digest != config_of(wish).digest
    # A check leaves what is in use alone, in the container or beside it.
    running = a.Target("", target)
    bench.do(a.CheckConfig(HAPROXY, config_of(renewed), running))
    bench.do(a.CheckConfig(HAPROXY, config_of(renewed)))
    assert bench.hand.read_files(target) == {NAME: first.bundle}

    (file,) = config_of(renewed).files
    bench.do_twice(a.RenewFiles(running, (file,)))
    assert bench.hand.read_files(target) == {NAME: second.bundle}
    assert bench.hand.shown_certificate(target, NAME, port) == second.cert
    assert bench.proxy(wish).old_workers == 0
    bench.do(a.WriteConfig(running, config_of(renewed)))
    assert bench.proxy(wish).written_digest == config_of(renewed).digest

    if bench.kind == "memory":
        refuse_broken(bench)
    # A reload that fails leaves the files as they were, too.
    broken = with_certificate(bench.wish(replicas=1), first.bundle, raw="no-such-keyword 1")
    refused = a.ReloadProxy(running, config_of(broken), config_of(renewed).text)
    assert bench.fail(refused).code == "reload-failed"
    assert bench.hand.read_files(target) == {NAME: second.bundle}
    # One that does not brings them with it.
    bench.do(a.ReloadProxy(running, config_of(wish), None))
    assert bench.hand.shown_certificate(target, NAME, port) == first.cert


def test_a_renewal_that_was_cut_off_shows(bench: Bench) -> None:
    """Also to the file from before, which HAProxy does not use any more."""
    first, second = make_certificate("one"), make_certificate("two")
    wish = with_certificate(bench.wish(replicas=1), first.bundle)
    renewed = with_certificate(bench.wish(replicas=1), second.bundle)
    bench.apply(wish)
    target, port = bench.one(wish, PROXY_SLOT).id, bench.port
    bench.do(a.RenewFiles(a.Target("", target), config_of(renewed).files))
    assert bench.hand.shown_certificate(target, NAME, port) == second.cert
    digests = {config_of(wish).digest, config_of(renewed).digest}
    assert bench.proxy(wish).written_digest not in {*digests, None}
    bench.apply(wish)
    assert bench.hand.shown_certificate(target, NAME, port) == first.cert
    assert bench.hand.read_files(target) == {NAME: first.bundle}
    assert bench.proxy(wish).written_digest == config_of(wish).digest
    assert bench.proxy(wish).old_workers == 0


def test_files_that_nobody_needs_any_more_go(bench: Bench) -> None:
    """Those that were left as well; others, which are not ours by their form, stay."""
    wish = with_certificate(bench.wish(replicas=1), make_certificate("one").bundle)
    bench.apply(wish)
    target = bench.one(wish, PROXY_SLOT).id
    config = config_of(wish)
    old, strange = (ProxyFile(name, b"key", ()) for name in ("old-01234567.pem", "theirs.pem"))
    left = structs.replace(config, files=(*config.files, old, strange))
    bench.do(a.WriteConfig(a.Target("", target), left))
    assert bench.proxy(wish).files == tuple(sorted((NAME, old.name, strange.name)))
    bench.hand.stop(target)
    assert bench.proxy(wish).files == tuple(sorted((NAME, old.name, strange.name)))
    bench.apply(wish)
    assert bench.hand.read_files(target).keys() == {NAME, strange.name}
    bench.do(a.WriteConfig(a.Target("", target), left))
    bench.apply(wish)
    assert bench.hand.read_files(target).keys() == {NAME, strange.name}
    bench.do_twice(a.RemoveFiles(a.Target("", target), (strange.name,)))
    assert bench.proxy(wish).files == (NAME,)


class CutError(Exception):
    """The process ends."""


def cut_off_before_the_reload(bench: Bench, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all is written, and HAProxy has not been told."""
    if isinstance(bench.hand, MemoryHand):
        world = bench.hand.world

        def alerts(text: str) -> Sequence[tuple[int | None, str]]:
            if world.get(target).config == text:
                raise CutError
            return ()

        monkeypatch.setattr(world, "alerts", alerts)
        return
    ask = runtime.ask

    def told(client: docker.APIClient, container: str, socket: str, command: str) -> str:
        if command == "reload":
            raise CutError
        return ask(client, container, socket, command)

    monkeypatch.setattr(runtime, "ask", told)


def test_a_reload_that_was_cut_off_shows(bench: Bench) -> None:
    """Also where what HAProxy runs is as it should be, but for a certificate."""
    first, second = make_certificate("one"), make_certificate("two")
    before = with_certificate(bench.wish(replicas=1), first.bundle)
    wish = with_certificate(bench.wish(replicas=1), second.bundle)
    bench.apply(before)
    target, port = bench.one(before, PROXY_SLOT).id, bench.port
    edited = config_of(before).text.replace("retries 3", "retries 2")
    bench.hand.edit_config(target, edited)
    reload = a.ReloadProxy(a.Target("", target), config_of(wish), edited)
    with pytest.MonkeyPatch.context() as patched:
        cut_off_before_the_reload(bench, target, patched)
        with pytest.raises(CutError):
            bench.do(reload)
    assert bench.hand.read_files(target) == {NAME: second.bundle}
    assert bench.hand.shown_certificate(target, NAME, port) == first.cert
    bench.apply(wish)
    assert bench.hand.shown_certificate(target, NAME, port) == second.cert
    assert bench.proxy(wish).written_digest == config_of(wish).digest


def test_renewal_where_nobody_runs(bench: Bench) -> None:
    wish = with_certificate(bench.wish(), b"any")
    gone = a.Target("nobody-has-this-name")
    error = bench.fail(a.RenewFiles(gone, config_of(wish).files))
    assert error.code == "engine-refused"
    assert proxy_target(wish) != gone
