"""The `reconciler` command. Each subcommand's module is imported only when it is called."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from typing import NoReturn

import click

from reconciler.cli.deferred import defer_imports
from reconciler.cli.exit_codes import DONE, FAILED, INTERRUPTED
from reconciler.cli.terminal import accept_all_characters, show

COMMANDS = {
    "validate": "Check topology files and show everything that is wrong with them.",
    "plan": "Show what an apply would change, and what that means for traffic.",
    "apply": "Make containers and HAProxy what the file says.",
    "watch": "Keep topologies as their files say, for as long as it runs.",
    "destroy": "Remove what a topology has made.",
    "status": "Show containers and servers as they are now.",
    "diff": "Show what lies between two files, or two revisions of one.",
    "ls": "Show every topology that the engine has anything of.",
    "render": "Print the haproxy.cfg of a topology.",
    "schema": "Print the JSON Schema of topology files, or of machine output.",
    "fmt": "Bring topology files into one order and one layout.",
    "set": "Change values of a topology file, and keep all else byte for byte.",
    "scale": "Change how many containers backends have, in the topology file.",
    "init": "Write a commented topology file to start from.",
    "version": "Print the version.",
}

_EPILOG = """\b
Examples:
  reconciler init && reconciler apply
  reconciler plan shop.yaml --detailed-exitcode
"""


class LazyGroup(click.Group):
    """Knows its commands by name; a typo gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            import difflib  # noqa: PLC0415  # for a typo alone

            close = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"commands: {', '.join(COMMANDS)}"
            raise click.UsageError(f"there is no command `{cmd_name}`; {hint}", ctx)
        return _load(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _load(name: str) -> click.Command:
    """A command, with all that it needs. What modules hold stays until the end, so the collector
    need not look at it, neither while they load nor at the end."""
    gc.disable()
    module = importlib.import_module(f"reconciler.cli.commands.{name}")
    gc.freeze()
    gc.enable()
    command: click.Command = module.command
    return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
def reconciler() -> None:
    """Containers and HAProxy from one YAML file, changed without losing a request."""


def main() -> NoReturn:
    """The console entry point. A wrong command line exits with 1: 2 means "changes" to `plan`."""
    # None is wanted, and to find them pydantic would read the metadata of all installed packages.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    defer_imports()
    accept_all_characters()
    try:
        code = reconciler.main(prog_name="reconciler", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(FAILED)
    except (click.Abort, KeyboardInterrupt):
        show("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        code = DONE  # whoever read our output has gone, as `head` does; nothing is left to tell
    except Exception as error:
        code = _report(error)
    code = code if isinstance(code, int) else DONE
    lost = _flush()
    if lost is not None and not isinstance(lost, BrokenPipeError):
        code = _report(lost)
        _flush()
    sys.exit(code)


def _report(error: Exception) -> int:
    """An error that nobody foresaw, told in few words."""
    from reconciler.cli.trouble import explain  # noqa: PLC0415  # seldom needed

    with contextlib.suppress(OSError, ValueError):
        for line in explain(error):
            show(line, err=True)
    return FAILED


def _flush() -> OSError | None:
    """Flush the output; returns the error that keeps it from going out. It is given up then: Python
    would try once more when it ends, and tell of it in its own words."""
    lost = None
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            if not stream.closed:
                stream.flush()
        except OSError as error:
            lost = error
            with contextlib.suppress(OSError):
                stream.close()
    return lost
