"""A HAProxy that stays: it loads the configuration, by whatever that takes."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.plan.actions import (
    AwaitProxy,
    ReloadProxy,
    RenewFiles,
    StartContainer,
    StopContainer,
    UnpauseContainer,
    WriteConfig,
)
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.situation import Situation
from reconciler.plan.steps.effects import has_reload, target_in, written_after
from reconciler.plan.steps.proxy.anchor import start_anchor
from reconciler.plan.steps.proxy.made import SEEN_TO_RUN
from reconciler.plan.steps.proxy.staging import prove_servers
from reconciler.plan.steps.rollout.spares import with_late_leavers
from reconciler.plan.steps.task import Part, Task, Tasks


def load_config(
    situation: Situation, config: Config, joined: Tasks, ready: Tasks, so_far: Tasks
) -> Part:
    """The tasks by which a HAProxy that stays comes to run the configuration, once servers are
    `ready`. Where there are none, it is done when HAProxy has `joined` its networks."""
    need, target = situation.need, target_in(situation, PROXY_SLOT)
    match need.mode:
        case ProxyMode.KEEP:
            return Part((), joined)
        case ProxyMode.RUNTIME:
            if written_after(situation, so_far) == config.text:
                return Part((), joined)
            return _write(situation, config, ready, so_far)
        case ProxyMode.RELOAD:
            return _reload(situation, config, ready, so_far)
        case ProxyMode.UNPAUSE:
            # What a paused HAProxy runs cannot be seen: a reload makes sure.
            woken = Task(UnpauseContainer(target), ready, need.reason)
            loaded = _reload(situation, config, (woken,), so_far)
            return Part((woken, *loaded.tasks), loaded.ends)
        case _:
            return _start(situation, config, ready, so_far)


def _write(situation: Situation, config: Config, ready: Tasks, so_far: Tasks) -> Part:
    """HAProxy runs what it shall already, but for changed files: they are renewed, and haproxy.cfg
    is written without a reload."""
    renewed = _renew(situation, ready, so_far)
    target = target_in(situation, PROXY_SLOT)
    action = WriteConfig(target, with_late_leavers(situation, config))
    written = Task(action, (*ready, *renewed), "a restart shall load the same")
    return Part((*renewed, written), (written,))


def _renew(situation: Situation, ready: Tasks, so_far: Tasks) -> Tasks:
    """The running HAProxy takes over changed files: a map when the servers that it may send to
    serve, a certificate at once, for a roll-out can take long."""
    need, target = situation.need, target_in(situation, PROXY_SLOT)
    maps = tuple(file for file in need.renewed if file.kind == "map")
    others = tuple(file for file in need.renewed if file.kind != "map")
    # Beside a reload it might reach the worker that leaves.
    at_once = ready if has_reload(so_far) else ()
    return tuple(
        Task(RenewFiles(target, files), needs, need.reason, Impact.RUNTIME)
        for files, needs in ((others, at_once), (maps, ready))
        if files
    )


def _reload(situation: Situation, config: Config, needs: Tasks, so_far: Tasks) -> Part:
    proxy = situation.assignment.kept[PROXY_SLOT].have
    written = written_after(situation, so_far)
    proven = prove_servers(situation, proxy, written, situation.networks_of(proxy), needs)
    # If it fails, what was written before comes back, not what new servers were checked with.
    action = ReloadProxy(
        target_in(situation, PROXY_SLOT), with_late_leavers(situation, config), written
    )
    loaded = Task(action, (*needs, *proven.ends), situation.need.reason, Impact.RELOAD)
    return Part((*proven.tasks, loaded), (loaded,))


def _start(situation: Situation, config: Config, needs: Tasks, so_far: Tasks) -> Part:
    """HAProxy stops, if it still runs in whatever way, and starts with the configuration."""
    need, target = situation.need, target_in(situation, PROXY_SLOT)
    tasks: list[Task] = []
    if need.mode is ProxyMode.RESTART or (need.have and need.have.state == "restarting"):
        own_grace_s = situation.desired.containers[PROXY_SLOT].spec.stop_grace_s
        grace_s = 0 if need.is_cut_off else own_grace_s  # what it has left ends at no time
        needs = (Task(StopContainer(target, grace_s), needs, need.reason, need.end),)
        tasks += needs
    if need.must_write:
        needs = (Task(WriteConfig(target, config), needs, need.reason),)
        tasks += needs
    anchored = start_anchor(situation, needs, so_far)
    started = Task(StartContainer(target), anchored.ends, need.reason)
    seen = Task(AwaitProxy(target, config.digest), (started,), SEEN_TO_RUN)
    return Part((*tasks, *anchored.tasks, started, seen), (seen,))
