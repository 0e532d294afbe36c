"""`reconciler watch`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import DONE
from reconciler.desired.impact import Impact
from reconciler.engine.errors import WATCHING
from reconciler.files.variant import Variant
from reconciler.run.lock_holder import holder_name
from reconciler.view.log import JsonLog, TextLog
from reconciler.watch.audience import Audience, Listener
from reconciler.watch.daemon import Daemon
from reconciler.watch.follower import Follower
from reconciler.watch.keeper import WatchOptions
from reconciler.watch.logpipe import LogPipe
from reconciler.watch.service import SIGNALS, serve
from reconciler.watch.signals import received
from reconciler.watch.sources.files import WatchedFiles, follow_files

if TYPE_CHECKING:
    from reconciler.watch.http import Admin


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
    variant: Variant,
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
    from reconciler.engine.docker.wakeups import DockerEngines  # noqa: PLC0415  # a slow import

    admin = _admin(listen) if listen is not None else None
    log = _log(log_format, pipe.write)
    audience = Audience((admin, log) if admin is not None else (log,))
    daemon = Daemon(DockerEngines(), settings, audience)
    if admin is not None:
        admin.serve(daemon.find_trouble)
    follower = Follower(daemon, audience, prune=prune, dry_run=dry_run)
    watched = WatchedFiles(paths, env_files, variant)
    follow = functools.partial(follow_files, watched, follower, daemon.stop, daemon.note_look)
    with received(*SIGNALS) as signals:
        has_ended = serve(daemon, follow, signals)
        pipe.flush(1.0)
    if not has_ended:
        os._exit(DONE)  # steps that do not end would keep the process; the next start goes on
    return DONE


def _log(log_format: str, write: Callable[[str], None]) -> Listener:
    if log_format == "json":
        return JsonLog(write, lambda: datetime.now().astimezone())
    return TextLog(write, Console().paint, datetime.now)


def _admin(listen: str) -> Admin:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"`{listen}` is not HOST:PORT, as in 127.0.0.1:9464")
    from reconciler.watch.http import Admin  # noqa: PLC0415  # with the Prometheus client

    try:
        return Admin(host.strip("[]"), int(port))
    except OSError as error:
        raise click.ClickException(f"cannot listen on {listen}: {error.strerror}") from error
