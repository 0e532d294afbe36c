"""Changes to a container where it is: its name, its limits, and the networks it is on."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Slot
from reconciler.desired.impact import Impact
from reconciler.desired.resources import resources_in
from reconciler.desired.spec import Attachment
from reconciler.plan.actions import (
    ConnectNetwork,
    DisconnectNetwork,
    RenameContainer,
    UpdateContainer,
)
from reconciler.plan.decide.networks import link_impact
from reconciler.plan.decide.slots import HOLDS_PORTS, Kept
from reconciler.plan.situation import Situation
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.task import Part, Task, Tasks, target_of

NOT_PUT_THERE = "the file does not put it there"


def change_in_place(situation: Situation, kept: Kept, prerequisites: Prerequisites) -> Part:
    """The changes that a container which stays needs, but for `departures`."""
    target, diff, spec = target_of(kept.have), kept.diff, kept.want.spec
    changes: list[Task] = []
    if diff.rename:
        action = RenameContainer(target, kept.have.given_name)
        changes.append(Task(action, (), "it was renamed by hand"))
    if diff.update:
        update = UpdateContainer(target, resources_in(spec), spec.restart, spec.memswap_bytes)
        changes.append(Task(update, (), "limits change in place"))
    moves = _change_networks(situation, kept, prerequisites)
    return Part((*changes, *moves.tasks), (*changes, *moves.ends))


def departures(
    situation: Situation, slots: Iterable[Slot]
) -> tuple[tuple[DisconnectNetwork, Impact], ...]:
    """Networks that containers which run leave for good: last of all, when nobody uses that way to
    them any more. They are those of HAProxy, and of these slots."""
    kept = (situation.assignment.kept.get(slot) for slot in (ANCHOR_SLOT, PROXY_SLOT, *slots))
    return tuple(
        (_leave(one, name), _impact(one))
        for one in kept
        if one is not None and one.have.state in HOLDS_PORTS
        for name in one.diff.disconnect
        if name not in _joins(situation, one)
    )


def _change_networks(situation: Situation, kept: Kept, prerequisites: Prerequisites) -> Part:
    """The networks that a container joins, and those it leaves for a moment; for good only if it
    does not run, since nothing starts on a network that is gone."""
    joins, impact = _joins(situation, kept), _impact(kept)
    tasks: list[Task] = []
    ends: list[Task] = []

    def connect(attachment: Attachment, needs: Tasks) -> None:
        made = prerequisites.networks.get(attachment.network)
        action = ConnectNetwork(target_of(kept.have), attachment)
        why = "the file puts it on this network"
        ends.append(Task(action, (*needs, made) if made else needs, why, impact))
        tasks.append(ends[-1])

    for name in kept.diff.disconnect:
        if name in joins:
            left = Task(_leave(kept, name), (), "its place on the network is stale", impact)
            tasks.append(left)
            connect(joins.pop(name), (left,))
        elif kept.have.state not in HOLDS_PORTS:
            ends.append(Task(_leave(kept, name), (), NOT_PUT_THERE))
            tasks.append(ends[-1])
    for attachment in joins.values():
        connect(attachment, ())
    return Part(tuple(tasks), tuple(ends))


def _joins(situation: Situation, kept: Kept) -> dict[str, Attachment]:
    """The networks that a container joins: those of the difference, and those that are made anew
    under it."""
    replaced = situation.networks.replaced_names & kept.have.networks.keys()
    again = (a for a in kept.want.spec.networks if a.network in replaced)
    return {attachment.network: attachment for attachment in (*kept.diff.connect, *again)}


def _leave(kept: Kept, network: str) -> DisconnectNetwork:
    link = kept.have.networks[network]
    return DisconnectNetwork(target_of(kept.have), network, link.network_id)


def _impact(kept: Kept) -> Impact:
    return max(link_impact(kept), Impact.RUNTIME)
