"""Placeholders in the values of headers: `{client_ip}` stands for what HAProxy knows of a request.

Whatever else stands in braces is text, JSON above all; `{{client_ip}}` is the text `{client_ip}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reconciler.topology.model.types.scalar import error

OF_CONNECTIONS = (
    "client_ip",
    "client_port",
    "port",
    "scheme",
    "request_id",
    "tls_version",
    "tls_cipher",
    "sni",
    "client_cert_cn",
    "client_cert_dn",
    "client_cert_serial",
    "client_cert_sha1",
)
"""Those that an answer may have as well."""
OF_REQUESTS = ("host", "method", "path", "query", "url", "user")
PLACEHOLDERS = (*OF_CONNECTIONS, *OF_REQUESTS)
_WORD = "[a-z][a-z0-9_]*"
_PART = re.compile(rf"\{{\{{({_WORD})\}}\}}|\{{({_WORD})\}}")


class Placeholder(Struct, frozen=True):
    name: str


def parts_of(text: str) -> Iterator[str | Placeholder]:
    """A value as texts and placeholders, in turn."""
    at = 0
    for found in _PART.finditer(text):
        if before := text[at : found.start()]:
            yield before
        yield f"{{{found[1]}}}" if found[1] else Placeholder(found[2])
        at = found.end()
    if rest := text[at:]:
        yield rest


def names_in(text: str) -> tuple[str, ...]:
    return tuple(part.name for part in parts_of(text) if isinstance(part, Placeholder))


def check_of_request(text: str) -> str:
    return _check(text, PLACEHOLDERS)


def check_of_answer(text: str) -> str:
    return _check(text, OF_CONNECTIONS)


def _check(text: str, known: tuple[str, ...]) -> str:
    for name in names_in(text):
        if name in OF_REQUESTS and name not in known:
            raise error(
                "unknown-value",
                "`{value}` is of the request, which is gone when there is an answer",
                value=f"{{{name}}}",
                hint=f"answers know {_listed(known)}",
            )
        if name not in known:
            raise error(
                "unknown-value",
                "`{value}` stands for nothing that HAProxy knows",
                value=f"{{{name}}}",
                hint=f"there are {_listed(known)}; for the text itself, `{{{{{name}}}}}`",
            )
    return text


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
