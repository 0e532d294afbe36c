"""Containers of backends, up to where they can serve."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.desired import DesiredContainer, Slot
from reconciler.desired.impact import Impact
from reconciler.desired.limits import limits_in
from reconciler.desired.spec import Attachment
from reconciler.haproxy.control.servers import read_servers
from reconciler.plan.actions import (
    AwaitReady,
    ConnectNetwork,
    CreateContainer,
    DisconnectNetwork,
    RenameContainer,
    StartContainer,
    Target,
    UnpauseContainer,
    UpdateContainer,
    WriteFiles,
)
from reconciler.plan.decide.changes import link_impact
from reconciler.plan.decide.slots import HOLDS_PORTS, Kept
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.draft import Draft, target_of


def bring_up(
    draft: Draft, slot: Slot, needs: Sequence[int] = (), timeout_s: float | None = None
) -> list[int]:
    """The last steps of a slot's container being ready to serve."""
    if slot not in draft.assignment.joining:
        return _revive(draft, draft.assignment.kept[slot], needs, timeout_s)
    joining = draft.assignment.joining[slot]
    want, because = joining.want, joining.diff.replace if joining.diff else "it is not there"
    created = draft.add(
        CreateContainer(want, joining.name),
        [*needs, *draft.networks_of(want), *draft.volume_ready],
        because,
    )
    started = first_start(draft, Target(joining.name), want, [created], because)
    draft.started[slot] = [started]
    return [
        draft.add(AwaitReady(Target(joining.name), timeout_s), [started], "before it gets traffic")
    ]


def first_start(
    draft: Draft, target: Target, want: DesiredContainer, needs: Sequence[int], because: str
) -> int:
    """With its files in it, which a run that was cut off may not have written."""
    if want.spec.files:
        needs = [draft.add(WriteFiles(target, want.spec.files), needs, because)]
    return draft.add(StartContainer(target), needs, because)


def _revive(draft: Draft, kept: Kept, needs: Sequence[int], timeout_s: float | None) -> list[int]:
    """Changes in place, then a start if it is not running."""
    target = target_of(kept.have)
    last = change_in_place(draft, kept)
    if kept.have.state != "running":
        last += needs
    match kept.have.state:
        case "running" if kept.have.health in {None, "healthy"}:
            return last
        case "running" if not _is_new_to_haproxy(draft, kept.have):
            return last  # Docker's health check is not what HAProxy goes by
        case "running":
            pass
        case "paused":
            last = [draft.add(UnpauseContainer(target), last, "it is paused")]
        case "created":
            last = [first_start(draft, target, kept.want, last, "it is created")]
            draft.started[kept.want.slot] = last
        case state:
            last = [draft.add(StartContainer(target), last, f"it is {state}")]
            draft.started[kept.want.slot] = last
    return [draft.add(AwaitReady(target, timeout_s), last, "before it gets traffic")]


def _is_new_to_haproxy(draft: Draft, container: ObservedContainer) -> bool:
    """Made by a run that got no further: HAProxy shall send it traffic, and does not yet."""
    if container.slot.backend in draft.rotations:
        return draft.is_rolled(container.slot)
    proxy, backend = draft.desired.proxy, container.slot.backend
    if proxy is None or not draft.need.must_write:
        return False
    known = {(s.backend, s.host) for s in read_servers(draft.need.written or "")}
    return any(
        served.source == backend
        and not any((served.name, host) in known for host in container.hosts)
        for served in proxy.backends
    )


def change_in_place(draft: Draft, kept: Kept) -> list[int]:
    """Steps that change a container where it is."""
    target, diff, spec = target_of(kept.have), kept.diff, kept.want.spec
    impact = max(link_impact(kept), Impact.RUNTIME)
    last: list[int] = []
    if diff.rename:
        last.append(
            draft.add(RenameContainer(target, kept.have.given_name), (), "it was renamed by hand")
        )
    if diff.update:
        action = UpdateContainer(target, limits_in(spec), spec.restart, spec.memswap_bytes)
        last.append(draft.add(action, (), "limits change in place"))
    joins = {a.network: a for a in (*diff.connect, *_rejoins(draft, kept))}
    for name in diff.disconnect:
        leave = DisconnectNetwork(target, name, kept.have.networks[name].network_id)
        if name not in joins and kept.have.state in HOLDS_PORTS:
            draft.departures.append((leave, impact))
            continue
        if name not in joins:  # it may be gone, and then nothing starts that is still on it
            last.append(draft.add(leave, (), "the file does not put it there"))
            continue
        left = draft.add(leave, (), "its place on the network is stale", impact)
        last.append(_connect(draft, target, joins.pop(name), [left], impact))
    last += [_connect(draft, target, attachment, [], impact) for attachment in joins.values()]
    return last


def _rejoins(draft: Draft, kept: Kept) -> list[Attachment]:
    """Networks that are made anew under a container that stays."""
    return [
        a
        for a in kept.want.spec.networks
        if a.network in draft.networks.replaced_names and a.network in kept.have.networks
    ]


def _connect(
    draft: Draft, target: Target, attachment: Attachment, needs: list[int], impact: Impact
) -> int:
    ready = draft.network_ready.get(attachment.network)
    return draft.add(
        ConnectNetwork(target, attachment),
        [*needs, *([ready] if ready else [])],
        "the file puts it on this network",
        impact,
    )
