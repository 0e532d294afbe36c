"""Every action does what it says, succeeds when it was done before, and fails with its own code."""

from __future__ import annotations

from msgspec import structs

from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.desired.resources import ResourceLimits
from reconciler.desired.rollout import Guard
from reconciler.desired.spec import Attachment, NetworkSpec, PublishedPort, VolumeSpec, revision_of
from reconciler.engine.protocol import Patience
from reconciler.haproxy.config import Config, Line
from reconciler.haproxy.control.commands import ServerSetting
from reconciler.haproxy.model import RawLine
from reconciler.haproxy.render.proxy import render_config
from reconciler.plan import actions as a
from reconciler.plan.action_labels import label_of
from reconciler.plan.observed import ObservedVolume
from tests.contract.bench import (
    FILE,
    WEB_1,
    Bench,
    made,
    networks_of,
    proxy_target,
    refuse_broken,
    target,
)
from tests.images import ABSENT, ECHO, HAPROXY, OTHER_HAPROXY
from tests.integration.support.ports import free_port

GONE = a.Target("nobody-has-this-name")


def config_of(wish: Desired) -> Config:
    config = wish.config()
    assert config is not None
    return config


def another_config(wish: Desired) -> Config:
    """Valid, and with another digest than the topology's own."""
    assert wish.proxy is not None
    return render_config(structs.replace(wish.proxy, maxconn=100))


def broken_config(wish: Desired) -> Config:
    assert wish.proxy is not None
    raw = (RawLine("no-such-keyword 1", ("haproxy", "raw", "global", 0)),)
    return render_config(structs.replace(wish.proxy, raw_global=raw))


# -- containers -----------------------------------------------------------------------------


def test_a_container_from_nothing_to_nothing(bench: Bench) -> None:
    wish = bench.wish()
    bench.do_twice(*made(wish))
    assert len(bench.see(wish).containers) == 1
    bench.do_twice(a.StartContainer(target(wish)), a.AwaitReady(target(wish)))
    assert bench.one().state == "running"
    identity = bench.one().id
    by_id = a.Target(target(wish).name, identity)
    bench.do_twice(a.UpdateContainer(by_id, ResourceLimits(memory_bytes=96 * 1024**2), "always"))
    have = bench.one()
    assert (have.cpus, have.memory_bytes, have.restart) == (0.5, 96 * 1024**2, "always")
    bench.do_twice(a.UpdateContainer(by_id, ResourceLimits(cpus=0.25), "on-failure:3"))
    have = bench.one()
    assert (have.cpus, have.memory_bytes, have.restart) == (0.25, 96 * 1024**2, "on-failure:3")
    bench.hand.pause(identity)
    assert bench.one().state == "paused"
    bench.do_twice(a.UnpauseContainer(by_id))
    assert bench.one().state == "running"
    bench.hand.rename(identity, f"{bench.topology}-x")
    bench.do_twice(a.RenameContainer(by_id, target(wish).name))
    assert bench.one().name == target(wish).name
    bench.do_twice(a.StopContainer(by_id, 1.0))
    assert bench.one().state == "exited"
    bench.do_twice(a.RemoveContainer(by_id))
    assert bench.see(wish).containers == ()
    bench.do(a.StopContainer(by_id, 1.0))  # one that is gone is stopped, too
    assert list(bench.see(wish).volumes) == [f"{bench.topology}-data"]


def test_a_paused_container_stops_and_goes(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)))
    bench.hand.pause(target(wish).name)
    bench.do_twice(a.StopContainer(target(wish), 1.0))
    assert bench.one().state == "exited"


def test_create_goes_on_where_it_was_cut_off(bench: Bench) -> None:
    """A run that was killed may have left a container without its second network."""
    wish = bench.wish()
    container = wish.containers[WEB_1]
    first = structs.replace(container.spec, networks=container.spec.networks[:1])
    bench.do(
        *networks_of(wish),
        a.CreateContainer(structs.replace(container, spec=first), container.name),
    )
    assert set(bench.one().networks) == {f"{bench.topology}-front"}
    bench.do_twice(a.CreateContainer(container, container.name))
    assert set(bench.one().networks) == {f"{bench.topology}-{n}" for n in ("front", "back")}


def test_create_refuses_a_name_that_another_has(bench: Bench) -> None:
    wish = bench.wish()
    container = wish.containers[WEB_1]
    bench.hand.run(container.name)
    bench.do(*networks_of(wish))
    error = bench.fail(a.CreateContainer(container, container.name))
    assert error.code == "name-taken"
    assert container.name in error.message


def test_create_refuses_another_revision_of_its_own(bench: Bench) -> None:
    wish, other = bench.wish(), bench.wish(greeting="bye")
    bench.do(*made(wish))
    name = wish.containers[WEB_1].name
    assert bench.fail(a.CreateContainer(other.containers[WEB_1], name)).code == "name-taken"


def test_what_cannot_be_done_to_a_container(bench: Bench) -> None:
    wish = bench.wish(image=ABSENT)
    refusals: list[a.Action] = [
        *made(wish)[-1:],
        a.StartContainer(GONE),
        a.UnpauseContainer(GONE),
        a.RenameContainer(GONE, f"{bench.topology}-x"),
        a.UpdateContainer(GONE, ResourceLimits(cpus=1.0), "no"),
        a.ConnectNetwork(GONE, Attachment(f"{bench.topology}-front")),
        a.AwaitReady(GONE),
        a.WriteConfig(GONE, config_of(wish)),
        a.ReloadProxy(GONE, config_of(wish), None),
        a.ReplaceProxy(GONE, GONE, "0" * 16),
        a.AwaitServers(GONE, (("web", "web-1"),)),
        a.SetServers(GONE, (ServerSetting("web", "web-1", "ready"),)),
        a.AwaitIdle(GONE, (("web", "web-1"),), 1.0),
        a.GuardServers(GONE, (("web", "web-1"),), Guard(0.0, 1.0, 1)),
        a.AwaitDrained(GONE, 1.0),
        a.CheckConfig(HAPROXY, config_of(wish), GONE),
        a.CheckConfig(ABSENT, config_of(wish)),
    ]
    bench.do(*networks_of(wish))
    codes = {label_of(action): bench.fail(action).code for action in refusals}
    assert set(codes.values()) == {"engine-refused"}, codes
    assert bench.fail(a.AwaitProxy(GONE, "0" * 16)).code in {"engine-refused", "proxy-not-running"}
    # Words for the user say what was being done.
    assert bench.fail(a.StartContainer(GONE)).message.startswith(f"start {GONE.name}: ")


def test_a_rename_to_a_name_that_is_taken(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish))
    bench.hand.run(f"{bench.topology}-x")
    action = a.RenameContainer(target(wish), f"{bench.topology}-x")
    assert bench.fail(action).code == "engine-refused"


def test_ready_means_running_and_healthy(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish))
    bench.patience = Patience(timeout_s=0.3)
    assert bench.fail(a.AwaitReady(target(wish))).code == "not-ready"
    bench.do(a.StartContainer(target(wish)), a.AwaitReady(target(wish)))
    bench.hand.kill(target(wish).name)
    error = bench.fail(a.AwaitReady(target(wish)))
    assert error.code == "not-ready"
    assert error.message.startswith(f"{target(wish).name} exited with code 137")


# -- networks, volumes, images --------------------------------------------------------------


def test_a_network_from_nothing_to_nothing(bench: Bench) -> None:
    spec = NetworkSpec(f"{bench.topology}-front")
    bench.do_twice(a.CreateNetwork(spec, revision_of(spec)))
    network = bench.see().networks[spec.name]
    bench.do_twice(a.RemoveNetwork(spec.name, network.id))
    assert bench.see().networks == {}


def test_a_network_whose_name_was_taken_meanwhile(bench: Bench) -> None:
    """Our containers would otherwise join it, and meet whoever is there."""
    spec = NetworkSpec(f"{bench.topology}-front")
    bench.hand.add_network(spec.name)
    error = bench.fail(a.CreateNetwork(spec, revision_of(spec)))
    assert (error.code, spec.name in error.message) == ("name-taken", True)


def test_connect_and_disconnect(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)))
    back = bench.see().networks[f"{bench.topology}-back"]
    leave = a.DisconnectNetwork(target(wish), back.name, back.id)
    join = a.ConnectNetwork(target(wish), Attachment(back.name, ("web", "api")))
    for state in ("running", "paused", "exited"):
        if state == "paused":
            bench.hand.pause(target(wish).name)
        if state == "exited":
            bench.hand.kill(target(wish).name)
        assert bench.one().state == state
        bench.do_twice(leave)
        assert back.name not in bench.one().networks
        bench.do_twice(join)
        assert {"web", "api"} <= bench.one().networks[back.name].aliases
    bench.do(a.DisconnectNetwork(GONE, back.name, back.id))


def test_a_network_to_join_that_is_missing(bench: Bench) -> None:
    """It is found at once when the container runs, else when it starts."""
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)))
    missing = a.ConnectNetwork(target(wish), Attachment(f"{bench.topology}-none"))
    assert bench.fail(missing).code == "engine-refused"
    bench.hand.kill(target(wish).name)
    bench.do(missing)
    assert bench.fail(a.StartContainer(target(wish))).code == "engine-refused"


def test_a_network_in_use_stays(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)))
    back = bench.see().networks[f"{bench.topology}-back"]
    assert bench.fail(a.RemoveNetwork(back.name, back.id)).code == "engine-refused"
    assert back.name in bench.see().networks


def test_a_network_that_went_from_under_a_stopped_container(bench: Bench) -> None:
    """Its place there is stale: it starts only after leaving and joining again."""
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)), a.StopContainer(target(wish), 1.0))
    back = bench.see().networks[f"{bench.topology}-back"]
    bench.hand.remove_network(back.name)
    assert back.name not in bench.see().networks
    assert bench.one().networks[back.name].network_id == back.id
    assert bench.fail(a.StartContainer(target(wish))).code == "engine-refused"
    bench.do(*networks_of(wish))
    assert bench.fail(a.StartContainer(target(wish))).code == "engine-refused"
    bench.do_twice(
        a.DisconnectNetwork(target(wish), back.name, back.id),
        a.ConnectNetwork(target(wish), Attachment(back.name, ("web",))),
        a.StartContainer(target(wish)),
    )
    assert bench.one().networks[back.name].network_id == bench.see().networks[back.name].id


def test_a_network_that_is_missing_is_found_at_the_start(bench: Bench) -> None:
    wish = bench.wish()
    container = wish.containers[WEB_1]
    only_front = structs.replace(container.spec, networks=container.spec.networks[:1])
    bench.do(a.CreateContainer(structs.replace(container, spec=only_front), container.name))
    assert bench.fail(a.StartContainer(target(wish))).code == "engine-refused"
    bench.do(*networks_of(wish), a.StartContainer(target(wish)))
    assert bench.one().state == "running"


def test_a_volume_from_nothing_to_nothing(bench: Bench) -> None:
    name = f"{bench.topology}-data"
    options = (("device", "tmpfs"), ("o", "size=1m"), ("type", "tmpfs"))
    bench.do_twice(a.CreateVolume(VolumeSpec(name, options=options, labels=(("team", "shop"),))))
    assert bench.see().volumes == {name: ObservedVolume(name, options=options)}
    bench.do_twice(a.RemoveVolume(name))
    assert bench.see().volumes == {}


def test_a_volume_of_somebody_else_is_not_taken(bench: Bench) -> None:
    name = f"{bench.topology}-data"
    bench.hand.add_volume(name)
    error = bench.fail(a.CreateVolume(VolumeSpec(name)))
    assert error.code == "name-taken"
    assert name in error.message
    assert bench.see().volumes == {name: ObservedVolume(name, is_ours=False)}


def test_a_volume_in_use_stays(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish))
    name = f"{bench.topology}-data"
    assert bench.fail(a.RemoveVolume(name)).code == "engine-refused"
    assert list(bench.see().volumes) == [name]


def test_an_image_that_cannot_be_pulled(bench: Bench) -> None:
    error = bench.fail(a.PullImage("127.0.0.1:1/nothing/here:1"))
    assert error.code == "pull-failed"
    assert "127.0.0.1:1/nothing/here:1" in error.message


# -- HAProxy --------------------------------------------------------------------------------


def test_a_proxy_from_nothing(bench: Bench) -> None:
    wish = bench.wish()
    config = config_of(wish)
    bench.do_twice(
        a.CheckConfig(HAPROXY, config),
        *made(wish, PROXY_SLOT),
        a.WriteConfig(proxy_target(wish), config),
    )
    assert bench.proxy().config == config.text
    error = bench.fail(a.AwaitProxy(proxy_target(wish), config.digest))
    assert error.code == "proxy-not-running"
    bench.do_twice(
        a.StartContainer(proxy_target(wish)),
        a.AwaitReady(proxy_target(wish)),
        a.AwaitProxy(proxy_target(wish), config.digest),
        a.CheckConfig(HAPROXY, config, proxy_target(wish)),
    )


def test_reload_and_drain(topology: Bench) -> None:
    wish = topology.wish()
    old, new = config_of(wish), another_config(wish)
    with topology.hand.hold_connection(proxy_target(wish).name, topology.port):
        topology.do(a.ReloadProxy(proxy_target(wish), new, old.text))
        proxy = topology.proxy()
        assert proxy.running is not None
        assert (proxy.written_digest, proxy.running.digest) == (new.digest, new.digest)
        assert proxy.old_workers == 1
        error = topology.fail(a.AwaitDrained(proxy_target(wish), 0.2))
        assert error.code == "not-drained"
    topology.do_twice(a.AwaitDrained(proxy_target(wish), 10.0))
    assert topology.proxy().old_workers == 0
    topology.do_twice(
        a.ReloadProxy(proxy_target(wish), old, new.text),
        a.AwaitProxy(proxy_target(wish), old.digest),
    )


def test_a_configuration_that_is_refused_changes_nothing(topology: Bench) -> None:
    if topology.kind == "memory":  # whose HAProxy knows no grammar until it is given one
        refuse_broken(topology)
    wish = topology.wish()
    good, bad = config_of(wish), broken_config(wish)
    line = bad.lines.index(Line("    no-such-keyword 1", ("haproxy", "raw", "global", 0))) + 1
    for running in (None, proxy_target(wish)):
        error = topology.fail(a.CheckConfig(HAPROXY, bad, running))
        assert error.code == "config-rejected"
        assert line in [r.place.span.line for r in error.related if r.place.span]
    error = topology.fail(a.ReloadProxy(proxy_target(wish), bad, good.text))
    assert error.code == "reload-failed"
    proxy = topology.proxy()
    assert proxy.running is not None
    assert (proxy.config, proxy.running.digest) == (good.text, good.digest)


def test_one_proxy_takes_the_place_of_another(bench: Bench) -> None:
    bench.apply(bench.wish())
    wish, other = bench.wish(), bench.wish(haproxy=OTHER_HAPROXY)
    old, new = proxy_target(wish), proxy_target(other)
    config = config_of(other)
    bench.do(*made(other, PROXY_SLOT)[-1:], a.WriteConfig(new, config))
    taken = bench.fail(a.StartContainer(new))
    assert taken.code == "port-taken"
    bench.do_twice(a.ReplaceProxy(old, new, config.digest))
    states = {c.name: c.state for c in bench.see(other).containers if c.slot == PROXY_SLOT}
    assert states == {old.name: "exited", new.name: "running"}


def test_a_proxy_that_cannot_start_gives_way_to_the_old_one(bench: Bench) -> None:
    bench.apply(bench.wish())
    wish = bench.wish()
    held = bench.wish(port=free_port())
    port = next(iter(held.containers[PROXY_SLOT].spec.ports))
    bench.hand.run(f"{bench.topology}-x", ports=[PublishedPort(port.address, port.host_port, 8080)])
    bench.do(*made(held, PROXY_SLOT)[-1:], a.WriteConfig(proxy_target(held), config_of(held)))
    digest = config_of(held).digest
    error = bench.fail(a.ReplaceProxy(proxy_target(wish), proxy_target(held), digest))
    assert error.code == "port-taken"
    bench.do(a.AwaitProxy(proxy_target(wish), config_of(wish).digest))


def test_a_proxy_that_runs_something_else_gives_way_to_the_old_one(bench: Bench) -> None:
    bench.apply(bench.wish())
    wish, other = bench.wish(), bench.wish(haproxy=OTHER_HAPROXY)
    old, new = proxy_target(wish), proxy_target(other)
    bench.do(*made(other, PROXY_SLOT)[-1:], a.WriteConfig(new, config_of(wish)))
    digest = another_config(other).digest
    assert bench.fail(a.ReplaceProxy(old, new, digest)).code == "proxy-not-running"
    bench.do(a.AwaitProxy(old, config_of(wish).digest))
    states = {c.name: c.state for c in bench.see(other).containers if c.slot == PROXY_SLOT}
    assert states == {old.name: "running", new.name: "exited"}


def test_every_image_here_is_one_that_the_bench_has(bench: Bench) -> None:
    images = bench.see(bench.wish(image=ECHO)).images
    assert set(images) == {ECHO, HAPROXY}


def test_what_a_container_depends_on_is_known_later(bench: Bench) -> None:
    bench.file = FILE.replace("    port: 8080\n", "    port: 8080\n    depends_on: [db]\n").replace(
        "frontends:", "  db: {{image: {image}}}\nfrontends:"
    )
    wish = bench.wish()
    bench.do(*made(wish))
    assert bench.one(wish).depends_on == ("db",)


def test_ready_and_staying_so(bench: Bench) -> None:
    wish = bench.wish()
    bench.do(*made(wish), a.StartContainer(target(wish)))
    steady = a.AwaitSteady((target(wish),), 0.3)
    bench.do_twice(steady)
    bench.hand.stop(target(wish).name)
    assert bench.fail(steady).code == "not-ready"


def test_what_crashes_soon_after_each_start_is_not_steady(bench: Bench) -> None:
    """It is told with the same words whenever it is looked at; and its restarts are counted."""
    bench.file = FILE.replace(
        '    restart: "no"\n    resources',
        "    entrypoint: [sh, -c]\n    command: [sleep 0.3; exit 3]\n    resources",
    )
    bench.hand.let_crash()
    wish = bench.wish(check="false")
    bench.do(*made(wish), a.StartContainer(target(wish)))
    error = bench.fail(a.AwaitSteady((target(wish),), unchecked_s=10.0))
    assert error.message == f"{target(wish).name} ended and was restarted by Docker"
    assert bench.one(wish).restarts >= 1
    assert (bench.one(wish).up_s or 0.0) < 10


def test_a_job_runs_to_its_end(bench: Bench) -> None:
    """Ended well, badly, and not in time; it is no container of the backend meanwhile."""
    bench.file = FILE.replace(
        "    port: 8080\n",
        "    port: 8080\n    before: [{{entrypoint: [sh, -c], command: ['{script}'], "
        "image: {image}}}]\n",
    )
    outcomes: list[tuple[str, int | None, int]] = [
        ("true", 0, 0),
        ("exit 3", 3, 3),
        ("sleep 30", None, 137),
    ]
    for script, code, seen in outcomes:
        wish = bench.wish(script=script)
        ((job,),) = wish.jobs.values()
        where = a.Target(job.container.name)
        bench.hand.end_jobs_with(code)
        bench.do(*networks_of(wish), *map(a.CreateVolume, wish.volumes.values()))
        bench.do_twice(a.CreateContainer(job.container, where.name), a.StartContainer(where))
        if code == 0:
            bench.do_twice(a.AwaitExit(where, 10.0))
        else:
            error = bench.fail(a.AwaitExit(where, 10.0 if code else 0.5))
            assert (error.code, where.name in error.message) == ("job-failed", True)
        found = bench.see(wish)
        assert not found.containers
        (ended,) = [c for c in found.jobs if c.name == where.name]
        assert (ended.state, ended.exit_code, ended.slot) == ("exited", seen, job.container.slot)
        assert ended.revision == job.container.revision
    assert bench.fail(a.AwaitExit(GONE, 1.0)).code == "not-ready"
    wish = bench.wish(script="true")
    bench.do(*made(wish))
    assert bench.one(wish).jobs == tuple(j.container.revision for j in wish.jobs["web"])
