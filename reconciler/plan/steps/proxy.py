"""HAProxy: made, started, reloaded or replaced, and seen to run what it should."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.plan.actions import (
    AwaitDrained,
    AwaitProxy,
    AwaitServers,
    CreateContainer,
    HandOver,
    ReloadProxy,
    ReplaceProxy,
    StartContainer,
    StopContainer,
    Target,
    UnpauseContainer,
    WriteConfig,
)
from reconciler.plan.desired import PROXY_SLOT
from reconciler.plan.impact import Impact
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.proxy import ProxyMode
from reconciler.plan.staging import stage_config
from reconciler.plan.steps.containers import change_in_place
from reconciler.plan.steps.draft import Draft, target_of

DRAIN_MARGIN_S = 5.0


def proxy_steps(draft: Draft, *, wait: bool) -> None:
    need, config = draft.need, draft.need.config
    ready = [step for steps in draft.serving.values() for step in steps]
    draft.settled = ready
    if need.mode is ProxyMode.ABSENT or config is None:
        return
    match need.mode:
        case ProxyMode.CREATE | ProxyMode.REPLACE | ProxyMode.HANDOVER:
            confirmed = _new_proxy(draft, ready)
        case _:
            confirmed = _kept_proxy(draft, ready)
    draft.settled = [*ready, *confirmed]
    target = _proxy_target(draft)
    servers = _servers_to_await(draft, confirmed)
    if wait and servers:
        draft.settled = [
            draft.add(
                AwaitServers(target, servers, _containers_of(draft, servers)),
                [*ready, *confirmed], "done means that HAProxy's own checks pass",
            )
        ]  # fmt: skip
    someone_leaves = bool(draft.leavers() or draft.departures) and not draft.observed.gaps
    if someone_leaves and _has_old_workers(draft) and draft.desired.proxy is not None:
        at_most = draft.desired.proxy.hard_stop_after_s + DRAIN_MARGIN_S
        draft.settled = [
            draft.add(AwaitDrained(target, at_most), draft.settled,
                     "old workers may still use containers that leave")
        ]  # fmt: skip


def _has_old_workers(draft: Draft) -> bool:
    """From a reload of this plan, or of one that was cut off."""
    kept = draft.assignment.kept.get(PROXY_SLOT)
    seen = draft.observed.proxies.get(kept.have.id) if kept else None
    reloads = any(isinstance(step.action, ReloadProxy) for step in draft.steps)
    return reloads or (seen is not None and seen.old_workers > 0)


def _proxy_target(draft: Draft) -> Target:
    kept = draft.assignment.kept.get(PROXY_SLOT)
    return target_of(kept.have) if kept else Target(draft.assignment.joining[PROXY_SLOT].name)


def _new_proxy(draft: Draft, ready: list[int]) -> list[int]:
    joining, need, config = draft.assignment.joining[PROXY_SLOT], draft.need, draft.need.config
    assert config is not None
    target = Target(joining.name)
    hands_over = need.mode is ProxyMode.HANDOVER and need.have is not None
    predecessor = need.have.given_name if hands_over and need.have else ""
    created = draft.add(
        CreateContainer(joining.want, joining.name, predecessor),
        [*draft.networks_of(joining.want), *draft.volume_ready],
        need.reason,
    )
    written = draft.add(WriteConfig(target, config), [created], need.reason)
    if hands_over and need.have is not None:
        old = Target(need.have.given_name, need.have.id)
        proven = _prove(draft, old, ready, _reachable_from(draft, need.have))
        return [
            draft.add(
                HandOver(old, target, config.digest), [written, *ready, *proven],
                need.reason, Impact.REPLACE,
            )
        ]  # fmt: skip
    if need.mode is ProxyMode.REPLACE and need.have is not None:
        old, grace_s = target_of(need.have), joining.want.spec.stop_grace_s
        proven = _prove(draft, old, ready, _reachable_from(draft, need.have))
        running = draft.add(
            ReplaceProxy(old, target, grace_s), [written, *ready, *proven],
            need.reason, Impact.INTERRUPT,
        )  # fmt: skip
    else:
        running = draft.add(StartContainer(target), [written, *ready], need.reason)
    return [draft.add(AwaitProxy(target, config.digest), [running], "a start says nothing")]


def _reachable_from(draft: Draft, proxy: ObservedContainer) -> Collection[str]:
    """The networks on which a HAProxy that leaves can still check servers."""
    if proxy.state != "running":
        return ()
    on_host = proxy.network_mode == "host"
    if on_host and draft.desired.containers[PROXY_SLOT].spec.network_mode != "host":
        return ()  # it knows no names, which its successor goes by
    joined = draft.desired.networks if on_host else proxy.networks
    return joined.keys() - draft.networks.replaced_names


def _prove(draft: Draft, target: Target, needs: list[int], reachable: Collection[str]) -> list[int]:
    """Let HAProxy check new servers before it, or its successor, sends traffic to them."""
    staged = stage_config(draft.desired, draft.assignment, draft.need.written, reachable)
    if staged is None:
        return []
    loaded = draft.add(
        ReloadProxy(target, staged.config, draft.need.written), needs,
        "HAProxy checks new servers beside the old ones, without traffic", Impact.RELOAD,
    )  # fmt: skip
    return [
        draft.add(
            AwaitServers(target, staged.servers, tuple(map(Target, staged.containers))),
            [loaded], "the old servers keep the traffic until the new ones can take it",
        )
    ]  # fmt: skip


def _kept_proxy(draft: Draft, ready: list[int]) -> list[int]:
    kept, need, config = draft.assignment.kept[PROXY_SLOT], draft.need, draft.need.config
    assert config is not None
    target = target_of(kept.have)
    before = len(draft.steps)
    placed = change_in_place(draft, kept)
    changed_in_place = len(draft.steps) > before
    confirm = AwaitProxy(target, config.digest)
    needs = [*ready, *placed]
    match need.mode:
        case ProxyMode.KEEP:
            return placed if changed_in_place else []
        case ProxyMode.RELOAD:
            return [_reload(draft, target, needs)]
        case ProxyMode.UNPAUSE:
            # What a paused HAProxy runs cannot be seen: a reload makes sure.
            woken = draft.add(UnpauseContainer(target), needs, need.reason)
            return [_reload(draft, target, [woken])]
        case _:
            return [_start(draft, target, confirm, needs)]


def _start(draft: Draft, target: Target, confirm: AwaitProxy, needs: list[int]) -> int:
    need = draft.need
    if need.mode is ProxyMode.RESTART or (need.have and need.have.state == "restarting"):
        grace_s = draft.desired.containers[PROXY_SLOT].spec.stop_grace_s
        needs = [draft.add(StopContainer(target, grace_s), needs, need.reason, Impact.INTERRUPT)]
    if need.must_write and need.config is not None:
        needs = [draft.add(WriteConfig(target, need.config), needs, need.reason)]
    started = draft.add(StartContainer(target), needs, need.reason)
    return draft.add(confirm, [started], "a start says nothing")


def _reload(draft: Draft, target: Target, needs: list[int]) -> int:
    config, kept = draft.need.config, draft.assignment.kept[PROXY_SLOT]
    assert config is not None
    on_host = kept.want.spec.network_mode == "host"
    joined = (
        set(draft.desired.networks) if on_host else {a.network for a in kept.want.spec.networks}
    )
    proven = _prove(draft, target, needs, joined)
    action = ReloadProxy(target, config, draft.need.written)
    return draft.add(action, [*needs, *proven], draft.need.reason, Impact.RELOAD)


def _servers_to_await(draft: Draft, confirmed: list[int]) -> tuple[tuple[str, str], ...]:
    """All servers after a change of HAProxy, else those whose containers were touched."""
    if draft.desired.proxy is None:
        return ()
    return tuple(
        (backend.name, server.name)
        for backend in draft.desired.proxy.backends
        for server in backend.servers
        if backend.check is not None and (confirmed or _is_touched(draft, server.name))
    )


def _containers_of(draft: Draft, servers: tuple[tuple[str, str], ...]) -> tuple[Target, ...]:
    names = {(slot.backend, str(slot)): name for slot, name in draft.assignment.names.items()}
    return tuple(Target(names[server]) for server in servers)


def _is_touched(draft: Draft, server: str) -> bool:
    return any(steps for slot, steps in draft.serving.items() if str(slot) == server)
