"""Which containers stay, which are made, which leave: slot by slot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Desired, DesiredContainer, Slot
from reconciler.desired.names import PROXY_ROLE, free_name
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.plan.decide.diff import ContainerDiff, diff_container
from reconciler.plan.decide.health import Health, judge_health
from reconciler.plan.observed import Observed, ObservedContainer

GONE = frozenset({"dead", "removing"})
"""States from which no container comes back."""
HOLDS_PORTS = frozenset({"running", "paused", "restarting"})
"""States in which a container has its published ports, or may have them at any moment."""


class Kept(Struct, frozen=True):
    want: DesiredContainer
    have: ObservedContainer
    diff: ContainerDiff


class Joining(Struct, frozen=True):
    """A container to make. `replaces` is the one in its slot that leaves for it."""

    want: DesiredContainer
    name: str
    replaces: ObservedContainer | None
    diff: ContainerDiff | None


class Assignment(Struct, frozen=True):
    kept: Mapping[Slot, Kept]
    joining: Mapping[Slot, Joining]
    leaving: tuple[ObservedContainer, ...]
    health: Health = Health()

    @property
    def namespace_slot(self) -> Slot:
        """The slot whose networks and ports HAProxy has: its own, or its anchor's."""
        return ANCHOR_SLOT if ANCHOR_SLOT in self.kept.keys() | self.joining.keys() else PROXY_SLOT

    def name_of(self, slot: Slot) -> str:
        """The name that a slot's container will have when the plan is done."""
        kept = self.kept.get(slot)
        return kept.have.given_name if kept else self.joining[slot].name

    @property
    def names(self) -> dict[Slot, str]:
        return {slot: self.name_of(slot) for slot in (*self.kept, *self.joining)}

    @property
    def hosts(self) -> dict[Slot, str]:
        """The host by which HAProxy reaches each container: its fixed address, or its name."""
        wanted = {slot: kept.want for slot, kept in self.kept.items()}
        wanted |= {slot: joining.want for slot, joining in self.joining.items()}
        addresses = {
            slot: attachment.address
            for slot, want in wanted.items()
            for attachment in want.spec.networks
            if attachment.address
        }
        return self.names | addresses


def assign_slots(desired: Desired, observed: Observed) -> Assignment:
    """Keep every container that can serve its slot as it is or with changes in place."""
    kept: dict[Slot, Kept] = {}
    joining: dict[Slot, Joining] = {}
    leaving: list[ObservedContainer] = []
    holders, health = observed.names, judge_health(desired, observed)
    there: dict[Slot, list[ObservedContainer]] = {}
    for container in observed.containers:
        there.setdefault(container.slot, []).append(container)
    for slot, wish in desired.containers.items():  # an anchor comes before the HAProxy on it
        want = _on_anchor(wish, kept, joining) if slot == PROXY_SLOT else wish
        candidates = sorted(there.pop(slot, []), key=partial(_preference, observed))
        staying = _first_that_stays(want, candidates, observed, health)
        leaving += [c for c in candidates if staying is None or c is not staying.have]
        if staying is not None:
            kept[slot] = staying
            continue
        replaced = candidates[0] if candidates else None
        name = free_name(want.name, holders)
        diff = _diff(want, replaced, observed, health) if replaced else None
        joining[slot] = Joining(want, name, replaced, diff)
    leaving += [container for group in there.values() for container in group]
    return Assignment(kept, joining, tuple(leaving), health)


def _first_that_stays(
    want: DesiredContainer, candidates: list[ObservedContainer], observed: Observed, health: Health
) -> Kept | None:
    is_alone = (want.spec.is_alone or want.spec.hands_over) and bool(candidates)
    for have in candidates:
        if is_alone and candidates[0].state in HOLDS_PORTS and have.state not in HOLDS_PORTS:
            # Made by a run that got no further. It cannot start beside the one that has the ports
            # or addresses: that one has to be replaced, as if nothing had been made yet.
            return None
        if (
            want.spec.hands_over
            and is_serving(candidates[0], observed)
            and (not is_serving(have, observed))
        ):
            return None  # it ends, having handed its sockets over, or never got any
        diff = _diff(want, have, observed, health)
        if not diff.replace and have.state not in GONE:
            return Kept(want, have, diff)
    return None


def _on_anchor(
    want: DesiredContainer, kept: Mapping[Slot, Kept], joining: Mapping[Slot, Joining]
) -> DesiredContainer:
    """Docker keeps the id of the container whose network is shared; one to be made has a name."""
    if ANCHOR_SLOT in kept:
        anchor = kept[ANCHOR_SLOT].have.id
    elif ANCHOR_SLOT in joining:
        anchor = joining[ANCHOR_SLOT].name
    else:
        return want
    return replace(want, spec=replace(want.spec, network_mode=OF_A_CONTAINER + anchor))


def _diff(
    want: DesiredContainer, have: ObservedContainer, observed: Observed, health: Health
) -> ContainerDiff:
    diff = diff_container(want, have, observed)
    if not diff.replace and have.id in health.healed:
        return ContainerDiff("Docker's health check says that it is unhealthy")
    if not diff.replace and have.network_mode != want.spec.network_mode:
        return ContainerDiff("the container whose network it had is gone")
    return diff


def is_serving(container: ObservedContainer, observed: Observed) -> bool:
    """Whether it is a HAProxy that takes traffic: one that is ending answers no questions."""
    proxy = observed.proxies.get(container.id)
    return container.state == "running" and proxy is not None and proxy.running is not None


def _preference(observed: Observed, container: ObservedContainer) -> tuple[bool, bool, bool, str]:
    """A running container first, and a HAProxy that answers before one that ends; then by name, so
    that the choice never depends on order."""
    return (
        container.state != "running",
        container.slot.role == PROXY_ROLE and not is_serving(container, observed),
        container.state not in HOLDS_PORTS,
        container.name,
    )
