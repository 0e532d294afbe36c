"""Lines for haproxy.cfg as the user writes them, each within the section it is written for."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from reconciler.topology.model.base import accepts
from reconciler.topology.model.types.scalar import check_text, error


def _parse_lines(value: Any) -> list[str]:
    """Raw lines: a block of text, or a list of lines."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise error("wrong-type", "raw lines are a block of text or a list of strings")
    for line in lines:
        check_text(line.replace("\t", " "))
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if (section := _QUOTING.sub("", word)) in SECTIONS:
            raise error(
                "bad-value",
                "`{value}` would start a section of its own",
                value=word,
                hint=_FOR_ACME if section == "acme" else _WITHIN,
            )
    return [line.strip() for line in lines]  # with the empty ones: a line's place is its position


_QUOTING = re.compile(r"[\"'\\]")


_WITHIN = "raw lines stay within the section they are written for"
_FOR_ACME = "let an ACME client write certificates into files, as docs/certificates.md tells"
SECTIONS = frozenset(
    [
        "global",
        "defaults",
        "frontend",
        "backend",
        "listen",
        "peers",
        "resolvers",
        "userlist",
        "mailers",
        "program",
        "ring",
        "cache",
        "log-forward",
        "log-profile",
        "http-errors",
        "fcgi-app",
        "crt-store",
        "traces",
        "acme",
    ]
)
RawLines = Annotated[tuple[str, ...], BeforeValidator(_parse_lines)]
RAW_SHORT = accepts({"type": "string"})
_OF_KEYS = {
    "server": "servers",
    "server-template": "replicas",
    "default-server": "servers",
    "balance": "balance",
    "hash-type": "balance",
    "mode": "mode",
}


def _leave_servers_alone(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What servers there are, and what of them changes at run time, the keys alone tell."""
    for index, line in enumerate(lines):
        word = _QUOTING.sub("", line.split(maxsplit=1)[0]) if line else ""
        if word in _OF_KEYS:
            raise error(
                "bad-value",
                "`{value}` cannot be a raw line of a backend",
                value=word,
                at=(index,),
                hint=f"use its key `{_OF_KEYS[word]}`",
            )
    return lines


BackendLines = Annotated[RawLines, AfterValidator(_leave_servers_alone)]
