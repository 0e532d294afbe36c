"""What the HAProxy container needs: nothing, a reload, a start, to be made, or to be replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.haproxy.control.sections import explain_difference
from reconciler.haproxy.model.files import ProxyFile, left_over, renewed
from reconciler.plan.decide.drift import worker_drift
from reconciler.plan.decide.namespace import has_namespace
from reconciler.plan.decide.rotation import Rotation, explain_work, has_work, running_config
from reconciler.plan.decide.slots import HOLDS_PORTS, Assignment, is_serving
from reconciler.plan.observed import Observed, ObservedContainer


class ProxyMode(StrEnum):
    ABSENT = "absent"
    """The topology has no HAProxy."""
    KEEP = "keep"
    RUNTIME = "runtime"
    """Only its servers change, and it runs on as it is."""
    RELOAD = "reload"
    UNPAUSE = "unpause"
    START = "start"
    RESTART = "restart"
    CREATE = "create"
    REPLACE = "replace"
    HANDOVER = "handover"
    """Replaced, while the listening sockets stay open."""


class ProxyNeed(Struct, frozen=True):
    mode: ProxyMode
    reason: str = ""
    config_before: str | None = None
    """The text of haproxy.cfg in the container now."""
    config: Config | None = None
    have: ObservedContainer | None = None
    must_write: bool = False
    """The written configuration is not the wanted one."""
    is_cut_off: bool = False
    """Nothing reaches the one that is there, whose network has ended."""

    leftovers: tuple[str, ...] = ()
    """Files in a container that stays that are no part of the configuration."""

    @property
    def renewed(self) -> tuple[ProxyFile, ...]:
        """Certificates and maps that the running HAProxy has to take over."""
        if self.mode is not ProxyMode.RUNTIME or self.config is None:
            return ()
        return renewed(self.config.files, self.config_before or "")

    @property
    def redirects(self) -> bool:
        """Traffic may go another way when this is done: until then it goes as it does now."""
        keeps_its_ways = self.mode in {ProxyMode.KEEP, ProxyMode.RUNTIME}
        return not keeps_its_ways or any(file.kind == "map" for file in self.renewed)

    @property
    def end(self) -> Impact:
        """What it means that the one that is there ends before another starts."""
        return Impact.NONE if self.is_cut_off else Impact.INTERRUPT


def proxy_need(
    assignment: Assignment,
    observed: Observed,
    config: Config | None,
    rotations: Mapping[str, Rotation],
    sources: Collection[str],
) -> ProxyNeed:
    """`sources` are the backends whose containers, or other servers, HAProxy shall have."""
    if config is None:
        return ProxyNeed(ProxyMode.ABSENT)
    if PROXY_SLOT in assignment.joining:
        old = assignment.joining[PROXY_SLOT].replaces
        proxy = observed.proxies.get(old.id) if old else None
        written = proxy.config if proxy else None
        if old is not None and old.state in HOLDS_PORTS:
            reason = _why_anew(assignment)
            goes_on = can_hand_over(assignment, old, observed)
            mode = ProxyMode.HANDOVER if goes_on else ProxyMode.REPLACE
            is_cut_off = not has_namespace(old, observed)
            return ProxyNeed(mode, reason, written, config, old, True, is_cut_off)
        return ProxyNeed(ProxyMode.CREATE, "new", written, config, must_write=True)
    have = assignment.kept[PROXY_SLOT].have
    need = _need_of_kept(have, observed, config, rotations, sources)
    seen = observed.proxies.get(have.id)
    need = replace(need, leftovers=left_over(seen.files if seen else (), config.files))
    if have.state in {"running", "paused"} and not has_namespace(have, observed):
        reason = _also("its network ended with the container that it shares it with", need.reason)
        return replace(need, mode=ProxyMode.RESTART, reason=reason, is_cut_off=True)
    return need


def _why_anew(assignment: Assignment) -> str:
    """A change of ports is its anchor's, where it has one."""
    diffs = (
        assignment.joining[slot].diff
        for slot in (assignment.namespace_slot, PROXY_SLOT)
        if slot in assignment.joining
    )
    return next((diff.replace for diff in diffs if diff is not None and diff.replace), "")


def can_hand_over(assignment: Assignment, old: ObservedContainer, observed: Observed) -> bool:
    """Whether a new HAProxy can take the listening sockets of the old one: it is asked for them, so
    it must answer, and they are worth something in the same network only."""
    spec = assignment.joining[PROXY_SLOT].want.spec
    return (
        spec.hands_over
        and old.hands_over
        and old.network_mode == spec.network_mode
        and has_namespace(old, observed)
        and is_serving(old, observed)
    )


def _need_of_kept(
    have: ObservedContainer,
    observed: Observed,
    config: Config,
    rotations: Mapping[str, Rotation],
    sources: Collection[str],
) -> ProxyNeed:
    proxy = observed.proxies.get(have.id)
    if proxy is None:
        reason = "its configuration could not be read"
        mode = ProxyMode.RELOAD if have.state == "running" else ProxyMode.START
        return ProxyNeed(mode, reason, None, config, have, must_write=True)
    written = proxy.written_digest
    must_write = written != config.digest
    reason = _write_reason(proxy.config, written, config) if must_write else ""
    if have.state == "paused":
        return ProxyNeed(
            ProxyMode.UNPAUSE, _also("it is paused", reason), proxy.config, config, have, must_write
        )
    if have.state != "running":
        reason = _also(f"it is {_state_in_words(have)}", reason)
        return ProxyNeed(ProxyMode.START, reason, proxy.config, config, have, must_write)
    if proxy.running is None:
        return ProxyNeed(
            ProxyMode.RESTART, "it does not answer", proxy.config, config, have, must_write
        )
    # The runtime API does it if HAProxy runs what is written, all that is wanted differs from it in
    # servers alone, and each backend's servers can be told: else one reload says it all at once.
    live = running_config(proxy)
    is_live = live is not None and proxy.running.structure == config.structure
    told = worker_drift(live, proxy) if live is not None and is_live else ""
    if told:
        reason = _also(told, reason)
        return ProxyNeed(ProxyMode.RELOAD, reason, proxy.config, config, have, must_write)
    if is_live and rotations and rotations.keys() >= set(sources):
        if not must_write and not has_work(rotations):
            return ProxyNeed(ProxyMode.KEEP, "", proxy.config, config, have)
        why = reason or explain_work(rotations)
        return ProxyNeed(ProxyMode.RUNTIME, why, proxy.config, config, have, must_write)
    if must_write:
        return ProxyNeed(ProxyMode.RELOAD, reason, proxy.config, config, have, must_write=True)
    if proxy.running.structure != config.structure:
        return ProxyNeed(
            ProxyMode.RELOAD,
            "it runs something other than what is written",
            proxy.config,
            config,
            have,
        )
    return ProxyNeed(ProxyMode.KEEP, "", proxy.config, config, have)


def _also(first: str, second: str) -> str:
    return f"{first}; {second}" if second else first


def _write_reason(text: str | None, digest: str | None, config: Config) -> str:
    if text is None:
        return "it has no configuration yet"
    if digest is None:
        return "haproxy.cfg was edited in the container"
    return explain_difference(text, config.text)


def _state_in_words(container: ObservedContainer) -> str:
    if container.state == "exited":
        return f"stopped (exit {container.exit_code})"
    return container.state
