"""Options that several commands share, so that they are spelled and explained once."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click
from msgspec import Struct

from reconciler.files.variant import Variant
from reconciler.topology.duration import read_duration

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"


class Duration(click.ParamType[float]):
    """A length of time in seconds, written as in topology files, `30s`, `1m30s`, or as a bare
    number of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        text = str(value)
        seconds = read_duration(f"{text}s" if re.fullmatch(_NUMBER, text) else text)
        if seconds is None:
            message = f"`{value}` is not a length of time; write it like `30s` or `2m`"
            raise click.BadParameter(message, ctx, param)
        return seconds


files = click.argument("files", nargs=-1, metavar="[FILE]...")
env_file = click.option(
    "--env-file",
    "env_files",
    multiple=True,
    metavar="FILE",
    help="Take variables from FILE; the environment goes before it. Repeatable.",
)
_overlay = click.option(
    "--overlay",
    "overlays",
    multiple=True,
    metavar="FILE",
    help="Merge FILE over the topology. Repeatable.",
)
_profile = click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    help="Take in backends of this profile. Repeatable.",
)


def layered(command: Callable[..., R]) -> Callable[..., R]:
    """Adds what a topology file can be combined with; it reaches the command as `variant`."""

    @functools.wraps(command)
    def wrapped(overlays: tuple[str, ...], profiles: tuple[str, ...], **given: Any) -> R:
        return command(variant=Variant(overlays, profiles), **given)

    return _overlay(_profile(wrapped))


output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, or JSON as in schemas/.",
)
reported = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "github", "gitlab", "junit", "markdown", "sarif"]),
    default="text",
    metavar="FORMAT",
    help="text, json as in schemas/, or for pipelines: github, gitlab, junit, markdown, sarif.",
)
timeout = click.option(
    "--timeout",
    "timeout_s",
    type=Duration(),
    default=60.0,
    metavar="TIME",
    help="How long to wait for a container or a server to become healthy.  [default: 60s]",
)
trace = click.option(
    "--trace",
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="FILE",
    help="Write into FILE where the time goes, for Perfetto.",
)
_CHANGING = (
    files,
    click.option("-y", "--yes", is_flag=True, help="Do not ask."),
    timeout,
    click.option(
        "--lock-timeout",
        "lock_timeout_s",
        type=Duration(),
        default=60.0,
        metavar="TIME",
        help="How long to wait for another run.  [default: 60s]",
    ),
    env_file,
    _overlay,
    _profile,
    trace,
    output,
)


class Changing(Struct, frozen=True):
    """The options that all commands which change something share."""

    files: tuple[str, ...]
    yes: bool
    timeout_s: float
    lock_timeout_s: float
    env_files: tuple[str, ...]
    overlays: tuple[str, ...]
    profiles: tuple[str, ...]
    trace: TextIO | None
    output: str

    @property
    def variant(self) -> Variant:
        return Variant(self.overlays, self.profiles)


def changing(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the options that such commands share; they reach it as one `Changing`, first of all."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> int:
        shared = {name: given.pop(name) for name in Changing.__struct_fields__}
        return command(Changing(**shared), **given)

    for option in reversed(_CHANGING):
        wrapped = option(wrapped)
    return wrapped
