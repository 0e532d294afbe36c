"""What a plan changes, for people: one Change a resource, with its reason and impact."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Desired, DesiredContainer, Slot
from reconciler.desired.impact import Impact
from reconciler.desired.names import PROXY_ROLE, run_volume_name
from reconciler.desired.rollout import Pace, pace_of
from reconciler.plan.decide.jobs import job_changes
from reconciler.plan.decide.networks import NetworkPlan, link_impact
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.decide.slots import Assignment, Joining, Kept
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.plan import Change, FieldChange
from reconciler.plan.situation import Situation


def list_changes(situation: Situation) -> tuple[Change, ...]:
    """The changes as in the file: networks, volumes, jobs, containers, HAProxy; then removals."""
    changes = (
        *_network_changes(situation.networks),
        *_volume_changes(situation),
        *_container_changes(situation),
        *_proxy_changes(situation),
        *(() if situation.observed.gaps else _removals(situation)),
    )
    return _with_jobs(changes, tuple(job_changes(situation.jobs, situation.desired)))


def _with_jobs(changes: tuple[Change, ...], jobs: tuple[Change, ...]) -> tuple[Change, ...]:
    """Jobs come before the containers that wait for them, and after what they use themselves."""
    kinds = [change.kind for change in changes]
    at = next((n for n, kind in enumerate(kinds) if kind in {"container", "haproxy"}), len(kinds))
    return (*changes[:at], *jobs, *changes[at:])


def _removals(situation: Situation) -> Iterator[Change]:
    desired, assignment = situation.desired, situation.assignment
    yield from _leaving_changes(assignment, desired)
    for net in situation.networks.remove:
        reason = "not in the file" if desired.containers else "the topology goes"
        yield Change("remove", "network", net.name, reason, Impact.NONE)
    proxy_leaves = any(container.slot == PROXY_SLOT for container in assignment.leaving)
    for name in situation.leaving_volumes:
        if name != run_volume_name(desired.topology):
            yield Change("remove", "volume", name, "with all that is in it", Impact.NONE)
        elif not proxy_leaves:  # else it goes with its container, and nobody needs to know
            yield Change("remove", "volume", name, "left over from HAProxy", Impact.NONE)


def _network_changes(networks: NetworkPlan) -> Iterator[Change]:
    for spec in networks.create:
        yield Change("create", "network", spec.name, "new", Impact.NONE)
    for spec in networks.replace:
        yield Change(
            "replace",
            "network",
            spec.name,
            "its definition changed; all containers leave it and join the new one",
            Impact.INTERRUPT,
        )


def _volume_changes(situation: Situation) -> Iterator[Change]:
    for name, spec in situation.desired.volumes.items():
        if not spec.external and name not in situation.observed.volumes:
            yield Change("create", "volume", name, "new", Impact.NONE)


def _container_changes(situation: Situation) -> Iterator[Change]:
    assignment = situation.assignment
    for slot in situation.desired.containers:
        if slot == PROXY_SLOT or (slot == ANCHOR_SLOT and slot in assignment.joining):
            continue  # a new anchor is a part of what becomes of HAProxy
        if slot in assignment.joining:
            pace = _pace(situation, slot.backend)
            yield _joining_change(assignment.joining[slot], pace)
        elif change := _kept_change(assignment.kept[slot]):
            yield change


def _pace(situation: Situation, backend: str) -> Pace | None:
    """How a roll-out brings a backend's new containers up; None for all at once."""
    rollout = situation.desired.rollouts[backend]
    if backend in situation.rotations:
        rotation = situation.rotations[backend]
        pace = pace_of(rollout, rotation.batches)
        well = rollout.replicas - len(rotation.away)
        pace = replace(pace, least=min(pace.least, well)) if rotation.away else pace
    elif backend in situation.workers:
        pace = pace_of(rollout, situation.workers[backend].batches, is_of_workers=True)
    else:
        return None
    holders = situation.holders.get(backend, ())
    stops_early = any(container.slot.backend == backend for container in holders)
    return replace(pace, least=0) if stops_early else pace  # some stop before their turn


def _joining_change(joining: Joining, pace: Pace | None) -> Change:
    backend = joining.want.slot.backend
    if joining.replaces is None or joining.diff is None:
        fields = (FieldChange("image", None, _image(joining.want)),)
        return Change("create", "container", joining.name, "new", Impact.NONE, backend, fields)
    reason = joining.diff.replace or f"it is {joining.replaces.state}"
    stops_first = pace is None and joining.want.spec.is_alone
    nobody_left = stops_first or (pace is not None and pace.least == 0)
    impact = Impact.INTERRUPT if nobody_left else Impact.REPLACE
    return Change(
        "replace", "container", joining.name, reason, impact, backend, joining.diff.fields, pace
    )


def _image(want: DesiredContainer) -> str:
    return want.sensitive.get("image", want.spec.image)


def _kept_change(kept: Kept) -> Change | None:
    """A container that stays, with what is changed in it, or done to bring it back."""
    fields = list(kept.diff.fields)
    reason = "in place" if fields else ""
    if revived := revival(kept.have):
        fields.append(FieldChange("state", *revived))
        reason = f"{'unpause' if kept.have.state == 'paused' else 'start'}: it is {revived[0]}"
    if not fields:
        return None
    return Change(
        "update",
        "container",
        kept.have.given_name,
        reason,
        link_impact(kept),
        kept.want.slot.backend,
        tuple(fields),
    )


def revival(container: ObservedContainer) -> tuple[str, str] | None:
    """The states from and to which a container is brought back; None when it runs."""
    match container.state:
        case "running":
            return None
        case "exited":
            return (f"stopped (exit {container.exit_code})", "running")
        case state:
            return (state, "running")


_CLOSED = "; its ports are closed for a moment"
_HANDED_OVER = "; the new HAProxy takes the listening sockets over, and no request is refused"


def _proxy_changes(situation: Situation) -> Iterator[Change]:
    assignment, need = situation.assignment, situation.need
    name = assignment.names.get(PROXY_SLOT, "")
    kept = assignment.kept.get(PROXY_SLOT)
    fields = kept.diff.fields if kept else ()
    in_place = link_impact(kept) if kept else Impact.NONE
    is_closed = in_place is Impact.INTERRUPT
    match need.mode:
        case ProxyMode.ABSENT:
            return
        case ProxyMode.KEEP:
            reasons = [f"in place{_CLOSED if is_closed else ''}"] if fields else []
            reasons += ["files that it does not use any more go"] if need.leftovers else []
            if reasons:
                reason = "; ".join(reasons)
                yield Change("update", "haproxy", name, reason, in_place, "", fields)
        case ProxyMode.CREATE:
            image = FieldChange("image", None, _image(assignment.joining[PROXY_SLOT].want))
            yield Change("create", "haproxy", name, need.reason, Impact.NONE, "", (image,))
        case ProxyMode.REPLACE:
            reason = need.reason if need.is_cut_off else f"{need.reason}{_CLOSED}"
            yield Change("replace", "haproxy", name, reason, need.end, "", _anew_fields(assignment))
        case ProxyMode.RUNTIME:
            reloads = any(rotation.lacking for rotation in situation.rotations.values())
            how = "hitless reload for more server slots" if reloads else "no reload"
            impact = max(Impact.RELOAD if reloads else Impact.RUNTIME, in_place)
            yield Change("update", "haproxy", name, f"{how}: {need.reason}", impact, "", fields)
        case ProxyMode.HANDOVER:
            yield Change(
                "replace",
                "haproxy",
                name,
                f"{need.reason}{_HANDED_OVER}",
                Impact.REPLACE,
                "",
                _anew_fields(assignment),
            )
        case ProxyMode.RELOAD:
            reason = (
                f"reload: {need.reason}{_CLOSED}"
                if is_closed
                else (f"hitless reload: {need.reason}")
            )
            impact = max(Impact.RELOAD, in_place)
            yield Change("update", "haproxy", name, reason, impact, "", fields)
        case ProxyMode.UNPAUSE:
            yield Change(
                "update",
                "haproxy",
                name,
                f"unpause and reload: {need.reason}",
                max(Impact.RELOAD, in_place),
                "",
                fields,
            )
        case ProxyMode.START:
            yield Change("update", "haproxy", name, f"start: {need.reason}", in_place, "", fields)
        case ProxyMode.RESTART:
            yield Change("update", "haproxy", name, f"restart: {need.reason}", need.end, "", fields)


def _anew_fields(assignment: Assignment) -> tuple[FieldChange, ...]:
    """What differs of HAProxy, and of the anchor that is made anew with it."""
    diffs = (
        assignment.joining[slot].diff
        for slot in (PROXY_SLOT, ANCHOR_SLOT)
        if slot in assignment.joining
    )
    return tuple(field for diff in diffs if diff is not None for field in diff.fields)


def _leaving_changes(assignment: Assignment, desired: Desired) -> Iterator[Change]:
    replaced = {j.replaces.id for j in assignment.joining.values() if j.replaces}
    for container in sorted(assignment.leaving, key=lambda c: (c.slot, c.name)):
        if container.id in replaced:
            continue
        is_proxy = container.slot.role == PROXY_ROLE
        reason = _leaving_reason(container.slot, desired)
        if container.slot == ANCHOR_SLOT and desired.containers:
            reason = "HAProxy uses its network no more"
        impact = (
            Impact.INTERRUPT if is_proxy and PROXY_SLOT not in desired.containers else Impact.NONE
        )
        yield Change(
            "remove",
            "haproxy" if is_proxy else "container",
            container.name,
            reason,
            impact,
            container.slot.backend,
        )


def _leaving_reason(slot: Slot, desired: Desired) -> str:
    if not desired.containers:
        return "the topology goes"
    if slot in desired.containers:
        return "left over from an earlier change"
    backends = {other.backend for other in desired.containers if other.backend}
    backends |= {backend.name for backend in (desired.proxy.backends if desired.proxy else ())}
    if slot.backend in backends:
        return "fewer replicas are wanted"
    return "not in the file"
