"""The rendered configuration, as the HAProxy image that is to run it sees it."""

from __future__ import annotations

from reconciler.cli.session import docker_engine, locate_alerts, locate_warnings
from reconciler.desired.containers.haproxy import files_of_the_host
from reconciler.desired.desired import PROXY_SLOT
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.errors import ConfigRejectedError, EngineError
from reconciler.engine.protocol import Closed, Patience, Progress, Warned
from reconciler.files.inputs import Inputs
from reconciler.plan.actions import CheckConfig, PullImage
from reconciler.run.compiled import CompiledTopology, compile_inputs


def check_configs(inputs: Inputs) -> list[Diagnostic]:
    """What HAProxy refuses or warns of, at its lines of the topology files, or why it cannot be
    asked."""
    try:
        return [said for compiled in compile_inputs(inputs) for said in _said_of(compiled)]
    except EngineError as error:
        return [error.diagnostic]


def _said_of(compiled: CompiledTopology) -> list[Diagnostic]:
    config = compiled.desired.config()
    if config is None:
        return []
    spec = compiled.desired.containers[PROXY_SLOT].spec
    image, mounts = spec.image, files_of_the_host(spec)
    found: list[Diagnostic] = []

    def report(told: Progress | Closed | Warned) -> None:
        if isinstance(told, Warned):
            found.extend(locate_warnings(told.of, compiled))

    with docker_engine(compiled.desired.topology) as engine:
        patience = Patience()
        if image not in engine.observe(compiled.desired.scope()).images:
            engine.perform(PullImage(image), patience, report)
        try:
            engine.perform(CheckConfig(image, config, mounts=mounts), patience, report)
        except ConfigRejectedError as error:
            return locate_alerts(error.diagnostic, compiled)
    return found
