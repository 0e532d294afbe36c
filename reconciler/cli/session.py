"""What the commands share: load or report, connect, and turn errors into words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TextIO

from reconciler.cli.console import Console
from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Engine
from reconciler.engine.trace import Trace, TracedEngine
from reconciler.files.inputs import Inputs, load_inputs
from reconciler.files.variant import AS_WRITTEN, Variant
from reconciler.haproxy.control.sections import hide_secrets
from reconciler.plan.action_labels import label_of
from reconciler.run.compiled import CompiledTopology
from reconciler.topology.reading.source import Source
from reconciler.view.secrets import strike_secrets


@contextlib.contextmanager
def docker_engine(
    topology: str, trace: Trace | None = None, secrets: Sequence[str] = ()
) -> Iterator[Engine]:
    from reconciler.engine.docker.engine import DockerEngine  # noqa: PLC0415  # a slow import

    with DockerEngine(topology, trace=trace) as engine:
        if trace is None:
            yield engine
        else:
            yield TracedEngine(engine, trace, lambda a: strike_secrets(label_of(a), secrets))


@contextlib.contextmanager
def tracing(file: TextIO | None) -> Iterator[Trace | None]:
    """What is traced is written into the file at the end, whatever that is; nothing without one."""
    if file is None:
        yield None
        return
    trace = Trace()
    try:
        yield trace
    finally:
        json.dump(trace.document(), file)


class Reporting:
    """Shows an EngineError instead of raising it, so that the next topology goes on.

    A class, since a generator cannot tell a type checker that it swallows errors.
    """

    def __init__(self, console: Console, topology: str) -> None:
        self._console = console
        self._topology = topology
        self.failure: Diagnostic | None = None

    @property
    def failed(self) -> bool:
        return self.failure is not None

    def __enter__(self) -> Reporting:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, EngineError):
            return False
        failure = self.failure = error.diagnostic
        if self._console.is_json:
            from reconciler.view.documents import result_document  # noqa: PLC0415  # for JSON

            document = result_document(self._topology, False, [failure], 0.0, 0, 0.0, ())
            self._console.line_document(document)
        else:
            self._console.show_failure(failure)
        return True


def locate_alerts(rejected: Diagnostic, compiled: CompiledTopology) -> list[Diagnostic]:
    """HAProxy's alerts, in the topology file."""
    return _located(rejected.related, compiled, "config-rejected", "refuses", Severity.ERROR)


def locate_warnings(warnings: Iterable[Related], compiled: CompiledTopology) -> list[Diagnostic]:
    """HAProxy's warnings, in the topology file."""
    return _located(warnings, compiled, "config-warning", "warns of", Severity.WARNING)


def _located(
    said: Iterable[Related], compiled: CompiledTopology, code: str, does: str, severity: Severity
) -> list[Diagnostic]:
    """What HAProxy says of haproxy.cfg, at the line of the topology file that its line came from;
    at the image of HAProxy, where nobody wrote it."""
    config = compiled.desired.config()
    source = compiled.loaded.source
    found: list[Diagnostic] = []
    for alert in said:
        line = alert.place.span.line if alert.place.span else None
        path = config.path_of_line(line) if config is not None and line is not None else ()
        rendered = ""
        if config is not None and line is not None and 0 < line <= len(config.lines):
            text = hide_secrets(config.lines[line - 1].text.strip())
            rendered = f"haproxy.cfg line {line}: {text}"
        found.append(
            Diagnostic(
                code,
                f"HAProxy {does} this: {strike_secrets(alert.message, compiled.secrets)}",
                rendered,
                _place_of(path or ("haproxy", "image"), source),
                severity,
            )
        )
    return found


def _place_of(path: Path, source: Source) -> Place:
    """Only the file, where it says nothing of what the path begins with."""
    return source.place_of(path) if path[:1] in source.values else Place(file=source.file)


def load_or_report(
    names: Sequence[str],
    env_files: Sequence[str],
    console: Console,
    tolerated: Collection[str] = (),
    variant: Variant = AS_WRITTEN,
) -> Inputs | None:
    """The inputs, or None after showing what is wrong with them. Warnings do not stop."""
    inputs = load_inputs(names, env_files, tolerated, variant)
    if inputs.has_errors:
        console.show_diagnostics(inputs.diagnostics, inputs.sources)
        return None
    if inputs.diagnostics and console.is_text:
        console.show_diagnostics(inputs.diagnostics, inputs.sources, to_stderr=True)
    return inputs
