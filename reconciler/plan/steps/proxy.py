"""HAProxy: made, started, reloaded or replaced, and seen to run what it should."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Slot
from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.plan.actions import (
    AwaitDrained,
    AwaitProxy,
    AwaitServers,
    CreateContainer,
    HandOver,
    ReloadProxy,
    RemoveFiles,
    RenewFiles,
    ReplaceProxy,
    StartContainer,
    StopContainer,
    Target,
    UnpauseContainer,
    WriteConfig,
)
from reconciler.plan.decide.ground import has_ground, networks_of_proxy
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.decide.rotation import slot_of
from reconciler.plan.decide.slots import HOLDS_PORTS
from reconciler.plan.decide.staging import stage_config
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.steps.containers import change_in_place
from reconciler.plan.steps.draft import DRAIN_MARGIN_S, Draft, target_of
from reconciler.plan.steps.rollout import retire_servers, with_leavers


def place_proxy(draft: Draft) -> None:
    """A HAProxy that stays joins its networks before any server does that is reached over them."""
    if draft.need.mode is ProxyMode.ABSENT:
        return
    for slot in (ANCHOR_SLOT, PROXY_SLOT):
        if kept := draft.assignment.kept.get(slot):
            draft.placed += change_in_place(draft, kept)
            if slot == ANCHOR_SLOT and kept.have.state == "paused":
                woken = draft.add(UnpauseContainer(target_of(kept.have)), (), "it is paused")
                draft.placed.append(woken)


def proxy_steps(draft: Draft, *, wait: bool) -> None:
    need, config = draft.need, draft.need.config
    brought_up = [step for steps in draft.serving.values() for step in steps]
    ready = sorted({*brought_up, *draft.rolled_out, *draft.placed})
    draft.settled = ready
    if need.mode is ProxyMode.ABSENT or config is None:
        return
    match need.mode:
        case ProxyMode.CREATE | ProxyMode.REPLACE | ProxyMode.HANDOVER:
            confirmed = _new_proxy(draft, ready)
        case _:
            confirmed = _kept_proxy(draft, ready)
    target = _proxy_target(draft)
    draft.settled = [*ready, *confirmed]
    servers = _servers_to_await(draft, confirmed)
    names, hosts = draft.assignment.names, draft.assignment.hosts
    if wait and servers:
        draft.settled = [
            draft.add(
                AwaitServers(
                    target,
                    tuple((backend, hosts[slot]) for backend, slot in servers),
                    tuple(Target(names[slot]) for _, slot in servers),
                ),
                [*ready, *confirmed],
                "done means that HAProxy's own checks pass",
            )
        ]
    if need.have is not None and target.id == need.have.id:
        draft.settled = [*draft.settled, *retire_servers(draft, target, draft.settled)]
    if _someone_leaves(draft) and draft.has_old_workers(target) and draft.desired.proxy is not None:
        at_most = draft.desired.proxy.hard_stop_after_s + DRAIN_MARGIN_S
        draft.settled = [
            draft.add(
                AwaitDrained(target, at_most),
                draft.settled,
                "old workers may still use containers that leave",
            )
        ]
    if need.leftovers:
        draft.add(
            RemoveFiles(target, need.leftovers), draft.settled, "HAProxy does not use them any more"
        )


def _someone_leaves(draft: Draft) -> bool:
    """After this; those that a roll-out retires are gone before."""
    return bool(draft.leavers() or draft.departures) and not draft.observed.gaps


def _proxy_target(draft: Draft) -> Target:
    kept = draft.assignment.kept.get(PROXY_SLOT)
    return target_of(kept.have) if kept else Target(draft.assignment.joining[PROXY_SLOT].name)


def _new_proxy(draft: Draft, ready: list[int]) -> list[int]:
    joining, need, config = draft.assignment.joining[PROXY_SLOT], draft.need, draft.need.config
    assert config is not None
    target = Target(joining.name)
    predecessor = need.have.given_name if need.have and need.mode is ProxyMode.HANDOVER else ""
    created = draft.add(
        CreateContainer(joining.want, joining.name, predecessor),
        [*draft.networks_of(joining.want), *draft.volume_ready, *_made_anchor(draft)],
        need.reason,
    )
    written = draft.add(WriteConfig(target, config), [created], need.reason)
    confirm = AwaitProxy(target, config.digest)
    if need.mode is ProxyMode.CREATE or need.have is None:
        grounded = _ground(draft, [written, *ready])
        running = draft.add(StartContainer(target), grounded, need.reason)
        return [draft.add(confirm, [running], "a start says nothing")]
    proven = _prove(draft, target_of(need.have), ready, _reachable_from(draft, need.have))
    needs = [written, *ready, *proven]
    if need.mode is ProxyMode.HANDOVER:
        old = Target(need.have.given_name, need.have.id)
        action = HandOver(old, target, config.digest)
        return [draft.add(action, needs, need.reason, Impact.REPLACE)]
    running = draft.add(_replacement(draft, need.have, target), needs, need.reason, need.end)
    return [draft.add(confirm, [running], "a start says nothing")]


def _made_anchor(draft: Draft) -> list[int]:
    """The step that makes an anchor; it is started when the ports are free."""
    joining = draft.assignment.joining.get(ANCHOR_SLOT)
    if joining is None:
        return []
    action = CreateContainer(joining.want, joining.name)
    return [draft.add(action, draft.networks_of(joining.want), "it keeps HAProxy's ports open")]


def _replacement(draft: Draft, old: ObservedContainer, new: Target) -> ReplaceProxy:
    leaving = _leaving_anchors(draft)
    draft.stopped |= {old.id, *(anchor.id for anchor in leaving)}
    starts = [anchor for anchor, _ in _anchor_to_start(draft)]
    return ReplaceProxy(target_of(old), new, tuple(map(target_of, leaving)), tuple(starts))


def _ground(draft: Draft, needs: list[int]) -> list[int]:
    """The anchor runs, for a HAProxy that does not; one that leaves has given the ports away."""
    starts = _anchor_to_start(draft)
    for anchor in _leaving_anchors(draft):
        draft.stopped.add(anchor.id)
        needs = [draft.add(StopContainer(target_of(anchor), 0), needs, "it has the ports")]
    for target, why in starts:
        needs = [draft.add(StartContainer(target), needs, why)]
    return needs


def _anchor_to_start(draft: Draft) -> list[tuple[Target, str]]:
    """The anchor and why, when it does not run."""
    if joining := draft.assignment.joining.get(ANCHOR_SLOT):
        return [(Target(joining.name), "it keeps HAProxy's ports open")]
    kept = draft.assignment.kept.get(ANCHOR_SLOT)
    if kept is not None and kept.have.state not in HOLDS_PORTS:
        return [(target_of(kept.have), f"it is {kept.have.state}")]
    return []


def _leaving_anchors(draft: Draft) -> list[ObservedContainer]:
    return [c for c in draft.leavers() if c.slot == ANCHOR_SLOT and c.state in HOLDS_PORTS]


def _reachable_from(draft: Draft, proxy: ObservedContainer) -> Collection[str]:
    """The networks on which a HAProxy that leaves can still check servers."""
    if proxy.state != "running" or not has_ground(proxy, draft.observed):
        return ()
    on_host = proxy.network_mode == "host"
    if on_host and draft.desired.containers[PROXY_SLOT].spec.network_mode != "host":
        return ()  # it knows no names, which its successor goes by
    joined = networks_of_proxy(proxy, draft.desired, draft.observed, draft.assignment)
    return joined - draft.networks.replaced_names


def _prove(draft: Draft, target: Target, needs: list[int], reachable: Collection[str]) -> list[int]:
    """Let HAProxy check new servers before it, or its successor, sends traffic to them."""
    wanted, assignment = draft.need.config, draft.assignment
    if wanted is None:
        return []
    staged = stage_config(draft.desired, wanted, assignment, draft.written, reachable)
    if staged is None:
        return []
    loaded = draft.add(
        ReloadProxy(target, staged.config, draft.written),
        needs,
        "HAProxy checks new servers beside the old ones, without traffic",
        Impact.RELOAD,
    )
    return [
        draft.add(
            AwaitServers(target, staged.servers, tuple(map(Target, staged.containers))),
            [loaded],
            "the old servers keep the traffic until the new ones can take it",
        )
    ]


def _kept_proxy(draft: Draft, ready: list[int]) -> list[int]:
    kept, need, config = draft.assignment.kept[PROXY_SLOT], draft.need, draft.need.config
    assert config is not None
    target = target_of(kept.have)
    confirm = AwaitProxy(target, config.digest)
    needs = ready
    match need.mode:
        case ProxyMode.KEEP:
            return draft.placed
        case ProxyMode.RUNTIME:
            if draft.running is not None and draft.running.text == config.text:
                return draft.placed
            needs = [*needs, *_renew(draft, target, needs)]
            draft.running = _to_load(draft)
            action = WriteConfig(target, draft.running)
            return [draft.add(action, needs, "a restart shall load the same")]
        case ProxyMode.RELOAD:
            return [_reload(draft, target, needs)]
        case ProxyMode.UNPAUSE:
            # What a paused HAProxy runs cannot be seen: a reload makes sure.
            woken = draft.add(UnpauseContainer(target), needs, need.reason)
            return [_reload(draft, target, [woken])]
        case _:
            return [_start(draft, target, confirm, needs)]


def _to_load(draft: Draft) -> Config:
    """What the file asks for, and those servers that leave once nothing is sent to them."""
    assert draft.need.config is not None
    return with_leavers(draft, draft.need.config)


def _renew(draft: Draft, target: Target, needs: list[int]) -> list[int]:
    """The running HAProxy takes over changed files: a map when the servers that it may send to
    serve, a certificate at once, for a roll-out can take long."""
    # Beside a reload it might reach the worker that leaves.
    reloads = any(isinstance(step.action, ReloadProxy) for step in draft.steps)
    maps = tuple(file for file in draft.need.renewed if file.kind == "map")
    others = tuple(file for file in draft.need.renewed if file.kind != "map")
    return [
        draft.add(RenewFiles(target, files), first, draft.need.reason, Impact.RUNTIME)
        for files, first in ((others, needs if reloads else ()), (maps, needs))
        if files
    ]


def _start(draft: Draft, target: Target, confirm: AwaitProxy, needs: list[int]) -> int:
    need = draft.need
    if need.mode is ProxyMode.RESTART or (need.have and need.have.state == "restarting"):
        own_grace_s = draft.desired.containers[PROXY_SLOT].spec.stop_grace_s
        grace_s = 0 if need.is_cut_off else own_grace_s  # what it has left ends at no time
        needs = [draft.add(StopContainer(target, grace_s), needs, need.reason, need.end)]
    if need.must_write and need.config is not None:
        needs = [draft.add(WriteConfig(target, need.config), needs, need.reason)]
    needs = _ground(draft, needs)
    started = draft.add(StartContainer(target), needs, need.reason)
    return draft.add(confirm, [started], "a start says nothing")


def _reload(draft: Draft, target: Target, needs: list[int]) -> int:
    kept, config = draft.assignment.kept[PROXY_SLOT], _to_load(draft)
    joined = networks_of_proxy(kept.have, draft.desired, draft.observed, draft.assignment)
    proven = _prove(draft, target, needs, joined)
    action = ReloadProxy(target, config, draft.written)
    draft.running = config
    return draft.add(action, [*needs, *proven], draft.need.reason, Impact.RELOAD)


def _servers_to_await(draft: Draft, confirmed: list[int]) -> list[tuple[str, Slot]]:
    """By backend and container: all servers once HAProxy has loaded something; else those whose
    containers were touched, but for those that a roll-out has waited for."""
    if draft.desired.proxy is None:
        return []
    everyone = bool(confirmed) and draft.need.mode is not ProxyMode.RUNTIME
    return [
        (backend.name, slot)
        for backend in draft.desired.proxy.backends
        for server in backend.servers
        if backend.check is not None
        and (slot := slot_of(backend.source, server.name)) in draft.serving
        and (everyone or (draft.serving[slot] and not draft.is_rolled(slot)))
    ]
