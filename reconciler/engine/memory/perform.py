"""Actions upon a world: one branch an action. Each succeeds when it was done before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from msgspec.structs import asdict

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.resources import resources_in
from reconciler.desired.spec import OF_A_CONTAINER, Attachment, describe
from reconciler.engine.errors import (
    ConfigRejectedError,
    EngineError,
    edited_meanwhile,
    exited,
    guard_tripped,
    handover_failed,
    job_failed,
    no_spare_server,
    not_drained,
    not_ours,
    not_ready,
    proxy_not_running,
    reload_failed,
    removed_meanwhile,
    restarted,
    servers_down,
    stopped_after,
    taken_meanwhile,
)
from reconciler.engine.memory.observe import is_of, observed_proxy, resolve, server_states
from reconciler.engine.memory.parts import Container, Link, refused
from reconciler.engine.memory.world import World
from reconciler.engine.protocol import Closed, Report
from reconciler.haproxy.config import Config, read_config
from reconciler.haproxy.control.commands import NoSpareServerError, ServerSetting, commands_for
from reconciler.haproxy.control.rewrite import mark_reload, mark_renewal, put_servers
from reconciler.haproxy.model.files import ProxyFile
from reconciler.plan import actions as a


def perform(world: World, topology: str, action: a.Action, report: Report) -> None:  # noqa: PLR0915  # a branch an action
    """Raises EngineError."""
    match action:
        case a.PullImage(image):
            world.pull(image)
        case a.CheckConfig(image, config, running):
            _check_config(world, image, config, running)
        case a.CreateNetwork(spec, revision):
            if spec.name not in world.networks:
                world.add_network(spec.name, topology, revision)
            elif world.networks[spec.name].owner != topology:
                raise not_ours("network", spec.name)
        case a.RemoveNetwork(_, network):
            if world.network_by_id(network) is not None:
                world.remove_network(network)
        case a.CreateVolume(spec):
            if world.volumes.setdefault(spec.name, topology) != topology:
                raise not_ours("volume", spec.name)
            world.volume_specs.setdefault(spec.name, spec)
        case a.RemoveVolume(name):
            if world.volumes.get(name) == topology:
                world.remove_volume(name)
        case a.CreateContainer(container, name, _):
            _create_container(world, topology, container, name)
        case a.WriteFiles(target, mounted):
            world.get(target.reference).mounted |= {file.target: file for file in mounted}
        case a.StartContainer(target):
            world.start(target.reference)
        case a.UnpauseContainer(target):
            if world.get(target.reference).state == "paused":
                world.unpause(target.reference)
        case a.RenameContainer(target, name):
            if world.get(target.reference).name != name:
                world.rename(target.reference, name)
        case a.UpdateContainer(target, limits, restart, _):
            world.set_limits(target.reference, restart=restart, **asdict(limits))
        case a.ConnectNetwork(target, attachment):
            _connect(world, world.get(target.reference), attachment)
        case a.DisconnectNetwork(target, network, network_id):
            _disconnect(world, target.reference, network_id or network)
        case a.StopContainer(target, _):
            if world.find(target.reference) is not None:
                world.stop(target.reference)
        case a.RemoveContainer(target):
            _remove_container(world, topology, target)
        case a.WriteConfig(target, config):
            world.edit_config(target.reference, config.text)
            _write_files(world.get(target.reference), config.files)
        case a.RenewFiles(target, files):
            proxy = _running(world, target)
            _rewrite(proxy, lambda config: mark_renewal(config, [file.name for file in files]))
            _write_files(proxy, files)
            proxy.loaded_files |= proxy.files
        case a.RemoveFiles(target, names):
            proxy = _running(world, target)
            proxy.files = {n: text for n, text in proxy.files.items() if n not in names}
        case a.ReloadProxy(target, config, previous):
            _reload(world, world.get(target.reference), config, previous)
        case a.AwaitProxy(target, digest):
            _await_proxy(world, target, digest)
        case a.ReplaceProxy():
            _replace_proxy(world, action)
            report(Closed(0.0))
        case a.HandOver(_, new, digest):
            _hand_over(world, new, digest)
        case a.AwaitReady(target):
            _await_ready(world.get(target.reference))
        case a.AwaitSteady(targets):
            for target in targets:
                _await_steady(world, target)
        case a.AwaitExit(target, timeout_s):
            _await_exit(world, target, timeout_s)
        case a.SetServers(target, settings):
            _set_servers(world, _running(world, target), settings)
        case a.WriteServers(target, backend, lines):
            _rewrite(world.get(target.reference), lambda c: put_servers(c, backend, lines))
        case a.AwaitServers(target, servers, containers):
            _await_servers(world, _running(world, target), servers, containers)
        case a.GuardServers(target, servers):
            _guard_servers(world, _running(world, target), servers)
        case a.AwaitIdle(target):
            _running(world, target)  # nobody has connections here
        case a.AwaitDrained(target, at_most_s):
            _await_drained(_running(world, target), at_most_s)
        case _:
            assert_never(action)


def _running(world: World, target: a.Target) -> Container:
    container = world.get(target.reference)
    if container.state != "running":
        raise refused(f"container {container.name} is not running")
    return container


def _create_container(world: World, topology: str, wanted: DesiredContainer, name: str) -> None:
    spec = wanted.spec
    container = world.find(name)
    if container is None:
        if spec.image not in world.images:
            raise refused(f"no such image: {spec.image}")
        container = world.add(name, world.images[spec.image])
        container.owner, container.slot, container.revision = topology, wanted.slot, wanted.revision
        container.described = describe(spec, wanted.sensitive)
        container.depends_on, container.jobs = wanted.depends_on, wanted.jobs
        container.ports = spec.ports
        container.volumes = frozenset(m.source for m in spec.mounts if m.kind == "volume")
        container.has_healthcheck = spec.healthcheck is not None and spec.healthcheck.test != (
            "NONE",
        )
        container.stop_grace_s, container.restart = spec.stop_grace_s, spec.restart
        container.limits = resources_in(spec)
        container.network_mode = _network_mode(world, spec.network_mode)
        for volume in container.volumes:
            world.volumes.setdefault(volume, "")
        for first in spec.networks[:1]:  # a missing one is found at the start only
            container.links[first.network] = Link(frozenset(first.aliases), "", first.told_ipv4)
    elif container.owner != topology or container.revision != wanted.revision:
        raise taken_meanwhile(name)
    for attachment in spec.networks[1:]:
        _connect(world, container, attachment)


def _remove_container(world: World, topology: str, target: a.Target) -> None:
    """A name alone may be somebody else's by now."""
    container = world.find(target.reference)
    if container is not None and (target.id is not None or is_of(container, topology)):
        world.remove(container.id)


def _network_mode(world: World, mode: str) -> str:
    """Docker keeps the id of the container whose network is shared."""
    if not mode.startswith(OF_A_CONTAINER):
        return mode
    return OF_A_CONTAINER + world.get(mode.removeprefix(OF_A_CONTAINER)).id


def _connect(world: World, container: Container, attachment: Attachment) -> None:
    if attachment.network not in container.links:
        world.connect(container.id, attachment)


def _disconnect(world: World, reference: str, network: str) -> None:
    container = world.find(reference)
    if container is not None and any(
        network in {name, link.network_id} for name, link in container.links.items()
    ):
        world.disconnect(reference, network)


# -- HAProxy --------------------------------------------------------------------------------


def _check_config(world: World, image: str, config: Config, running: a.Target | None) -> None:
    if running is not None:
        _running(world, running)
    elif not world.has_image(image):
        raise refused(f"no such image: {image}")
    if alerts := world.alerts(config.text):
        raise ConfigRejectedError(alerts)


def _reload(world: World, container: Container, config: Config, previous: str | None) -> None:
    before = dict(container.files)
    loaded = mark_reload(config, previous)
    container.config = loaded.text
    _write_files(container, config.files)
    alerts = world.alerts(loaded.text)
    if not alerts:
        world.reload(container.id)
        container.config = config.text
        return
    container.files = before
    if previous is not None:
        container.config = previous
    raise reload_failed(message for _, message in alerts)


def _write_files(container: Container, files: Sequence[ProxyFile]) -> None:
    container.files |= {file.name: file.content for file in files}


def _set_servers(world: World, proxy: Container, settings: Sequence[ServerSetting]) -> None:
    try:
        commands = list(commands_for(settings, server_states(world, proxy)))
    except NoSpareServerError as error:
        raise no_spare_server(error.backend) from error
    for command in commands:
        world.command(proxy.id, command)


def _rewrite(proxy: Container, change: Callable[[Config], Config]) -> None:
    config = read_config(proxy.config or "")
    if config is None:
        raise edited_meanwhile()
    proxy.config = change(config).text


def _await_proxy(world: World, target: a.Target, digest: str) -> None:
    running = observed_proxy(world, world.get(target.reference)).running
    if running is None or running.digest != digest:
        raise proxy_not_running()


def _replace_proxy(world: World, action: a.ReplaceProxy) -> None:
    for stopped in (action.old, *action.old_anchors):
        world.stop(stopped.reference)
    try:
        for started in (*action.new_anchors, action.new):
            world.start(started.reference)
        _await_proxy(world, action.new, action.digest)
    except EngineError:
        for stopped in (action.new, *action.new_anchors):
            if world.find(stopped.reference) is not None:
                world.stop(stopped.reference)
        for started in (*action.old_anchors, action.old):
            world.start(started.reference)
        raise


def _hand_over(world: World, new: a.Target, digest: str) -> None:
    world.start(new.reference)
    running = observed_proxy(world, world.get(new.reference)).running
    if running is None or running.digest != digest:
        world.stop(new.reference)
        raise handover_failed()


# -- waits: they hold at once or never ------------------------------------------------------


def _await_ready(container: Container) -> None:
    if container.state == "running" and container.health in {"healthy", None}:
        return
    what = "did not become healthy in time"
    if container.state in {"exited", "dead"}:
        what = exited(container.exit_code)
    raise not_ready(container.name, what)


def _await_steady(world: World, target: a.Target) -> None:
    container = world.get(target.reference)
    _await_ready(container)
    if container.image.crashes:
        world.crash(container.id)
        raise restarted(container.name)


def _await_exit(world: World, target: a.Target, timeout_s: float) -> None:
    container = world.find(target.reference)
    if container is None:
        raise removed_meanwhile(target.name)
    if container.is_active:
        world.stop(container.id, exit_code=137)
        raise job_failed(container.name, stopped_after(timeout_s))
    if container.exit_code:
        raise job_failed(container.name, exited(container.exit_code))


def _await_servers(
    world: World,
    proxy: Container,
    servers: tuple[tuple[str, str], ...],
    containers: tuple[a.Target, ...],
) -> None:
    states = {(s.backend, s.host): s for s in server_states(world, proxy)}
    missing = [key for key in servers if key not in states or not states[key].is_proven]
    if not missing:
        return
    for key, target in zip(servers, containers, strict=False):
        container = world.find(target.reference)
        if key in missing and container is None:
            raise removed_meanwhile(target.name)
        if key in missing and container is not None and container.state in {"exited", "dead"}:
            raise not_ready(container.name, exited(container.exit_code))
    raise servers_down(
        f"{len(missing)} of {len(servers)} servers did not come up in time",
        [
            f"{key[1]}: {states[key].status if key in states else 'not known to HAProxy'}"
            for key in missing[:10]
        ],
    )


def _guard_servers(world: World, proxy: Container, servers: tuple[tuple[str, str], ...]) -> None:
    states = {(s.backend, s.host): s for s in server_states(world, proxy)}
    for key in servers:
        container, _ = resolve(world, proxy, key[1]) or (None, None)
        if key in states and container is not None and container.image.errs:
            raise guard_tripped("requests to new servers failed")


def _await_drained(proxy: Container, at_most_s: float) -> None:
    if proxy.is_busy and proxy.old_workers:
        raise not_drained(at_most_s)
    proxy.old_workers.clear()
