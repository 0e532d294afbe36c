"""What Docker has of a topology: a few lists, and the details behind them in parallel."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

import docker
import docker.errors
from msgspec.structs import replace

from reconciler.desired import names
from reconciler.desired.desired import Scope
from reconciler.desired.ownership import is_our_container, is_our_network, is_our_volume
from reconciler.desired.spec import PublishedPort
from reconciler.engine.docker.connect import api_of
from reconciler.engine.docker.haproxy import files as proxy_files
from reconciler.engine.docker.haproxy import proxy
from reconciler.engine.docker.host import missing_paths, taken_ports
from reconciler.engine.docker.inspections import Inspections
from reconciler.engine.docker.times import up_for
from reconciler.engine.errors import EngineError
from reconciler.plan.observed import (
    Holder,
    Observed,
    ObservedContainer,
    ObservedNetwork,
    ObservedProxy,
    ObservedVolume,
)


def observe(
    client: docker.APIClient, pool: Executor, scope: Scope, inspections: Inspections
) -> Observed:
    """Raises docker's APIError when a list cannot be read; details that cannot are gaps."""
    networks = pool.submit(_networks, client, scope)
    volumes = pool.submit(_volumes, client, scope)
    images = {ref: pool.submit(_image_id, client, ref) for ref in scope.images}
    labelled = {"label": [f"{names.TOPOLOGY}={scope.topology}"]}
    ours = partial(_ours, client, pool, scope.topology, inspections)
    listed = ours(client.containers(all=True, filters=labelled))
    gaps: list[str] = []
    proxies = {
        item["Id"]: pool.submit(_proxy, client, item["Id"], item["State"])
        for item in listed
        if item["Labels"].get(names.ROLE) == names.PROXY_ROLE and scope.reads_proxy
    }
    seen = tuple(_inspected(client, pool, listed, inspections))
    containers = tuple(c for c in seen if c.slot.role != names.JOB_ROLE)
    holders: tuple[Holder, ...] = ()
    missing: frozenset[str] = frozenset()
    if _may_collide(scope, containers):
        everybody = client.containers(all=True)
        # What came since the first list is ours no less: another run may be at work.
        own = {item["Id"] for item in ours(everybody)}
        holders = (*_holders(everybody, scope, own), *_programs(everybody, scope, own))
        missing = missing_paths(scope.host_paths)
    return Observed(
        containers=containers,
        jobs=tuple(c for c in seen if c.slot.role == names.JOB_ROLE),
        networks=networks.result(),
        volumes=volumes.result(),
        images={ref: found for ref, future in images.items() if (found := future.result())},
        proxies=_collect(proxies, gaps),
        holders=holders,
        missing_paths=missing,
        api=api_of(client),
        gaps=tuple(gaps),
    )


def _inspected(
    client: docker.APIClient, pool: Executor, listed: list[dict[str, Any]], inspections: Inspections
) -> Iterator[ObservedContainer]:
    """In the list's order. What is known already costs no thread a switch."""
    known = [inspections.known(item) for item in listed]
    asked = [
        pool.submit(inspections.inspect, client, item)
        for item, container in zip(listed, known, strict=True)
        if container is None
    ]
    answers = iter(asked)
    for item, container in zip(listed, known, strict=True):
        found = container or next(answers).result()
        if found is not None:
            yield replace(found, up_s=up_for(item)) if found.restarts else found


def _collect(
    futures: dict[str, Future[ObservedProxy]], gaps: list[str]
) -> dict[str, ObservedProxy]:
    found: dict[str, ObservedProxy] = {}
    for container, future in futures.items():
        try:
            found[container] = future.result()
        except docker.errors.NotFound:
            continue
        except (docker.errors.APIError, EngineError) as error:
            gaps.append(f"HAProxy in {container[:12]} could not be read ({error})")
    return found


def _ours(
    client: docker.APIClient,
    pool: Executor,
    topology: str,
    inspections: Inspections,
    items: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """The containers of a list that belong to the topology. One request for each of their images,
    once, as some labels are an image's; the low-level list is one, where the SDK's high-level one
    inspects each container."""
    labelled = [i for i in items if (i.get("Labels") or {}).get(names.TOPOLOGY) == topology]
    images = sorted({item["ImageID"] for item in labelled})
    labels = dict(
        zip(images, pool.map(partial(inspections.labels_of_image, client), images), strict=True)
    )
    return [
        item
        for item in labelled
        if is_our_container(topology, _name(item), item["Labels"], labels[item["ImageID"]])
    ]


def list_topologies(client: docker.APIClient, pool: Executor) -> list[str]:
    """Three lists have them: what was forgotten may be a network, or a volume with data in it."""
    labelled = {"label": [names.ROLE]}
    networks = pool.submit(client.networks, filters=labelled)
    volumes = pool.submit(client.volumes, filters=labelled)
    found = set()
    for item in client.containers(all=True, filters=labelled):
        topology = item["Labels"].get(names.TOPOLOGY, "")
        if is_our_container(topology, _name(item), item["Labels"]):
            found.add(topology)
    for is_ours, items in (
        (is_our_network, networks.result()),
        (is_our_volume, volumes.result().get("Volumes") or ()),
    ):
        labels = [item.get("Labels") or {} for item in items]
        found |= {
            own[names.TOPOLOGY] for own in labels if is_ours(own.get(names.TOPOLOGY, ""), own)
        }
    return sorted(found - {""})


def _name(item: dict[str, Any]) -> str:
    """The container's own name; links give it further ones, below those of others."""
    found = (name.removeprefix("/") for name in item.get("Names") or ())
    return next((name for name in found if "/" not in name), "")


def _proxy(client: docker.APIClient, container: str, state: str) -> ObservedProxy:
    if state == "running":
        return proxy.read_proxy(client, container)
    config = proxy_files.read_config(client, container)
    return ObservedProxy(config=config, files=proxy_files.list_files(client, container))


def _networks(client: docker.APIClient, scope: Scope) -> dict[str, ObservedNetwork]:
    found: dict[str, ObservedNetwork] = {}
    for item in client.networks():
        labels = item.get("Labels") or {}
        ours = is_our_network(scope.topology, labels)
        if ours or item["Name"] in scope.networks:
            revision = labels.get(names.REVISION, "") if ours else None
            taken = _taken(client, item["Id"]) if item["Name"] in scope.addressed else ()
            found[item["Name"]] = ObservedNetwork(
                item["Id"], item["Name"], revision, frozenset(taken)
            )
    return found


def _taken(client: docker.APIClient, network: str) -> Iterator[str]:
    """The addresses of all containers that run on a network; the list does not have them."""
    with contextlib.suppress(docker.errors.NotFound):
        for endpoint in (client.inspect_network(network).get("Containers") or {}).values():
            yield endpoint.get("IPv4Address", "").partition("/")[0]


def _volumes(client: docker.APIClient, scope: Scope) -> dict[str, ObservedVolume]:
    """Ours by their label; other people's only where one may have a name that is wanted."""
    filters = None if scope.volumes else {"label": [f"{names.TOPOLOGY}={scope.topology}"]}
    found: dict[str, ObservedVolume] = {}
    for item in client.volumes(filters=filters).get("Volumes") or ():
        name, labels = item["Name"], item.get("Labels") or {}
        is_ours = is_our_volume(scope.topology, labels)
        if is_ours or name in scope.volumes:
            options = tuple(sorted((item.get("Options") or {}).items()))
            found[name] = ObservedVolume(name, is_ours, item["Driver"], options)
    return found


def _image_id(client: docker.APIClient, reference: str) -> str | None:
    try:
        return str(client.inspect_image(reference)["Id"])
    except docker.errors.NotFound:
        return None


def _may_collide(scope: Scope, containers: tuple[ObservedContainer, ...]) -> bool:
    """Whether a plan may make or start containers: only then can it meet foreign ones, and their
    list is worth a request."""
    running = {c.given_name for c in containers if c.state == "running"}
    return not set(scope.names) <= running


def _holders(items: list[dict[str, Any]], scope: Scope, own: Collection[str]) -> Iterator[Holder]:
    for item in items:
        labels = item.get("Labels") or {}
        held = {name.lstrip("/") for name in item.get("Names") or ()}
        who = _who(item, labels)
        if item["Id"] in own:
            continue
        for name in sorted(held & set(scope.names)):
            yield Holder("name", name, who)
        for port in scope.ports:
            if any(_holds(published, port) for published in item.get("Ports") or ()):
                yield Holder("port", str(port), who)


def _programs(items: list[dict[str, Any]], scope: Scope, own: Collection[str]) -> Iterator[Holder]:
    """Programs that are in no container, and listen where one of ours will have to. A HAProxy of
    ours on the host's network is one itself, and hands its ports on."""
    networks = ((i.get("HostConfig") or {}).get("NetworkMode") for i in items if i["Id"] in own)
    if "host" in networks:
        return
    published = [port for item in items for port in item.get("Ports") or ()]
    free = [port for port in scope.ports if not any(_holds(p, port) for p in published)]
    for port, who in taken_ports(free).items():
        yield Holder("port", str(port), who)


def _who(item: dict[str, Any], labels: dict[str, str]) -> str:
    name = _name(item) or item["Id"][:12]
    topology = labels.get(names.TOPOLOGY)
    return f"container {name}" + (f" of topology `{topology}`" if topology else "")


def _holds(published: dict[str, Any], port: PublishedPort) -> bool:
    protocol = published.get("Type", "tcp")
    if published.get("PublicPort") != port.host_port or protocol != port.protocol:
        return False
    everywhere = {"", "0.0.0.0", "::", None}
    address = published.get("IP", "")
    return address == port.address or address in everywhere or port.address in everywhere
