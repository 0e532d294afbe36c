"""Networks and volumes: there before the containers that use them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from reconciler.desired.containers.haproxy import PROXY_USER
from reconciler.desired.desired import DesiredContainer
from reconciler.desired.impact import Impact
from reconciler.desired.spec import NetworkSpec, VolumeSpec, revision_of
from reconciler.plan.actions import CreateNetwork, CreateVolume, DisconnectNetwork, RemoveNetwork
from reconciler.plan.situation import Situation
from reconciler.plan.steps.task import Task, Tasks, target_of

_UID, _GID = PROXY_USER.split(":")
RUN_VOLUME_OPTIONS = (
    ("type", "tmpfs"),
    ("device", "tmpfs"),
    ("o", f"mode=0700,uid={_UID},gid={_GID},size=1m"),
)


class Prerequisites(Struct, frozen=True):
    tasks: Tasks
    networks: Mapping[str, Task]
    """The task that makes a network, by Docker name; those that are there already have none."""
    volumes: Tasks

    def networks_of(self, want: DesiredContainer) -> Tasks:
        """The tasks that make the networks of a container."""
        return tuple(
            self.networks[a.network] for a in want.spec.networks if a.network in self.networks
        )

    def of(self, want: DesiredContainer) -> Tasks:
        """The tasks that a container to be made waits for."""
        return (*self.networks_of(want), *self.volumes)


def make_prerequisites(situation: Situation) -> Prerequisites:
    tasks: list[Task] = []
    networks: dict[str, Task] = {}
    for spec in situation.networks.create:
        networks[spec.name] = Task(CreateNetwork(spec, revision_of(spec)), (), "it is not there")
        tasks.append(networks[spec.name])
    for spec in situation.networks.replace:
        again = _make_anew(situation, spec)
        tasks += again
        networks[spec.name] = again[-1]
    volumes = _make_volumes(situation)
    return Prerequisites((*tasks, *volumes), networks, volumes)


def _make_anew(situation: Situation, spec: NetworkSpec) -> Tasks:
    """A network that changes: all leave it, it goes and is made anew; who stays joins it later."""
    why, there = "a network cannot change in place", situation.observed.networks[spec.name]
    left = tuple(
        Task(
            DisconnectNetwork(target_of(container), spec.name, there.id), (), why, Impact.INTERRUPT
        )
        for container in situation.observed.containers
        if spec.name in container.networks
    )
    gone = Task(RemoveNetwork(spec.name, there.id), left, why, Impact.INTERRUPT)
    made = Task(CreateNetwork(spec, revision_of(spec)), (gone,), why, Impact.INTERRUPT)
    return (*left, gone, made)


def _make_volumes(situation: Situation) -> Tasks:
    desired = situation.desired
    wanted = [spec for spec in desired.volumes.values() if not spec.external]
    if desired.run_volume:
        wanted.append(VolumeSpec(desired.run_volume, options=RUN_VOLUME_OPTIONS))
    return tuple(
        Task(CreateVolume(spec), (), "it is not there")
        for spec in wanted
        if spec.name not in situation.observed.volumes
    )
