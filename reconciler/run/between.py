"""What an apply would do in a world that is as another topology says, without any engine."""

from __future__ import annotations

from reconciler.desired.desired import Desired
from reconciler.engine.memory import MemoryEngine
from reconciler.engine.protocol import Patience
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, apply, make_plan


def plan_between(before: Desired, after: Desired) -> Plan:
    """`before` is carried out in memory, where each image is there and every check passes, and what
    is missing there is nobody's fault: an external network is made."""
    engine = MemoryEngine(before.topology)
    for desired in (before, after):
        for network in desired.networks.values():
            if network.external and network.name not in engine.world.networks:
                engine.world.add_network(network.name)
        for volume in desired.volumes.values():
            if volume.external:
                engine.world.volumes.setdefault(volume.name, "")
    apply(before, engine, ApplyOptions(), Patience(), lambda _: True, lambda _: None)
    plan, _ = make_plan(after, engine, ApplyOptions())
    return plan
