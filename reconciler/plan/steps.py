"""The steps of a plan and what each one waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.haproxy.servers import read_servers
from reconciler.plan.actions import (
    Action,
    AwaitDrained,
    AwaitProxy,
    AwaitReady,
    AwaitServers,
    CheckConfig,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    DisconnectNetwork,
    PullImage,
    ReloadProxy,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    RenameContainer,
    ReplaceProxy,
    StartContainer,
    StopContainer,
    Target,
    UnpauseContainer,
    UpdateContainer,
    WriteConfig,
)
from reconciler.plan.assign import HOLDS_PORTS, Assignment, Kept
from reconciler.plan.changes import link_impact
from reconciler.plan.compile import PROXY_USER
from reconciler.plan.desired import PROXY_SLOT, Desired, DesiredContainer, Slot
from reconciler.plan.impact import Impact
from reconciler.plan.names import PROXY_ROLE
from reconciler.plan.networks import NetworkPlan
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Step
from reconciler.plan.proxy import ProxyMode, ProxyNeed
from reconciler.plan.spec import Attachment, revision_of
from reconciler.plan.staging import stage_config
from reconciler.plan.volumes import leaving_volumes

DEFAULT_GRACE_S = 10.0
"""For a container whose own grace is not known; Docker's default."""
DRAIN_MARGIN_S = 5.0
_UID, _GID = PROXY_USER.split(":")
RUN_VOLUME_OPTIONS = (
    ("type", "tmpfs"),
    ("device", "tmpfs"),
    ("o", f"mode=0700,uid={_UID},gid={_GID},size=1m"),
)


def build_steps(
    desired: Desired,
    observed: Observed,
    assignment: Assignment,
    networks: NetworkPlan,
    need: ProxyNeed,
    *,
    remove_volumes: bool,
    wait: bool,
) -> tuple[Step, ...]:
    builder = _StepBuilder(desired, observed, assignment, networks, need)
    builder.gate_steps()
    builder.network_steps()
    builder.volume_steps()
    builder.container_steps()
    builder.proxy_steps(wait=wait)
    if not observed.gaps:
        builder.removal_steps(remove_volumes=remove_volumes)
    return tuple(builder.steps)


class _StepBuilder:
    """Adds steps in an order in which each one's needs are there already."""

    def __init__(
        self,
        desired: Desired,
        observed: Observed,
        assignment: Assignment,
        networks: NetworkPlan,
        need: ProxyNeed,
    ) -> None:
        self.desired = desired
        self.observed = observed
        self.assignment = assignment
        self.networks = networks
        self.need = need
        self.steps: list[Step] = []
        self.gate: tuple[int, ...] = ()
        """Pulls and the check: nothing is touched before them."""
        self.network_ready: dict[str, int] = {}
        self.volume_ready: list[int] = []
        self.serving: dict[Slot, list[int]] = {}
        """The last steps of bringing a slot's container to where it can serve."""
        self.departures: list[tuple[DisconnectNetwork, Impact]] = []
        """Networks that containers leave for good: last, when nobody uses the way any more."""
        self.settled: list[int] = []
        """After these, no worker of HAProxy uses containers that leave."""

    def add(
        self, action: Action, needs: Iterable[int], because: str, impact: Impact = Impact.NONE
    ) -> int:
        number = len(self.steps) + 1
        unique = tuple(sorted({*self.gate, *needs}))
        self.steps.append(Step(number, action, unique, because, impact))
        return number

    # -- before anything is touched ---------------------------------------------------------

    def gate_steps(self) -> None:
        pulls = {
            image: self.add(PullImage(image), (), reason)
            for image, reason in self._images_to_pull().items()
        }
        gate = list(pulls.values())
        needs_check = self.need.must_write and self.need.config is not None
        if needs_check and self.need.config is not None:
            running, kept = None, self.assignment.kept.get(PROXY_SLOT)
            image = self.desired.containers[PROXY_SLOT].spec.image
            if kept is not None:  # by its id: nothing may name the image of a container any more
                image = kept.have.image_id
                running = _target(kept.have) if self.need.mode is ProxyMode.RELOAD else None
            after = [pulls[image]] if image in pulls else []
            gate.append(
                self.add(
                    CheckConfig(image, self.need.config, running), after,
                    "nothing is touched unless HAProxy accepts the configuration",
                )
            )  # fmt: skip
        self.gate = tuple(gate)

    def _images_to_pull(self) -> dict[str, str]:
        pulls: dict[str, str] = {}
        for joining in self.assignment.joining.values():
            image, policy = joining.want.spec.image, joining.want.pull
            if policy == "always":
                pulls[image] = "`pull: always`"
            elif policy == "missing" and image not in self.observed.images:
                pulls.setdefault(image, "the image is not here")
        return pulls

    # -- networks and volumes ---------------------------------------------------------------

    def network_steps(self) -> None:
        for spec in self.networks.create:
            self.network_ready[spec.name] = self.add(
                CreateNetwork(spec, revision_of(spec)), (), "it is not there"
            )
        for spec in self.networks.replace:
            why = "a network cannot change in place"
            there = self.observed.networks[spec.name]
            left = [
                self.add(
                    DisconnectNetwork(_target(container), spec.name, there.id),
                    (), why, Impact.INTERRUPT,
                )
                for container in self.observed.containers
                if spec.name in container.networks
            ]  # fmt: skip
            gone = self.add(RemoveNetwork(spec.name, there.id), left, why, Impact.INTERRUPT)
            self.network_ready[spec.name] = self.add(
                CreateNetwork(spec, revision_of(spec)), [gone], why, Impact.INTERRUPT
            )

    def volume_steps(self) -> None:
        wanted: dict[str, tuple[tuple[str, str], ...]] = dict.fromkeys(self.desired.volumes, ())
        if self.desired.run_volume:
            wanted[self.desired.run_volume] = RUN_VOLUME_OPTIONS
        self.volume_ready = [
            self.add(CreateVolume(name, options), (), "it is not there")
            for name, options in wanted.items()
            if name not in self.observed.volumes
        ]

    def _networks_of(self, want: DesiredContainer) -> list[int]:
        return [
            self.network_ready[a.network]
            for a in want.spec.networks
            if a.network in self.network_ready
        ]

    # -- containers of backends -------------------------------------------------------------

    def container_steps(self) -> None:
        for slot in self.desired.containers:
            if slot == PROXY_SLOT:
                continue
            if slot in self.assignment.joining:
                self.serving[slot] = [self._create(slot)]
            else:
                self.serving[slot] = self._revive(self.assignment.kept[slot])

    def _create(self, slot: Slot) -> int:
        joining = self.assignment.joining[slot]
        want, because = joining.want, joining.diff.replace if joining.diff else "it is not there"
        needs = [*self._networks_of(want), *self.volume_ready]
        created = self.add(CreateContainer(want, joining.name), needs, because)
        started = self.add(StartContainer(Target(joining.name)), [created], because)
        return self.add(AwaitReady(Target(joining.name)), [started], "before it gets traffic")

    def _revive(self, kept: Kept) -> list[int]:
        """Changes in place, then a start if it is not running."""
        target = _target(kept.have)
        last = self._change_in_place(kept)
        match kept.have.state:
            case "running" if kept.have.health in {None, "healthy"}:
                return last
            case "running" if not self._is_new_to_haproxy(kept.have):
                return last  # Docker's health check is not what HAProxy goes by
            case "running":
                pass
            case "paused":
                last = [self.add(UnpauseContainer(target), last, "it is paused")]
            case state:
                last = [self.add(StartContainer(target), last, f"it is {state}")]
        return [self.add(AwaitReady(target), last, "before it gets traffic")]

    def _is_new_to_haproxy(self, container: ObservedContainer) -> bool:
        """Made by a run that got no further: HAProxy shall send it traffic, and does not yet."""
        proxy, backend = self.desired.proxy, container.slot.backend
        if proxy is None or not self.need.must_write:
            return False
        known = {(s.backend, s.host) for s in read_servers(self.need.written or "")}
        return (backend, container.given_name) not in known and any(
            served.name == backend for served in proxy.backends
        )

    def _change_in_place(self, kept: Kept) -> list[int]:
        """Steps that change a container where it is."""
        target, diff, spec = _target(kept.have), kept.diff, kept.want.spec
        impact = max(link_impact(kept), Impact.RUNTIME)
        last: list[int] = []
        if diff.rename:
            last.append(self.add(RenameContainer(target, kept.have.given_name), (),
                                 "it was renamed by hand"))  # fmt: skip
        if diff.update:
            action = UpdateContainer(target, spec.cpus, spec.memory_bytes, spec.restart)
            last.append(self.add(action, (), "limits change in place"))
        joins = {a.network: a for a in (*diff.connect, *self._rejoins(kept))}
        for name in diff.disconnect:
            leave = DisconnectNetwork(target, name, kept.have.networks[name].network_id)
            if name not in joins and kept.have.state in HOLDS_PORTS:
                self.departures.append((leave, impact))
                continue
            if name not in joins:  # it may be gone, and then nothing starts that is still on it
                last.append(self.add(leave, (), "the file does not put it there"))
                continue
            left = self.add(leave, (), "its place on the network is stale", impact)
            last.append(self._connect(target, joins.pop(name), [left], impact))
        last += [self._connect(target, attachment, [], impact) for attachment in joins.values()]
        return last

    def _rejoins(self, kept: Kept) -> list[Attachment]:
        """Networks that are made anew under a container that stays."""
        return [
            a
            for a in kept.want.spec.networks
            if a.network in self.networks.replaced_names and a.network in kept.have.networks
        ]

    def _connect(
        self, target: Target, attachment: Attachment, needs: list[int], impact: Impact
    ) -> int:
        ready = self.network_ready.get(attachment.network)
        return self.add(
            ConnectNetwork(target, attachment),
            [*needs, *([ready] if ready else [])],
            "the file puts it on this network",
            impact,
        )

    # -- HAProxy ----------------------------------------------------------------------------

    def proxy_steps(self, *, wait: bool) -> None:
        need, config = self.need, self.need.config
        ready = [step for steps in self.serving.values() for step in steps]
        self.settled = ready
        if need.mode is ProxyMode.ABSENT or config is None:
            return
        match need.mode:
            case ProxyMode.CREATE | ProxyMode.REPLACE:
                confirmed = self._new_proxy(ready)
            case _:
                confirmed = self._kept_proxy(ready)
        self.settled = [*ready, *confirmed]
        target = self._proxy_target()
        servers = self._servers_to_await(confirmed)
        if wait and servers:
            self.settled = [
                self.add(
                    AwaitServers(target, servers, self._containers_of(servers)),
                    [*ready, *confirmed], "done means that HAProxy's own checks pass",
                )
            ]  # fmt: skip
        someone_leaves = bool(self._leavers() or self.departures) and not self.observed.gaps
        if someone_leaves and self._has_old_workers() and self.desired.proxy is not None:
            at_most = self.desired.proxy.hard_stop_after_s + DRAIN_MARGIN_S
            self.settled = [
                self.add(AwaitDrained(target, at_most), self.settled,
                         "old workers may still use containers that leave")
            ]  # fmt: skip

    def _has_old_workers(self) -> bool:
        """From a reload of this plan, or of one that was cut off."""
        kept = self.assignment.kept.get(PROXY_SLOT)
        seen = self.observed.proxies.get(kept.have.id) if kept else None
        reloads = any(isinstance(step.action, ReloadProxy) for step in self.steps)
        return reloads or (seen is not None and seen.old_workers > 0)

    def _proxy_target(self) -> Target:
        kept = self.assignment.kept.get(PROXY_SLOT)
        return _target(kept.have) if kept else Target(self.assignment.joining[PROXY_SLOT].name)

    def _new_proxy(self, ready: list[int]) -> list[int]:
        joining, need, config = self.assignment.joining[PROXY_SLOT], self.need, self.need.config
        assert config is not None
        target = Target(joining.name)
        created = self.add(
            CreateContainer(joining.want, joining.name),
            [*self._networks_of(joining.want), *self.volume_ready],
            need.reason,
        )
        written = self.add(WriteConfig(target, config), [created], need.reason)
        if need.mode is ProxyMode.REPLACE and need.have is not None:
            old, grace_s = _target(need.have), joining.want.spec.stop_grace_s
            proven = self._prove(old, ready, self._reachable_from(need.have))
            running = self.add(
                ReplaceProxy(old, target, grace_s), [written, *ready, *proven],
                need.reason, Impact.INTERRUPT,
            )  # fmt: skip
        else:
            running = self.add(StartContainer(target), [written, *ready], need.reason)
        return [self.add(AwaitProxy(target, config.digest), [running], "a start says nothing")]

    def _reachable_from(self, proxy: ObservedContainer) -> Collection[str]:
        """The networks on which a HAProxy that leaves can still check servers."""
        if proxy.state != "running":
            return ()
        return proxy.networks.keys() - self.networks.replaced_names

    def _prove(self, target: Target, needs: list[int], reachable: Collection[str]) -> list[int]:
        """Let HAProxy check new servers before it, or its successor, sends traffic to them."""
        staged = stage_config(self.desired, self.assignment, self.need.written, reachable)
        if staged is None:
            return []
        loaded = self.add(
            ReloadProxy(target, staged.config, self.need.written), needs,
            "HAProxy checks new servers beside the old ones, without traffic", Impact.RELOAD,
        )  # fmt: skip
        return [
            self.add(
                AwaitServers(target, staged.servers, tuple(map(Target, staged.containers))),
                [loaded], "the old servers keep the traffic until the new ones can take it",
            )
        ]  # fmt: skip

    def _kept_proxy(self, ready: list[int]) -> list[int]:
        kept, need, config = self.assignment.kept[PROXY_SLOT], self.need, self.need.config
        assert config is not None
        target = _target(kept.have)
        before = len(self.steps)
        placed = self._change_in_place(kept)
        changed_in_place = len(self.steps) > before
        confirm = AwaitProxy(target, config.digest)
        needs = [*ready, *placed]
        match need.mode:
            case ProxyMode.KEEP:
                return placed if changed_in_place else []
            case ProxyMode.RELOAD:
                return [self._reload(target, needs)]
            case ProxyMode.UNPAUSE:
                # What a paused HAProxy runs cannot be seen: a reload makes sure.
                woken = self.add(UnpauseContainer(target), needs, need.reason)
                return [self._reload(target, [woken])]
            case _:
                return [self._start(target, confirm, needs)]

    def _start(self, target: Target, confirm: AwaitProxy, needs: list[int]) -> int:
        need = self.need
        if need.mode is ProxyMode.RESTART or (need.have and need.have.state == "restarting"):
            grace_s = self.desired.containers[PROXY_SLOT].spec.stop_grace_s
            needs = [self.add(StopContainer(target, grace_s), needs, need.reason, Impact.INTERRUPT)]
        if need.must_write and need.config is not None:
            needs = [self.add(WriteConfig(target, need.config), needs, need.reason)]
        started = self.add(StartContainer(target), needs, need.reason)
        return self.add(confirm, [started], "a start says nothing")

    def _reload(self, target: Target, needs: list[int]) -> int:
        config, kept = self.need.config, self.assignment.kept[PROXY_SLOT]
        assert config is not None
        joined = {a.network for a in kept.want.spec.networks}
        proven = self._prove(target, needs, joined)
        action = ReloadProxy(target, config, self.need.written)
        return self.add(action, [*needs, *proven], self.need.reason, Impact.RELOAD)

    def _servers_to_await(self, confirmed: list[int]) -> tuple[tuple[str, str], ...]:
        """All servers after a change of HAProxy, else those whose containers were touched."""
        if self.desired.proxy is None:
            return ()
        return tuple(
            (backend.name, server.name)
            for backend in self.desired.proxy.backends
            for server in backend.servers
            if backend.check is not None and (confirmed or self._is_touched(server.name))
        )

    def _containers_of(self, servers: tuple[tuple[str, str], ...]) -> tuple[Target, ...]:
        names = {(slot.backend, str(slot)): name for slot, name in self.assignment.names.items()}
        return tuple(Target(names[server]) for server in servers)

    def _is_touched(self, server: str) -> bool:
        return any(steps for slot, steps in self.serving.items() if str(slot) == server)

    # -- removals ---------------------------------------------------------------------------

    def _leavers(self) -> list[ObservedContainer]:
        return sorted(self.assignment.leaving, key=lambda c: (c.slot, c.name))

    def removal_steps(self, *, remove_volumes: bool) -> None:
        """HAProxy first when it goes for good, so that it finishes while its servers are there."""
        removed: list[int] = []
        leavers = self._leavers()
        proxies = [c for c in leavers if c.slot.role == PROXY_ROLE]
        for container in proxies:
            removed += self._remove(container, self.settled)
        after = [*self.settled, *removed]
        for container in leavers:
            if container.slot.role != PROXY_ROLE:
                removed += self._remove(container, after)
        left = [
            self.add(departure, after, "the file does not put it there", impact)
            for departure, impact in self.departures
        ]
        gone = [*removed, *left, *self.settled]
        for network in self.networks.remove:
            self.add(RemoveNetwork(network.name, network.id), gone, "not in the file")
        for name in leaving_volumes(self.desired, self.observed, remove_volumes=remove_volumes):
            self.add(RemoveVolume(name), gone, "nobody uses it")

    def _remove(self, container: ObservedContainer, after: Iterable[int]) -> list[int]:
        target = _target(container)
        needs = list(after)
        is_stopped = self.need.mode is ProxyMode.REPLACE and container is self.need.have
        if container.state in HOLDS_PORTS and not is_stopped:
            is_proxy = container.slot.role == PROXY_ROLE
            grace_s = container.stop_grace_s or DEFAULT_GRACE_S
            impact = Impact.INTERRUPT if is_proxy else Impact.NONE
            needs = [self.add(StopContainer(target, grace_s), needs, "it leaves", impact)]
        return [self.add(RemoveContainer(target), needs, "it leaves")]


def _target(container: ObservedContainer) -> Target:
    return Target(container.name, container.id)
