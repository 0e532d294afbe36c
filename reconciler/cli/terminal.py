"""Where all that the commands say goes out: made printable here, and nowhere before."""

from __future__ import annotations

import io
import sys

import click

from reconciler.view.printable import printable


def show(line: str, *, err: bool = False) -> None:
    """One line, for people: on standard output, or standard error."""
    click.echo(printable(line), err=err, color=True)


def write(text: str) -> None:
    """A file's text, as it is: a program may read it. A terminal gets it line by line."""
    if sys.stdout is not None and sys.stdout.isatty():
        for line in text.splitlines():
            show(line)
    else:
        click.echo(text, nl=False)


def forget_typed() -> None:
    """Keys that were typed before a question was there are no answer to it."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    import termios  # noqa: PLC0415  # for a question alone

    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def accept_all_characters() -> None:
    """What the terminal's encoding has not is written as an escape, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
