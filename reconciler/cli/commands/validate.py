"""`reconciler validate`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit import DONE, FAILED
from reconciler.cli.session import docker_engine, locate_alerts
from reconciler.desired.desired import PROXY_SLOT
from reconciler.diagnostics.diagnostic import Diagnostic, has_errors
from reconciler.engine.protocol import ConfigRejectedError, EngineError, Patience
from reconciler.files.inputs import load_inputs
from reconciler.files.variant import Variant
from reconciler.plan.actions import CheckConfig, PullImage
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.run.execute import failure_of


@click.command(
    "validate",
    epilog="""\b
Examples:
  reconciler validate shop.yaml
  reconciler validate --haproxy --output json topologies/
""",
)
@options.files
@click.option("--haproxy", is_flag=True, help="Also let the real HAProxy image check the result.")
@options.env_file
@options.layered
@options.output
def command(
    files: tuple[str, ...], haproxy: bool, env_files: tuple[str, ...], output: str, variant: Variant
) -> int:
    """Check topology files and show everything that is wrong with them.

    FILE is a topology file, a directory of them, or - for standard input; topology.yaml when
    nothing is named. Nothing is changed anywhere.
    """
    console = Console(output)
    inputs = load_inputs(files, env_files, variant=variant)
    diagnostics = list(inputs.diagnostics)
    if haproxy and not inputs.has_errors:
        for compiled in compile_inputs(inputs):
            try:
                diagnostics += _check_with_haproxy(compiled)
            except EngineError as error:
                console.show_failure(failure_of(error))
                return FAILED
    if diagnostics or console.is_json:
        console.show_diagnostics(diagnostics, inputs.sources)
    if has_errors(tuple(diagnostics)):
        return FAILED
    if not console.is_json:
        by = ", accepted by HAProxy" if haproxy else ""
        console.lines(f"{item.file}: valid{by}" for item in inputs.loaded)
    return DONE


def _check_with_haproxy(compiled: CompiledTopology) -> list[Diagnostic]:
    config = compiled.desired.config()
    if config is None:
        return []
    image = compiled.desired.containers[PROXY_SLOT].spec.image
    with docker_engine(compiled.desired.topology) as engine:
        patience = Patience()
        if image not in engine.observe(compiled.desired.scope()).images:
            engine.perform(PullImage(image), patience, lambda _: None)
        try:
            engine.perform(CheckConfig(image, config), patience, lambda _: None)
        except ConfigRejectedError as error:
            return locate_alerts(failure_of(error), compiled)
    return []
