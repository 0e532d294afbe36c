"""What `apply` and `destroy` share: show, ask, carry out with progress, and tell the end."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE, FAILED, INTERRUPTED
from reconciler.cli.options import Changing
from reconciler.cli.session import Reporting, docker_engine, load_or_report, locate_alerts, tracing
from reconciler.cli.shortcut import Shortcut
from reconciler.cli.terminal import forget_typed, show
from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.protocol import Engine, Patience
from reconciler.engine.trace import Trace
from reconciler.files.variant import AS_WRITTEN
from reconciler.plan.decide.health import servers_up
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.review import Review
from reconciler.run.apply import ApplyOptions, ApplyResult, apply
from reconciler.run.compiled import CompiledTopology, compile_inputs
from reconciler.run.saved_plan import SavedPlan, read_saved_plan
from reconciler.topology.load import load_topology
from reconciler.view.numbers import count, seconds
from reconciler.view.plan import render_plan, render_summary
from reconciler.view.progress import JsonProgress, LineProgress, LiveProgress, ProgressView


class ChangeRequest(Struct, frozen=True):
    """`verb` is what the user is asked about, `done` the word for when it is so."""

    verb: str
    done: str
    aim: Callable[[Desired], Desired]
    """What is wanted now, made of what a file says: nothing, for `destroy`."""
    options: ApplyOptions
    tolerated: Collection[str] = ()
    """Codes of what may be wrong with files that the topology refers to."""
    saved: SavedPlan | None = None
    """What may be done, and nothing else."""


def change_as_saved(shared: Changing, request: ChangeRequest, data: bytes) -> int:
    """Carry out a saved plan, which knows its files and all that is said with them."""
    if shared.env_files or shared.variant != AS_WRITTEN or not request.options.wait:
        raise click.UsageError(
            "a saved plan is carried out as it was made: "
            "without --env-file, --overlay, --profile and --no-wait"
        )
    saved = read_saved_plan(shared.files[0], data)
    if isinstance(saved, Diagnostic):
        Console(shared.output).show_diagnostics([saved], {})
        return FAILED
    named = saved.named
    meant = replace(
        shared,
        files=named.files,
        env_files=named.env_files,
        overlays=named.variant.overlays,
        profiles=named.variant.profiles,
    )
    return change_files(meant, replace(request, saved=saved))


def change_files(shared: Changing, request: ChangeRequest, shortcut: Shortcut | None = None) -> int:
    """One topology after another; returns the worst exit code of all."""
    console = Console(shared.output)
    inputs = load_or_report(
        shared.files, shared.env_files, console, request.tolerated, variant=shared.variant
    )
    if inputs is None:
        return FAILED
    reviews: Mapping[str, Review] = {}
    if request.saved is not None:
        if stale := list(request.saved.stale(inputs)):
            console.show_diagnostics(stale, {})
            return FAILED
        reviews = request.saved.reviews(inputs)
    codes = []
    with tracing(shared.trace) as trace:
        for compiled in compile_inputs(inputs):
            review = reviews.get(compiled.desired.topology)
            request = replace(request, options=replace(request.options, review=review))
            code, result = change(compiled, shared, request, console, trace)
            codes.append(code)
            if result is not None and shortcut is not None:
                _remember(shortcut, result, compiled)
    return max(codes, default=FAILED)


def change_named(shared: Changing, request: ChangeRequest, name: str) -> int:
    """The same for a topology without a file: as if one said its name and nothing else."""
    console = Console(shared.output)
    loaded = load_topology(json.dumps({"name": name}).encode(), "", {})
    if loaded.topology is None:
        wrong = loaded.diagnostics[0]
        raise click.UsageError(f"--name: {wrong.message}; {wrong.hint}")
    compiled = CompiledTopology(loaded, compile_topology(loaded.topology, "/"))
    with tracing(shared.trace) as trace:
        code, _ = change(compiled, shared, request, console, trace)
    return code


def _remember(shortcut: Shortcut, result: ApplyResult, compiled: CompiledTopology) -> None:
    proxy = next((c for c in result.observed.containers if c.slot == PROXY_SLOT), None)
    if result.converged and result.plan.is_empty and proxy is not None:
        shortcut.remember(result.plan.topology, proxy.id, compiled.stamps)


def change(
    compiled: CompiledTopology,
    shared: Changing,
    request: ChangeRequest,
    console: Console,
    trace: Trace | None,
) -> tuple[int, ApplyResult | None]:
    """Make the engine's world what is wanted. The exit code, and how it went."""
    desired = request.aim(compiled.desired)
    topology = desired.topology
    result: ApplyResult | None = None
    opened = docker_engine(topology, trace, compiled.secrets)
    with Reporting(console, topology), stopping() as stop, opened as engine:
        patience = Patience(shared.timeout_s, stop.is_set)
        view = _progress(console, compiled)
        confirm = _confirmation(engine, request.verb, shared.yes, console)
        try:
            result = apply(desired, engine, request.options, patience, confirm, view)
        finally:
            view.close()
    if result is None:
        return FAILED, None  # reported already
    return _report(result, compiled, request, console), result


def _progress(console: Console, compiled: CompiledTopology) -> ProgressView:
    if console.is_json:
        return JsonProgress(show, compiled.desired.topology, compiled.secrets)
    if console.paint_errors.enabled:
        return LiveProgress(console.paint_errors)
    return LineProgress(show, console.paint)


class _confirmation:  # noqa: N801  # a function that remembers what it showed
    """Shows a plan and asks. In a pipeline `--yes` is the answer, given beforehand."""

    def __init__(self, engine: Engine, verb: str, yes: bool, console: Console) -> None:
        self.engine, self.verb, self.yes, self.console = engine, verb, yes, console

    def __call__(self, plan: Plan) -> bool:
        if plan.is_empty:
            return True
        if not self.console.is_json:
            lines = render_plan(plan, Observed(), self.engine.description, self.console.paint)
            self.console.lines([*lines, ""])
        if self.yes:
            return True
        if not self.console.is_interactive or self.console.is_json:
            raise click.UsageError(
                f"there is no terminal to ask on; add --yes to {self.verb} without asking"
            )
        forget_typed()
        return click.confirm(f"{self.verb.capitalize()} this?", err=True)


def _report(
    result: ApplyResult, compiled: CompiledTopology, request: ChangeRequest, console: Console
) -> int:
    topology = result.plan.topology
    code = DONE if result.converged else INTERRUPTED if result.cancelled else FAILED
    if console.is_json:
        from reconciler.view.documents import result_document  # noqa: PLC0415  # for JSON only

        document = result_document(
            topology,
            result.converged,
            result.failures,
            result.elapsed_s,
            result.reloads,
            result.closed_s,
            compiled.secrets,
        )
        console.line_document(document)
        return code
    if result.declined:
        console.lines([f"{topology}: nothing was changed"])
        return FAILED
    _show_failures(result, compiled, console)
    console.lines([_last_line(result, request, request.aim(compiled.desired))])
    return code


def _show_failures(result: ApplyResult, compiled: CompiledTopology, console: Console) -> None:
    if result.plan.problems and not result.reloads:
        lines = render_plan(result.plan, result.observed, "", console.paint_errors)
        for line in lines[2:]:
            show(line, err=True)
        return
    for failure in result.failures:
        if failure.code == "config-rejected":
            console.show_diagnostics(locate_alerts(failure, compiled), compiled.loaded.texts)
        else:
            console.show_failure(failure, compiled.secrets)


def _last_line(result: ApplyResult, request: ChangeRequest, desired: Desired) -> str:
    """One line that says what is true now."""
    plan, observed = result.plan, result.observed
    if result.converged and plan.is_empty:
        return render_summary(plan, observed, "up to date")
    if result.converged:
        took = seconds(result.elapsed_s)
        parts = [f"{plan.topology}: {request.done} in {took}.", _servers_up(desired, observed)]
        if result.reloads:
            parts.append(f"{count(result.reloads, 'reload')}.")
        if result.closed_s:
            parts.append(f"Ports were closed for {seconds(result.closed_s)}.")
        return " ".join(part for part in parts if part)
    what = "stopped as asked" if result.cancelled else f"not {request.done}"
    still = (
        _servers_up(desired, observed) or f"{count(len(observed.containers), 'container')} there."
    )
    if result.rolled_back:
        went = f"Rolled back: {count(result.rolled_back, 'new container')} removed."
        return f"{plan.topology}: {what}. {went} {still} Fix the file and {request.verb} again."
    if plan.problems:  # nothing was begun, and as it is nothing will be
        return f"{plan.topology}: {what}. {still.removesuffix('.')}, as before."
    left = f" {count(result.left, 'step')} of {len(plan.course)} not begun." if result.left else ""
    return f"{plan.topology}: {what}.{left} {still} The next {request.verb} goes on from here."


def _servers_up(desired: Desired, observed: Observed) -> str:
    up, servers = servers_up(desired, observed)
    return f"{up} of {count(servers, 'server')} up." if servers else ""


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """The first Ctrl-C or SIGTERM asks to stop after the running steps; the second one ends."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        show("", err=True)
        show("finishing the running steps; once more to end at once", err=True)

    previous = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
