"""What the file said before, kept while what it says now cannot be had.

A change that failed may have left things behind: containers for a look, jobs, networks. They are
for the next try, and out of sight here. Backends that have got what is wanted keep that. What else
got through takes traffic, and stays in sight: to keep what was there before would mean to undo it,
and that is for nobody but the file to say.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.desired.names import SERVER_ROLE
from reconciler.haproxy.model import Proxy
from reconciler.plan.decide.diff import is_same
from reconciler.plan.observed import Observed, ObservedContainer, ObservedProxy
from reconciler.plan.plan import Change, Plan


def as_kept(good: Desired) -> Desired:
    """The whole of it. Jobs are no part: those of before may not follow those of after."""
    return replace(good, jobs={}, is_kept=True)


def kept_of(good: Desired, wanted: Desired, observed: Observed) -> Desired:
    """What is to be kept of `good`, after a try to get from it to `wanted`."""
    through = _through(good, wanted, observed)
    containers = {slot: c for slot, c in good.containers.items() if slot.backend not in through}
    containers |= {slot: c for slot, c in wanted.containers.items() if slot.backend in through}
    used = {place.network for c in containers.values() for place in c.spec.networks}
    depends_on = {name: needs for name, needs in wanted.depends_on.items() if name in through}
    return replace(
        as_kept(good),
        containers=containers,
        networks={**{n: net for n, net in wanted.networks.items() if n in used}, **good.networks},
        volumes={**wanted.volumes, **good.volumes},
        proxy=_mixed(good.proxy, wanted.proxy, through),
        rollouts={**good.rollouts, **{name: wanted.rollouts[name] for name in through}},
        depends_on={**good.depends_on, **depends_on},
    )


def _through(good: Desired, wanted: Desired, observed: Observed) -> set[str]:
    """The backends whose containers are others now, and all there."""
    before, after = (
        {(slot, c.revision) for slot, c in desired.containers.items()} for desired in (good, wanted)
    )
    changed = {slot.backend for slot, _ in after - before}
    lacking = {
        slot.backend
        for slot, want in wanted.containers.items()
        if not any(c.slot == slot and is_same(want, c) for c in observed.containers)
    }
    return (changed - lacking) & good.rollouts.keys() & wanted.rollouts.keys()


def _mixed(good: Proxy | None, wanted: Proxy | None, through: Collection[str]) -> Proxy | None:
    """`good` with the backends of those that got through."""
    if good is None or wanted is None:
        return good
    new = {backend.name: backend for backend in wanted.backends if backend.source in through}
    return replace(good, backends=tuple(new.get(b.name, b) for b in good.backends))


def without_attempts(kept: Desired, observed: Observed) -> Observed:
    """The same but for what `kept` knows nothing of, and what takes no traffic."""
    servers = [server for proxy in observed.proxies.values() for server in proxy.serving]
    busy = {server.host for server in servers if server.takes_traffic}
    sources = {backend.source for backend in kept.proxy.backends} if kept.proxy else set()
    hidden = [c for c in observed.containers if _is_an_attempt(c, kept, sources, busy)]
    ids = {container.id for container in hidden}
    hosts = {host for container in hidden for host in container.hosts}
    return replace(
        observed,
        containers=tuple(
            _on_networks(kept.networks, c) for c in observed.containers if c.id not in ids
        ),
        jobs=(),
        networks={name: net for name, net in observed.networks.items() if name in kept.networks},
        proxies={id_: _without(hosts, proxy) for id_, proxy in observed.proxies.items()},
    )


def _is_an_attempt(
    container: ObservedContainer, kept: Desired, sources: Collection[str], busy: Collection[str]
) -> bool:
    """`sources` are the backends whose containers HAProxy serves, `busy` the hosts that it sends
    traffic to."""
    slot = container.slot
    want = kept.containers.get(slot)
    if slot.role != SERVER_ROLE or (want is not None and is_same(want, container)):
        return False
    if want is not None and slot.backend not in sources:
        return container.state != "running"  # a worker: it works as soon as it runs
    return container.hosts.isdisjoint(busy)


def _on_networks(names: Collection[str], container: ObservedContainer) -> ObservedContainer:
    links = {name: link for name, link in container.networks.items() if name in names}
    return replace(container, networks=links)


def _without(hosts: Collection[str], proxy: ObservedProxy) -> ObservedProxy:
    return replace(proxy, servers=tuple(s for s in proxy.servers if s.host not in hosts))


def only_brings_back(plan: Plan) -> bool:
    """Whether all that is to do is to make or start what is gone: then the rest is as it was."""
    return not plan.problems and all(map(_brings_back, plan.changes))


def _brings_back(change: Change) -> bool:
    is_started = change.verb == "update" and all(f.field == "state" for f in change.fields)
    return change.impact is Impact.NONE and (change.verb == "create" or is_started)
