"""The actions a plan is made of: each is one thing that an engine does, and complete data.

`Target` is how an action names a container: by id when it was there at plan time, by its name when
the plan itself creates it.
"""

from __future__ import annotations

from msgspec import Struct

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.resources import ResourceLimits
from reconciler.desired.rollout import Guard
from reconciler.desired.spec import Attachment, ContainerFile, Mount, NetworkSpec, VolumeSpec
from reconciler.haproxy.config import Config
from reconciler.haproxy.control.commands import ServerSetting
from reconciler.haproxy.model.files import ProxyFile


class Target(Struct, frozen=True):
    name: str
    id: str | None = None

    @property
    def reference(self) -> str:
        return self.id or self.name


class PullImage(Struct, frozen=True):
    """`platform` chooses among the variants of an image; "" leaves it to the engine."""

    image: str
    platform: str = ""


class CheckConfig(Struct, frozen=True):
    """Let the HAProxy that will run a configuration check it, before anything is touched.

    In `running` when that container has the same image, else in a throwaway container.
    """

    image: str
    config: Config
    running: Target | None = None
    mounts: tuple[Mount, ...] = ()
    """What of the host a throwaway container has, since the configuration may name files in it."""


class CreateNetwork(Struct, frozen=True):
    spec: NetworkSpec
    revision: str


class RemoveNetwork(Struct, frozen=True):
    name: str
    id: str


class CreateVolume(Struct, frozen=True):
    spec: VolumeSpec


class RemoveVolume(Struct, frozen=True):
    name: str


class CreateContainer(Struct, frozen=True):
    """`predecessor` is the HAProxy whose listening sockets this one takes over when it starts."""

    container: DesiredContainer
    name: str
    predecessor: str = ""


class WriteFiles(Struct, frozen=True):
    """Secrets and configs, into a container that was made and not started yet."""

    target: Target
    files: tuple[ContainerFile, ...]


class StartContainer(Struct, frozen=True):
    target: Target


class UnpauseContainer(Struct, frozen=True):
    target: Target


class RenameContainer(Struct, frozen=True):
    target: Target
    name: str


class UpdateContainer(Struct, frozen=True):
    """Limits and restart policy, in place. None leaves a limit as it is."""

    target: Target
    limits: ResourceLimits
    restart: str
    memswap_bytes: int | None = None
    """It stays as it is, and has to be said again beside the memory; None is twice that."""


class ConnectNetwork(Struct, frozen=True):
    target: Target
    attachment: Attachment


class DisconnectNetwork(Struct, frozen=True):
    target: Target
    network: str
    network_id: str


class AwaitReady(Struct, frozen=True):
    """Running, and healthy when the container has a health check."""

    target: Target
    timeout_s: float | None = None
    """How long to wait; None is as long as the user's patience."""


class AwaitSteady(Struct, frozen=True):
    """Containers that are ready stay so, all of them, and are not started anew meanwhile."""

    targets: tuple[Target, ...]
    steady_s: float = 0.0
    """How long."""
    unchecked_s: float = 0.0
    """How long at least those must that have no health check: what crashes as it starts runs for a
    moment, too."""

    @property
    def longest_s(self) -> float:
        return max(self.steady_s, self.unchecked_s)


class AwaitExit(Struct, frozen=True):
    """It ends by itself, and with success; it is stopped when it takes longer than `timeout_s`."""

    target: Target
    timeout_s: float


class StopContainer(Struct, frozen=True):
    target: Target
    grace_s: float


class RemoveContainer(Struct, frozen=True):
    target: Target


class WriteConfig(Struct, frozen=True):
    target: Target
    config: Config


class ReloadProxy(Struct, frozen=True):
    """Write, reload, and confirm from the running worker; on failure write `previous` back."""

    target: Target
    config: Config
    previous: str | None


class RenewFiles(Struct, frozen=True):
    """The running HAProxy uses these in place of those it has under their names, and they are
    written: a start loads the same. From the first moment haproxy.cfg tells that they are under
    way, and `WriteConfig` ends that."""

    target: Target
    files: tuple[ProxyFile, ...]


class RemoveFiles(Struct, frozen=True):
    """Files beside haproxy.cfg, by name, that a running HAProxy does not use any more, nor will at
    its next start."""

    target: Target
    files: tuple[str, ...]


class AwaitProxy(Struct, frozen=True):
    """A worker answers and runs the configuration of this digest."""

    target: Target
    digest: str


class ReplaceProxy(Struct, frozen=True):
    """Stop the old, start the new, as close together as can be, and confirm that it runs the
    configuration of this digest; on failure start the old again.

    With them anchors: old ones stop after the old HAProxy, new ones start before the new HAProxy.
    """

    old: Target
    new: Target
    digest: str
    old_anchors: tuple[Target, ...] = ()
    new_anchors: tuple[Target, ...] = ()


class HandOver(Struct, frozen=True):
    """Start the new, which takes the listening sockets over from the old, and confirm that it runs
    the configuration of this digest. On failure the new is stopped, and the old goes on."""

    old: Target
    new: Target
    digest: str


class SetServers(Struct, frozen=True):
    """Servers of the running HAProxy, by its runtime API."""

    target: Target
    settings: tuple[ServerSetting, ...]


class WriteServers(Struct, frozen=True):
    """The lines of a backend's servers in the written haproxy.cfg; nothing is loaded."""

    target: Target
    backend: str
    lines: tuple[str, ...]


class AwaitServers(Struct, frozen=True):
    """HAProxy's own checks have passed for these (backend, host).

    `containers` are those behind the servers, in the same order: where to look when one fails.
    """

    target: Target
    servers: tuple[tuple[str, str], ...]
    containers: tuple[Target, ...] = ()
    timeout_s: float | None = None
    """How long to wait; None is as long as the user's patience."""
    steady_s: float = 0.0
    """How long it must have been so."""


class GuardServers(Struct, frozen=True):
    """Watch what these (backend, host) answer; fail when it is too bad."""

    target: Target
    servers: tuple[tuple[str, str], ...]
    guard: Guard


class AwaitIdle(Struct, frozen=True):
    """These (backend, host) have nothing to do any more, and nobody asked them for `quiet_s`; or
    they had `at_most_s` to finish it."""

    target: Target
    servers: tuple[tuple[str, str], ...]
    at_most_s: float
    quiet_s: float = 0.0


class AwaitDrained(Struct, frozen=True):
    """No old worker is left that may still use servers of an earlier configuration."""

    target: Target
    at_most_s: float


Action = (
    PullImage
    | CheckConfig
    | CreateNetwork
    | RemoveNetwork
    | CreateVolume
    | RemoveVolume
    | CreateContainer
    | WriteFiles
    | StartContainer
    | UnpauseContainer
    | RenameContainer
    | UpdateContainer
    | ConnectNetwork
    | DisconnectNetwork
    | AwaitReady
    | AwaitSteady
    | AwaitExit
    | StopContainer
    | RemoveContainer
    | WriteConfig
    | ReloadProxy
    | RenewFiles
    | RemoveFiles
    | AwaitProxy
    | ReplaceProxy
    | HandOver
    | SetServers
    | WriteServers
    | AwaitServers
    | GuardServers
    | AwaitIdle
    | AwaitDrained
)
