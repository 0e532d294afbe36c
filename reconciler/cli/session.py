"""What the commands that talk to an engine share: compile, connect, and turn errors into words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.cli.console import Console
from reconciler.cli.inputs import Inputs
from reconciler.engine.protocol import Engine, EngineError
from reconciler.haproxy.sections import hide_secrets
from reconciler.plan.compile import compile_topology
from reconciler.plan.desired import Desired
from reconciler.plan.events import Failure
from reconciler.run.execute import failure_of
from reconciler.topology.diagnostic import Diagnostic
from reconciler.topology.load import SHORTEST_SECRET, Loaded
from reconciler.view.failure import strike_secrets


@dataclass(frozen=True, slots=True)
class Wish:
    """One loaded file and what it compiles to."""

    loaded: Loaded
    desired: Desired
    stamps: Mapping[str, list[int]] = field(default_factory=dict)
    """Of the files that it refers to."""

    @property
    def secrets(self) -> Sequence[str]:
        return secrets_of(self.loaded, self.desired)


def secrets_of(loaded: Loaded, desired: Desired) -> Sequence[str]:
    """Texts to strike from what is shown: what variables, env files and secrets hold."""
    found = {
        value
        for container in desired.containers.values()
        for name, value in container.spec.env
        if f"env.{name}" in container.sensitive and len(value) >= SHORTEST_SECRET
    }
    found |= {
        line
        for container in desired.containers.values()
        for file in container.spec.files
        if file.origin.startswith("secrets.")
        for line in map(str.strip, file.content.decode("utf-8", "replace").splitlines())
        if len(line) >= SHORTEST_SECRET
    }
    return (*loaded.secrets, *sorted(found - {*loaded.secrets}))


def compile_inputs(inputs: Inputs) -> Iterator[Wish]:
    for referred in inputs.references:
        loaded = referred.loaded
        if loaded.topology is not None:
            desired = compile_topology(
                loaded.topology, referred.directory, loaded.sensitive, referred.contents
            )
            yield Wish(loaded, desired, referred.stamps)


@contextlib.contextmanager
def docker_engine(topology: str) -> Iterator[Engine]:
    from reconciler.engine.docker.engine import DockerEngine  # noqa: PLC0415  # a slow import

    with DockerEngine(topology) as engine:
        yield engine


class Reporting:
    """Shows an EngineError instead of raising it, so that the next topology goes on.

    A class, since a generator cannot tell a type checker that it swallows errors.
    """

    def __init__(self, console: Console, topology: str) -> None:
        self._console = console
        self._topology = topology
        self.failed = False

    def __enter__(self) -> Reporting:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, EngineError):
            return False
        self.failed = True
        failure = failure_of(error)
        if self._console.is_json:
            from reconciler.view.documents import result_document  # noqa: PLC0415  # for JSON

            document = result_document(self._topology, False, [failure], 0.0, 0, 0.0, ())
            self._console.line_document(document)
        else:
            self._console.show_failure(failure)
        return True


def locate_alerts(failure: Failure, wish: Wish) -> list[Diagnostic]:
    """HAProxy's alerts at the line of the topology file that the refused line came from."""
    config = wish.desired.config()
    source = wish.loaded.source
    found: list[Diagnostic] = []
    for line, message in failure.alerts:
        path = config.path_of_line(line) if config is not None and line is not None else ()
        rendered = ""
        if config is not None and line is not None and 0 < line <= len(config.lines):
            text = hide_secrets(config.lines[line - 1].text.strip())
            rendered = f"haproxy.cfg line {line}: {text}"
        span = source.span_of(path) if path else source.span_of(("name",))
        found.append(
            Diagnostic(
                "config-rejected",
                f"HAProxy refuses this: {strike_secrets(message, wish.secrets)}",
                source.file_of(span),
                span,
                rendered,
                path=path,
            )
        )
    return found
