"""New servers beside the old ones, in a HAProxy that runs: checked, without traffic."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.plan.actions import AwaitServers, ReloadProxy, Target
from reconciler.plan.decide.namespace import has_namespace
from reconciler.plan.decide.staging import stage_config
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.task import Part, Task, Tasks, target_of


def prove_servers(
    situation: Situation,
    proxy: ObservedContainer,
    written: str | None,
    reachable: Collection[str],
    needs: Tasks,
) -> Part:
    """HAProxy checks new servers before it, or its successor, sends traffic to them; nothing when
    none is at stake. `written` is its haproxy.cfg, and `reachable` the networks that it is on."""
    wanted, assignment = situation.need.config, situation.assignment
    if wanted is None:
        return Part()
    staged = stage_config(situation.desired, wanted, assignment, written, reachable)
    if staged is None:
        return Part()
    target = target_of(proxy)
    loaded = Task(
        ReloadProxy(target, staged.config, written),
        needs,
        "HAProxy checks new servers beside the old ones, without traffic",
        Impact.RELOAD,
    )
    passed = Task(
        AwaitServers(target, staged.servers, tuple(map(Target, staged.containers))),
        (loaded,),
        "the old servers keep the traffic until the new ones can take it",
    )
    return Part((loaded, passed), (passed,))


def reachable_from(situation: Situation, proxy: ObservedContainer) -> Collection[str]:
    """The networks on which a HAProxy that leaves can still check servers."""
    if proxy.state != "running" or not has_namespace(proxy, situation.observed):
        return ()
    on_host = proxy.network_mode == "host"
    if on_host and situation.desired.containers[PROXY_SLOT].spec.network_mode != "host":
        return ()  # it knows no names, which its successor goes by
    return situation.networks_of(proxy) - situation.networks.replaced_names
