"""Values in rules of frontends that are allowed, and never mean what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Topology
from reconciler.topology.model.rule import Rule


class _Slip(Struct, frozen=True):
    """What people write for something else, and what they are told."""

    pattern: re.Pattern[str]
    message: str
    hint: str


_SPECIAL = _Slip(
    re.compile(r"[*|<>{}^]|/:|\$$"),
    "stands for itself here, character by character",
    "`path_prefix: /api` matches all below it, and `path_regex` takes a regular expression",
)
_DOTS = _Slip(
    re.compile(r"/\.{1,2}(/|$)"),
    "is sent by no client: they take `.` and `..` out of a path",
    "write the path without them",
)
_LOWER_HEX = _Slip(
    re.compile(r"%(?:[a-f][0-9a-fA-F]|[0-9A-F][a-f])"),
    "is compared character by character, and clients write hex digits in capitals",
    "write them so: `%C3%BC`",
)
_CAPITALS = _Slip(
    re.compile(r"[A-Z]"),
    "has capitals, and the host is compared in lower case",
    "write it in lower case",
)
_NO_HOST = _Slip(
    re.compile(r"/"),
    "has a slash, and a host has none",
    "match the path with `path_regex` beside it",
)
_NO_SLASH = _Slip(
    re.compile(r"(?<!\\)\^[A-Za-z0-9]"),
    "matches no path: each begins with a slash",
    "begin it with `^/`",
)
_QUERY = _Slip(
    re.compile(r"\\\?"),
    "looks for a `?`, and the query is no part of the path",
    "match it with `query:`",
)
_BLANK = _Slip(
    re.compile(r"\s.*|.*\s"),
    "begins or ends with a space, which HTTP takes off a value",
    "write it without",
)
_OF_OTHERS = re.compile(
    r"%\[|\$(?:host|scheme|remote_addr|request_uri|uri|server_name|http_\w+"
    r"|proxy_add_x_forwarded_for)\b"
)
_FORMAT_OF_HEADER = _Slip(
    _OF_OTHERS,
    "is sent as this text: nothing in it is replaced",
    "write what HAProxy knows in braces: `{client_ip}`, `{host}`, `{scheme}`",
)
_FORMAT = _Slip(
    _OF_OTHERS,
    "is sent as this text: nothing in it is replaced",
    'what the proxy knows of a request goes into a header by `raw: ["http-request set-header '
    'X-Real-IP %[src]"]` of the frontend',
)
_SET = re.compile(r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\\[A-Za-z]|\(\?P?<\w+>")
"""Parts of a regular expression in which capitals are more than themselves."""


def _never_meant(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        for index, rule in enumerate(frontend.rules):
            for place, value, slip in (*_compared(rule), *_sent(rule)):
                path = ("frontends", name, "rules", index, *place)
                yield Diagnostic(
                    "never-meant",
                    f"`{value}` {slip.message}",
                    slip.hint,
                    Place(path),
                    severity=Severity.WARNING,
                    quoted=((value, path),),
                )


_Found = tuple[Path, str, _Slip]


def _compared(rule: Rule) -> Iterator[_Found]:
    for key in ("path", "path_prefix"):
        for index, value in enumerate(getattr(rule, key)):
            yield from _slips((key, index), value, _SPECIAL, _DOTS, _LOWER_HEX)
    for index, value in enumerate(rule.host_regex):
        if "(?" not in value:
            yield from _slips(("host_regex", index), value, _CAPITALS, _NO_HOST)
    for index, value in enumerate(rule.path_regex):
        yield from _slips(("path_regex", index), value, _NO_SLASH, _QUERY)
    for key in ("header", "cookie"):
        for name, wish in getattr(rule, key).items():
            for index, value in enumerate(wish.value):
                if value != value.strip():
                    yield (key, name, "value", index), value, _BLANK


def _sent(rule: Rule) -> Iterator[_Found]:
    for key in ("set_headers", "set_response_headers"):
        for name, value in getattr(rule, key).items():
            yield from _slips((key, name), value, _FORMAT_OF_HEADER)
    for key in ("add_headers", "add_response_headers"):
        for name, values in getattr(rule, key).items():
            for index, value in enumerate(values):
                yield from _slips((key, name, index), value, _FORMAT_OF_HEADER)
    for key in ("replace_headers", "replace_response_headers"):
        for name, change in getattr(rule, key).items():
            yield from _slips((key, name, "to"), change.to, _FORMAT)
    yield from _texts(rule)


def _texts(rule: Rule) -> Iterator[_Found]:
    texts: dict[Path, str | None] = {("set_query",): rule.set_query}
    if rule.redirect is not None:
        texts["redirect", "to"] = rule.redirect.to
        texts["redirect", "prefix"] = rule.redirect.prefix
    if rule.rewrite is not None:
        texts["rewrite", "to"] = rule.rewrite.to
    for place, text in texts.items():
        yield from _slips(place, text or "", _FORMAT)


def _slips(place: Path, value: str, *slips: _Slip) -> Iterator[_Found]:
    looked_at = _SET.sub("", value) if str(place[0]).endswith("_regex") else value
    yield from ((place, value, slip) for slip in slips if slip.pattern.search(looked_at))


VALUE_RULES = (_never_meant,)
