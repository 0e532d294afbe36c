"""`reconciler watch`."""

from __future__ import annotations

import functools
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.change import holder_name
from reconciler.cli.console import Console
from reconciler.cli.exit import DONE
from reconciler.desired.impact import Impact
from reconciler.engine.errors import WATCHING
from reconciler.events.passes import News
from reconciler.files.asked import Asked
from reconciler.run.wish import secrets_of
from reconciler.view.log import JsonLog, LogView, TextLog
from reconciler.watch.daemon import Daemon
from reconciler.watch.files import Watched, follow_files
from reconciler.watch.follower import Follower, Reading
from reconciler.watch.keeper import Tell, WatchOptions
from reconciler.watch.logpipe import LogPipe
from reconciler.watch.signals import Signals, received
from reconciler.watch.systemd import Notifier

if TYPE_CHECKING:
    from reconciler.watch.http import Admin

LONGEST_STOP_S = 25.0
"""For the running steps, once asked to stop. Docker gives its own clients no more than ten."""
_ATTEND_S = 5.0
_STEP_S = 0.05


@click.command(
    "watch",
    epilog="""\b
Examples:
  reconciler watch shop.yaml
  reconciler watch --log-format json --listen 127.0.0.1:9464 /etc/reconciler
""",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--dry-run", is_flag=True, help="Tell what differs, and touch nothing.")
@click.option("--prune", is_flag=True, help="Remove a topology when its file is deleted.")
@click.option(
    "--resync",
    "resync_s",
    type=options.Duration(),
    default=300.0,
    metavar="TIME",
    help="Look at everything so often, whatever happens.  [default: 5m]",
)
@click.option(
    "--max-impact",
    type=click.Choice([str(impact) for impact in Impact]),
    default="interrupt",
    metavar="IMPACT",
    help="Do nothing that does more to traffic, as in apply.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--listen", metavar="HOST:PORT", help="Answer /healthz, /readyz, /metrics and /status there."
)
@options.timeout
@options.env_file
@options.layered
def command(  # noqa: PLR0913  # one argument an option
    paths: tuple[str, ...],
    dry_run: bool,
    prune: bool,
    resync_s: float,
    max_impact: str,
    log_format: str,
    listen: str | None,
    timeout_s: float,
    env_files: tuple[str, ...],
    asked: Asked,
) -> int:
    """Keep topologies as their files say: now, and whenever a file or reality changes.

    SIGTERM finishes the running steps and ends; SIGHUP looks at everything now.
    """
    settings = WatchOptions(
        holder=holder_name() + WATCHING,
        resync_s=resync_s,
        timeout_s=timeout_s,
        max_impact=Impact[max_impact.upper()],
        dry_run=dry_run,
    )
    pipe = LogPipe(sys.stdout)
    log = _log(log_format, pipe.write)
    from reconciler.engine.docker.wakeups import DockerEngines  # noqa: PLC0415  # a slow import

    tell, admin = _told(log, listen)
    daemon = Daemon(DockerEngines(), settings, tell)
    if admin is not None:
        admin.serve(daemon.is_alive)
    hides = (log.hide, admin.hide) if admin is not None else (log.hide,)
    follower = _Hiding(daemon, log, hides, prune=prune, dry_run=dry_run)
    watched = Watched(paths, env_files, asked)
    follow = functools.partial(follow_files, watched, follower, daemon.stop)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    with received(*numbers) as signals:
        daemon.run(follow, functools.partial(_attend, daemon, signals, Notifier()))
        has_ended = _await_end(daemon, signals)
        pipe.flush(1.0)
    if not has_ended:
        os._exit(DONE)  # steps that do not end would keep the process; the next start goes on
    return DONE


def _log(log_format: str, write: Callable[[str], None]) -> LogView:
    if log_format == "json":
        return JsonLog(write, lambda: datetime.now().astimezone())
    return TextLog(write, Console().paint, datetime.now)


def _told(log: LogView, listen: str | None) -> tuple[Tell, Admin | None]:
    """Whom the daemon tells what happens: the log, and who is asked over HTTP."""
    if listen is None:
        return log, None
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"`{listen}` is not HOST:PORT, as in 127.0.0.1:9464")
    from reconciler.watch.http import Admin  # noqa: PLC0415  # with the Prometheus client

    try:
        admin = Admin(host.strip("[]"), int(port))
    except OSError as error:
        raise click.ClickException(f"cannot listen on {listen}: {error.strerror}") from error

    def tell(topology: str, news: News) -> None:
        admin.note(topology, news)
        log(topology, news)

    return tell, admin


class _Hiding(Follower):
    """Lets those who tell and answer know what they must not show, before they are told of it."""

    def __init__(
        self,
        daemon: Daemon,
        log: LogView,
        hides: Sequence[Callable[[Sequence[str]], None]],
        *,
        prune: bool,
        dry_run: bool,
    ) -> None:
        super().__init__(daemon, log, prune=prune, dry_run=dry_run)
        self._hides = hides

    def follow(self, reading: Reading) -> None:
        for said in reading.said.values():
            for hide in self._hides:
                hide(secrets_of(said.loaded, said.desired))
        super().follow(reading)


def _await_end(daemon: Daemon, signals: Signals) -> bool:
    """Whether the running steps ended, in time and before somebody asked again."""
    end = time.monotonic() + LONGEST_STOP_S
    while not daemon.join(0.0):
        asked = [number for number in signals.wait(_STEP_S) if number is not signal.SIGHUP]
        if asked or time.monotonic() > end:
            return False
    return True


def _attend(daemon: Daemon, signals: Signals, notifier: Notifier) -> None:
    """Until somebody asks to stop."""
    notifier.say("READY=1")
    while True:
        for number in signals.wait(notifier.watchdog_s or _ATTEND_S):
            if number is not signal.SIGHUP:
                notifier.say("STOPPING=1")
                return
            daemon.reconcile_now("asked by SIGHUP")
        if daemon.is_alive():
            notifier.say("WATCHDOG=1")
