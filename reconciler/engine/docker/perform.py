"""Actions to Docker requests: one branch an action. Each succeeds when it was done before."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Any, assert_never

import docker
import docker.errors

from reconciler.desired import names
from reconciler.desired.desired import PROXY_SLOT, DesiredContainer
from reconciler.desired.ownership import is_our_container, is_our_network, is_our_volume
from reconciler.desired.spec import Attachment, VolumeSpec
from reconciler.engine.docker import files as container_files
from reconciler.engine.docker import images
from reconciler.engine.docker.connect import api_of
from reconciler.engine.docker.exec import CutOffError
from reconciler.engine.docker.haproxy import files as proxy_files
from reconciler.engine.docker.haproxy import handover, proxy, renewal, replace
from reconciler.engine.docker.haproxy.replace import stop
from reconciler.engine.docker.haproxy.runtime import is_confirmed
from reconciler.engine.docker.haproxy.wait import (
    await_drained,
    await_idle,
    await_servers,
    guard_servers,
)
from reconciler.engine.docker.options import limits_body, rotating_log
from reconciler.engine.docker.refusals import discarded_limits
from reconciler.engine.docker.remove import remove_container
from reconciler.engine.docker.translate import create_body, mount_body, network_body, restart_policy
from reconciler.engine.docker.wait import await_exit, await_ready, await_steady
from reconciler.engine.errors import (
    at_lines,
    limit_discarded,
    miscounted,
    not_ours,
    proxy_not_running,
    taken_meanwhile,
)
from reconciler.engine.protocol import Closed, Patience, Report, Warned
from reconciler.engine.waiting import tries
from reconciler.haproxy.control.replies import Alert
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.plan import actions as a

LINGER_S = 30.0
"""How long a network may still have endpoints of removed containers: ten seconds were seen, after
hundreds were removed at once."""


_ALL_NETWORKS_AT_ONCE = (1, 44)
"""The API that makes a container on several networks. Engines of it heed a hardware address when it
is made, and not when it joins."""
_HALF_STARTED = re.compile(r"task [0-9a-f]{64}: already exists")


def perform(  # noqa: PLR0915  # one branch an action
    client: docker.APIClient, topology: str, action: a.Action, patience: Patience, report: Report
) -> None:
    """Raises EngineError, or docker's APIError for what Docker refuses."""
    match action:
        case a.PullImage(image, platform):
            images.pull(client, image, patience, report, platform)
        case a.CheckConfig(image, config, None, mounts):
            there = [mount_body(mount) for mount in mounts]
            _tell(report, proxy.check_in_throwaway(client, topology, image, config, there))
        case a.CheckConfig(_, config, running):
            assert running is not None
            _tell(report, proxy.check_in_running(client, running.reference, config))
        case a.CreateNetwork(spec, revision):
            _create_network(client, topology, network_body(topology, spec, revision))
        case a.RemoveNetwork(_, network):
            _remove_network(client, network)
        case a.CreateVolume(spec):
            _create_volume(client, topology, spec)
        case a.RemoveVolume(name):
            _remove_volume(client, topology, name)
        case a.CreateContainer(container, name, predecessor):
            _create_container(client, topology, container, name, predecessor)
        case a.WriteFiles(target, files):
            container_files.write_files(client, target.reference, files)
        case a.StartContainer(target):
            _start(client, target.reference)
        case a.UnpauseContainer(target):
            _unpause(client, target.reference)
        case a.RenameContainer(target, name):
            _rename(client, target.reference, name)
        case a.UpdateContainer(target, limits, restart, memswap_bytes):
            _update(client, target.reference, limits_body(limits, memswap_bytes), restart)
        case a.ConnectNetwork(target, attachment):
            _connect(client, target.reference, attachment)
        case a.DisconnectNetwork(target, network, network_id):
            _disconnect(client, target.reference, network_id or network)
        case a.StopContainer(target, grace_s):
            stop(client, target.reference, int(grace_s))
        case a.RemoveContainer(target):
            _remove_container(client, topology, target)
        case a.WriteConfig(target, config):
            proxy_files.write_config(client, target.reference, config.text, config.files)
        case a.RenewFiles(target, files):
            renewal.renew_files(client, target.reference, files)
        case a.RemoveFiles(target, files):
            proxy.remove_files(client, target.reference, files)
        case a.ReloadProxy(target, config, previous):
            proxy.reload(client, target.reference, config, previous)
        case a.AwaitProxy(target, digest):
            _await_proxy(client, target.reference, digest)
        case a.ReplaceProxy():
            report(Closed(replace.replace_proxy(client, action)))
        case a.HandOver(old, new, digest):
            handover.hand_over(client, old, new, digest)
        case a.AwaitReady(target, timeout_s):
            await_ready(client, target, patience.within(timeout_s))
        case a.AwaitSteady():
            await_steady(client, action, patience)
        case a.AwaitExit(target, timeout_s):
            await_exit(client, target, timeout_s, patience)
        case a.SetServers(target, settings):
            proxy.set_servers(client, target.reference, settings)
        case a.WriteServers(target, backend, lines):
            proxy.rewrite(client, target.reference, lambda c: put_servers(c, backend, lines))
        case a.GuardServers():
            guard_servers(client, action, patience)
        case a.AwaitIdle():
            await_idle(client, action, patience)
        case a.AwaitServers():
            await_servers(client, action, patience)
        case a.AwaitDrained(target, at_most_s):
            await_drained(client, target.reference, at_most_s, patience)
        case _:
            assert_never(action)


def _tell(report: Report, warnings: Iterable[Alert]) -> None:
    if of := at_lines((warning.line, warning.message) for warning in warnings):
        report(Warned(of))


def _create_container(
    client: docker.APIClient,
    topology: str,
    container: DesiredContainer,
    name: str,
    predecessor: str,
) -> None:
    at_once = api_of(client) >= _ALL_NETWORKS_AT_ONCE
    to_join = container.spec.networks[1:]
    body = create_body(topology, container, name, predecessor, with_all_networks=at_once)
    if container.slot == PROXY_SLOT and container.spec.logging is None:
        body["HostConfig"] |= rotating_log(client.info().get("LoggingDriver", ""))
    try:
        answer = client.create_container_from_config(
            body, name=name, platform=container.spec.platform or None
        )
        made = answer["Id"]
        if dropped := discarded_limits(answer):
            remove_container(client, made)
            raise limit_discarded(dropped)
        to_join = () if at_once else to_join
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        made = _made_before(client, topology, container, name)
    for attachment in to_join:
        _connect(client, made, attachment)


def _made_before(
    client: docker.APIClient, topology: str, container: DesiredContainer, name: str
) -> str:
    """The container that has the name, if an earlier run of ours made just this one."""
    there = client.inspect_container(name)
    labels = there["Config"].get("Labels") or {}
    if (
        is_our_container(topology, name, labels)
        and labels.get(names.REVISION) == container.revision
    ):
        return str(there["Id"])
    raise taken_meanwhile(name)


def _remove_container(client: docker.APIClient, topology: str, target: a.Target) -> None:
    """One that the plan itself was to make is known by its name alone, which somebody else may have
    taken in place of it: that is the very reason why a batch is undone."""
    reference = target.id
    if reference is None:
        try:
            there = client.inspect_container(target.name)
        except docker.errors.NotFound:
            return
        if not is_our_container(topology, target.name, there["Config"].get("Labels") or {}):
            return
        reference = str(there["Id"])
    remove_container(client, reference)


def _create_volume(client: docker.APIClient, topology: str, spec: VolumeSpec) -> None:
    """Docker hands out one that is there as if it had been made: its labels tell whose it is."""
    labels = {**dict(spec.labels), names.TOPOLOGY: topology, names.ROLE: names.VOLUME_ROLE}
    made = client.create_volume(
        spec.name, driver=spec.driver, driver_opts=dict(spec.options), labels=labels
    )
    if not is_our_volume(topology, made.get("Labels") or {}):
        raise not_ours("volume", spec.name)


def _remove_volume(client: docker.APIClient, topology: str, name: str) -> None:
    """A volume has no id: one that somebody else has made since the look has the same name."""
    with contextlib.suppress(docker.errors.NotFound):
        if is_our_volume(topology, client.inspect_volume(name).get("Labels") or {}):
            client.remove_volume(name)


def _create_network(client: docker.APIClient, topology: str, body: dict[str, Any]) -> None:
    """A network of that name made by a run that was killed is fine: the next look decides."""
    try:
        client.create_network(
            body["Name"],
            driver=body["Driver"],
            internal=body["Internal"],
            check_duplicate=True,
            labels=body["Labels"],
            ipam=body.get("IPAM"),
            options=body.get("Options"),
            attachable=body.get("Attachable"),
            enable_ipv6=body.get("EnableIPv6", False),
        )
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        if not is_our_network(topology, client.inspect_network(body["Name"]).get("Labels") or {}):
            raise not_ours("network", body["Name"]) from error


def _remove_network(client: docker.APIClient, network: str) -> None:
    """Places of removed containers may linger in Docker's network code: for a moment, and after
    hundreds of them for seconds."""
    for is_last in tries(LINGER_S):
        try:
            client.remove_network(network)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if "active endpoints" not in str(error) or _has_containers(client, network):
                raise
            if is_last:
                raise miscounted(str(error.explanation)) from error
        else:
            return


def _has_containers(client: docker.APIClient, network: str) -> bool:
    with contextlib.suppress(docker.errors.NotFound):
        return bool(client.inspect_network(network).get("Containers"))
    return False


def _connect(client: docker.APIClient, container: str, attachment: Attachment) -> None:
    try:
        client.connect_container_to_network(
            container,
            attachment.network,
            aliases=list(attachment.aliases) or None,
            ipv4_address=attachment.told_ipv4 or None,
            ipv6_address=attachment.ipv6 or None,
            mac_address=attachment.mac or None,
        )
    except docker.errors.APIError as error:
        if "already exists in network" not in str(error):
            raise


def _disconnect(client: docker.APIClient, container: str, network: str) -> None:
    try:
        client.disconnect_container_from_network(container, network)
    except docker.errors.NotFound:
        # The network itself is gone; Docker lets a stale place be left by force only.
        with contextlib.suppress(docker.errors.APIError):
            client.disconnect_container_from_network(container, network, force=True)
    except docker.errors.APIError as error:
        if "is not connected" not in str(error):
            raise


def _start(client: docker.APIClient, container: str) -> None:
    """An engine that was killed while it started a container can leave half of it in containerd,
    where it is in the way of every other try. Such a container has never run: it is removed, and
    the next run makes another."""
    try:
        client.start(container)
    except docker.errors.APIError as error:
        if _HALF_STARTED.search(str(error)):
            state = client.inspect_container(container)["State"]["Status"]
            if state == "created":
                client.remove_container(container, force=True)
        raise


def _unpause(client: docker.APIClient, container: str) -> None:
    try:
        client.unpause(container)
    except docker.errors.APIError as error:
        if "is not paused" not in str(error):
            raise


def _rename(client: docker.APIClient, container: str, name: str) -> None:
    try:
        client.rename(container, name)
    except docker.errors.APIError as error:
        if "same name as its current name" not in str(error):
            raise


def _update(client: docker.APIClient, container: str, limits: dict[str, int], restart: str) -> None:
    body = limits | {"RestartPolicy": restart_policy(restart)}
    # `update_container` has no NanoCpus and no PidsLimit. A request of our own would lack what the
    # SDK adds to its: the HttpHeaders of ~/.docker/config.json.
    url = client._url("/containers/{0}/update", container)  # noqa: SLF001  # no public call, as said
    answer = client._result(client._post_json(url, data=body), json=True)  # noqa: SLF001  # the same
    if dropped := discarded_limits(answer):
        raise limit_discarded(dropped)


def _await_proxy(client: docker.APIClient, container: str, digest: str) -> None:
    """A container that ends at once was accepted by the check: its log says what else is wrong."""
    try:
        if is_confirmed(client, container, digest):
            return
    except (docker.errors.APIError, CutOffError):
        pass  # not running: told below, with its log
    raise proxy_not_running(*proxy.why_not_running(client, container))
