"""All topologies that an engine has anything of, without their files."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from typing_extensions import TypedDict

from reconciler.plan.observed import Observed
from reconciler.view.documents import VERSION
from reconciler.view.numbers import count
from reconciler.view.width import fitting_table


class ListedDocument(TypedDict):
    topology: str
    containers: int
    running: int
    servers_up: int
    servers: int
    haproxy_version: str | None
    ports: list[str]
    """Published by its containers, as `127.0.0.1:8080`."""
    networks: list[str]
    volumes: list[str]
    """Those that it made."""
    gaps: list[str]


class ListingDocument(TypedDict):
    """`ls --output json`."""

    version: int
    topologies: list[ListedDocument]


class Listed(Struct, frozen=True):
    """A topology, and what was seen of it."""

    topology: str
    observed: Observed


def render_listing(listed: Sequence[Listed], width: int | None) -> list[str]:
    """`width` is that of the screen, where there is one."""
    if not listed:
        return ["no topology has anything here"]
    rows = [("TOPOLOGY", "CONTAINERS", "SERVERS", "HAPROXY", "PORTS", "ELSE")]
    rows += [_cells(listed_document(one)) for one in listed]
    return fitting_table(rows, width, ("ELSE", "PORTS", "HAPROXY", "SERVERS"))


def _cells(one: ListedDocument) -> tuple[str, str, str, str, str, str]:
    others = [
        count(len(found), noun)
        for found, noun in ((one["networks"], "network"), (one["volumes"], "volume"))
        if found
    ]
    return (
        one["topology"],
        f"{one['running']} of {one['containers']} running" if one["containers"] else "none",
        f"{one['servers_up']} of {one['servers']} up" if one["servers"] else "",
        one["haproxy_version"] or "",
        " ".join(one["ports"]),
        ", ".join((*others, *one["gaps"])),
    )


def listing_document(listed: Sequence[Listed]) -> ListingDocument:
    return {"version": VERSION, "topologies": [listed_document(one) for one in listed]}


def listed_document(one: Listed) -> ListedDocument:
    seen = one.observed
    servers = [server for proxy in seen.proxies.values() for server in proxy.serving]
    versions = [proxy.running.version for proxy in seen.proxies.values() if proxy.running]
    return {
        "topology": one.topology,
        "containers": len(seen.containers),
        "running": sum(container.state == "running" for container in seen.containers),
        "servers_up": sum(server.is_up for server in servers),
        "servers": len(servers),
        "haproxy_version": versions[0] if versions else None,
        "ports": sorted({str(port) for c in seen.containers for port in c.ports}),
        "networks": sorted(seen.networks),
        "volumes": sorted(seen.volumes),
        "gaps": list(seen.gaps),
    }
