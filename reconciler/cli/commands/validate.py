"""`reconciler validate`."""

from __future__ import annotations

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit import DONE, FAILED
from reconciler.cli.session import docker_engine, locate_alerts
from reconciler.desired.desired import PROXY_SLOT
from reconciler.diagnostics.diagnostic import Diagnostic, has_errors
from reconciler.engine.errors import ConfigRejectedError, EngineError
from reconciler.engine.protocol import Patience
from reconciler.files.asked import Asked
from reconciler.files.inputs import load_inputs
from reconciler.plan.actions import CheckConfig, PullImage
from reconciler.run.wish import Wish, compile_inputs


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
    files: tuple[str, ...], haproxy: bool, env_files: tuple[str, ...], output: str, asked: Asked
) -> int:
    """Check topology files and show everything that is wrong with them.

    FILE is a topology file, a directory of them, or - for standard input; topology.yaml when
    nothing is named. Nothing is changed anywhere.
    """
    console = Console(output)
    inputs = load_inputs(files, env_files, asked=asked)
    diagnostics = list(inputs.diagnostics)
    if haproxy and not inputs.has_errors:
        for wish in compile_inputs(inputs):
            try:
                diagnostics += _check_with_haproxy(wish)
            except EngineError as error:
                diagnostics.append(error.diagnostic)
    if diagnostics or console.is_json:
        console.show_diagnostics(diagnostics, inputs.sources)
    if has_errors(diagnostics):
        return FAILED
    if not console.is_json:
        by = ", accepted by HAProxy" if haproxy else ""
        console.lines(f"{item.file}: valid{by}" for item in inputs.loaded)
    return DONE


def _check_with_haproxy(wish: Wish) -> list[Diagnostic]:
    config = wish.desired.config()
    if config is None:
        return []
    image = wish.desired.containers[PROXY_SLOT].spec.image
    with docker_engine(wish.desired.topology) as engine:
        patience = Patience()
        if image not in engine.observe(wish.desired.scope()).images:
            engine.perform(PullImage(image), patience, lambda _: None)
        try:
            engine.perform(CheckConfig(image, config), patience, lambda _: None)
        except ConfigRejectedError as error:
            return locate_alerts(error.diagnostic, wish)
    return []
