"""Networks and volumes: there before the containers that use them."""

from __future__ import annotations

from reconciler.desired.containers.haproxy import PROXY_USER
from reconciler.desired.impact import Impact
from reconciler.desired.spec import VolumeSpec, revision_of
from reconciler.plan.actions import CreateNetwork, CreateVolume, DisconnectNetwork, RemoveNetwork
from reconciler.plan.steps.draft import Draft, target_of

_UID, _GID = PROXY_USER.split(":")
RUN_VOLUME_OPTIONS = (
    ("type", "tmpfs"),
    ("device", "tmpfs"),
    ("o", f"mode=0700,uid={_UID},gid={_GID},size=1m"),
)


def network_steps(draft: Draft) -> None:
    for spec in draft.networks.create:
        draft.network_ready[spec.name] = draft.add(
            CreateNetwork(spec, revision_of(spec)), (), "it is not there"
        )
    for spec in draft.networks.replace:
        why = "a network cannot change in place"
        there = draft.observed.networks[spec.name]
        left = [
            draft.add(
                DisconnectNetwork(target_of(container), spec.name, there.id),
                (),
                why,
                Impact.INTERRUPT,
            )
            for container in draft.observed.containers
            if spec.name in container.networks
        ]
        gone = draft.add(RemoveNetwork(spec.name, there.id), left, why, Impact.INTERRUPT)
        draft.network_ready[spec.name] = draft.add(
            CreateNetwork(spec, revision_of(spec)), [gone], why, Impact.INTERRUPT
        )


def volume_steps(draft: Draft) -> None:
    wanted = [spec for spec in draft.desired.volumes.values() if not spec.external]
    if draft.desired.run_volume:
        wanted.append(VolumeSpec(draft.desired.run_volume, options=RUN_VOLUME_OPTIONS))
    draft.volume_ready = [
        draft.add(CreateVolume(spec), (), "it is not there")
        for spec in wanted
        if spec.name not in draft.observed.volumes
    ]
