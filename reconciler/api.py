"""The road from a file to containers, for programs: what `from reconciler import …` gives.

Each function is the short form of what the command of the same name does, and adds no rule of its
own. Nothing is printed; what is wrong is raised, what happens is told to `on_event`.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from reconciler.desired.desired import Desired
from reconciler.desired.impact import Impact
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.discreet import Discreet
from reconciler.engine.errors import WATCHING
from reconciler.engine.protocol import Engines, Patience
from reconciler.events.events import Event
from reconciler.events.news import News
from reconciler.files.inputs import load_inputs
from reconciler.files.variant import Variant
from reconciler.plan.plan import Plan
from reconciler.run.apply import ApplyOptions, ApplyResult, apply, make_plan
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.run.lock_holder import holder_name
from reconciler.view.diagnostics import render_diagnostics
from reconciler.view.paint import Paint
from reconciler.view.secrets import strike_secrets

StrPath = str | os.PathLike[str]


class TopologyError(Exception):
    """A file that cannot be used. Its text is what `reconciler validate` prints."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], text: str) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics
        """All that is wrong with it, warnings among them, in the order of the file."""


class LoadedTopology(Discreet, Struct, frozen=True):
    """A file that can be used, with all that it refers to."""

    unshown = ("_compiled",)
    name: str
    diagnostics: tuple[Diagnostic, ...]
    """Warnings."""
    _compiled: CompiledTopology

    def hide(self, text: str) -> str:
        """A text, such as a line of a container's log, without what variables and secrets hold."""
        return strike_secrets(text, self._compiled.secrets)


def load_topology(
    path: StrPath,
    *,
    env: Mapping[str, str] | None = None,
    overlays: Sequence[StrPath] = (),
    profiles: Sequence[str] = (),
) -> LoadedTopology:
    """Read one topology file, its overlays and the files that it refers to.

    `env` stands for `${…}`: the environment of this process when it is not given. Raises
    TopologyError with all that is wrong, and IsADirectoryError.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name} is a directory, and one topology file is needed")
    variant = Variant(_texts(overlays), tuple(profiles))
    inputs = load_inputs((name,), (), variant=variant, environ=env)
    if inputs.has_errors:
        lines = render_diagnostics(inputs.diagnostics, inputs.sources, Paint())
        raise TopologyError(inputs.diagnostics, "\n".join(lines))
    (compiled,) = compile_inputs(inputs)
    return LoadedTopology(compiled.desired.topology, inputs.diagnostics, compiled)


def compile_topology(topology: LoadedTopology) -> Desired:
    """What the file wants of an engine: containers, networks, volumes, HAProxy's configuration.

    Equal files give equal values. `emptied()` of one is the wish that nothing of it be there.
    """
    return topology._compiled.desired  # noqa: SLF001  # nobody else looks inside


def plan_topology(
    desired: Desired,
    engines: Engines,
    *,
    remove_volumes: bool = False,
    max_impact: Impact = Impact.INTERRUPT,
) -> Plan:
    """What an apply would do now. Changes nothing. Raises EngineError."""
    options = ApplyOptions(remove_volumes=remove_volumes, max_impact=max_impact)
    engine = engines.open(desired.topology)
    try:
        plan, _ = make_plan(desired, engine, options)
    finally:
        engine.close()
    return plan


def apply_topology(  # what may be chosen, each by its name
    desired: Desired,
    engines: Engines,
    *,
    remove_volumes: bool = False,
    max_impact: Impact = Impact.INTERRUPT,
    timeout_s: float = 60.0,
    lock_timeout_s: float = 60.0,
    stop: threading.Event | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> ApplyResult:
    """Make the topology what is wanted, and look again.

    `timeout_s` is for each container and server to become healthy, `lock_timeout_s` for another
    run on the same topology to end. Once `stop` is set no step is begun any more. `on_event` is
    called from several threads. What fails is in the result; EngineError is raised when the engine
    cannot be used, or another run does not end.
    """
    options = ApplyOptions(
        remove_volumes=remove_volumes,
        lock_timeout_s=lock_timeout_s,
        holder=holder_name(),
        max_impact=max_impact,
    )
    patience = Patience(timeout_s, (stop or threading.Event()).is_set)
    engine = engines.open(desired.topology)
    try:
        return apply(desired, engine, options, patience, _always, on_event or _ignore)
    finally:
        engine.close()


def watch_topologies(  # noqa: PLR0913  # what may be chosen, each by its name
    paths: StrPath | Sequence[StrPath],
    engines: Engines,
    stop: threading.Event,
    *,
    on_event: Callable[[str, News], None] | None = None,
    overlays: Sequence[StrPath] = (),
    profiles: Sequence[str] = (),
    max_impact: Impact = Impact.INTERRUPT,
    timeout_s: float = 60.0,
    resync_s: float = 300.0,
    prune: bool = False,
    dry_run: bool = False,
) -> bool:
    """Keep topologies as their files say, until `stop` is set. A directory stands for its files.

    Returns whether the running steps have ended then. `on_event` gets the name of a topology, or
    "", and what there is to tell of it; it is called from several threads. Files that cannot be
    used and engines that do not answer are told, and raise nothing.
    """
    from reconciler.watch.daemon import LONGEST_STOP_S, Daemon  # noqa: PLC0415  # not for who applies once
    from reconciler.watch.follower import Follower  # noqa: PLC0415  # the same
    from reconciler.watch.keeper import WatchOptions  # noqa: PLC0415  # the same
    from reconciler.watch.sources.files import WatchedFiles, follow_files  # noqa: PLC0415  # the same

    listener = _Listener(on_event or _ignore)
    options = WatchOptions(
        holder=holder_name() + WATCHING,
        resync_s=resync_s,
        timeout_s=timeout_s,
        max_impact=max_impact,
        dry_run=dry_run,
    )
    daemon = Daemon(engines, options, listener)
    given = (paths,) if isinstance(paths, str | os.PathLike) else paths
    variant = Variant(_texts(overlays), tuple(profiles))
    watched = WatchedFiles(_texts(given), (), variant)
    follower = Follower(daemon, listener, prune=prune, dry_run=dry_run)
    follow = functools.partial(follow_files, watched, follower, daemon.stop, daemon.note_look)
    daemon.run(follow, stop.wait)
    return daemon.join(LONGEST_STOP_S)


class _Listener(Struct, frozen=True):
    """A listener that shows nothing to anybody: what it is told it hands on."""

    tell: Callable[[str, News], None]

    def __call__(self, topology: str, news: News) -> None:
        self.tell(topology, news)

    def hide(self, secrets: Sequence[str]) -> None:
        """Values in events are for who called; `LoadedTopology.hide` strikes secrets from texts."""


def _texts(paths: Sequence[StrPath]) -> tuple[str, ...]:
    return tuple(os.fspath(path) for path in paths)


def _always(_: Plan) -> bool:
    """The answer when a plan is shown, as `--yes` gives it."""
    return True


def _ignore(*_: object) -> None:
    """Nobody listens."""
