"""The servers in what HAProxy loads: spare ones for those that join later, and old ones that leave
once nothing is sent to them."""

from __future__ import annotations

from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.haproxy.model import Backend
from reconciler.haproxy.render.proxy import server_lines
from reconciler.plan.actions import ReloadProxy
from reconciler.plan.decide.rotation import Rotation, with_hosts, with_room
from reconciler.plan.situation import Situation
from reconciler.plan.steps.task import Task, Tasks, target_of


def load_spares(situation: Situation, needs: Tasks) -> Tasks:
    """More spare servers, where fewer are left than join: the one reload of all roll-outs."""
    proxy, config = situation.need.have, situation.running
    lacking = [(r, backend) for r in situation.rotations.values() for backend in r.lacking]
    if proxy is None or config is None or not lacking:
        return ()
    for rotation, backend in lacking:
        lines = lines_of(situation, with_room(rotation, backend))
        config = put_servers(config, backend.name, lines)
    names = ", ".join(f"`{backend.name}`" for _, backend in lacking)
    reason = f"{names} needs more server slots than HAProxy has loaded"
    action = ReloadProxy(target_of(proxy), config, situation.need.config_before)
    return (Task(action, needs, reason, Impact.RELOAD),)


def leaves_late(situation: Situation, rotation: Rotation) -> bool:
    """Whether servers leave, perhaps the last ones, that HAProxy sends traffic to until it has
    loaded where else that goes."""
    return rotation.only_shrinks and situation.need.redirects


def with_late_leavers(situation: Situation, config: Config) -> Config:
    """The configuration with the servers that leave after HAProxy has loaded it."""
    for rotation in situation.rotations.values():
        for backend in rotation.backends if leaves_late(situation, rotation) else ():
            lines = lines_of(situation, with_hosts(backend, rotation.serving_in(backend.name)))
            config = put_servers(config, backend.name, lines)
    return config


def lines_of(situation: Situation, backend: Backend) -> tuple[str, ...]:
    """A backend's servers as they stand in haproxy.cfg."""
    proxy = situation.desired.proxy
    assert proxy is not None, "a backend is HAProxy's"
    return server_lines(proxy, backend)
