"""Keywords of haproxy.cfg that not every HAProxy has, and the first version that has them.

HAProxy alone decides what it takes: this says why a line is refused. Only versions that are in use
matter, so what all of them have is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.haproxy.control.replies import Alert

Version = tuple[int, int]

LEAST: Version = (2, 4)
"""The first that takes what every haproxy.cfg of ours says; of its releases, the last ones."""

SINCE: Mapping[str, Version] = {
    "bind client-sigalgs": (2, 8),
    "bind guid-prefix": (3, 0),
    "bind sigalgs": (2, 8),
    "compression direction": (2, 8),
    "crt-list ocsp-update": (2, 8),
    "filter bwlim-in": (2, 7),
    "filter bwlim-out": (2, 7),
    "guid": (3, 0),
    "http-request set-bandwidth-limit": (2, 7),
    "http-request set-bc-tos": (3, 0),
    "http-request set-fc-tos": (3, 0),
    "http-response set-bandwidth-limit": (2, 7),
    "http-response set-fc-tos": (3, 0),
    "option forwarded": (2, 8),
    "server client-sigalgs": (2, 8),
    "server guid": (3, 0),
    "server hash-key": (3, 0),
    "server set-proxy-v2-tlv-fmt": (2, 9),
    "server sigalgs": (2, 8),
    "ssl-default-bind-sigalgs": (2, 8),
}
"""As the manual has them: what a line begins with, or a line and one of its options, which may
stand anywhere in it."""

_WITHOUT_QUIC = ("QUIC is not compiled in", "does not support the QUIC protocol")
_OPTIONS_OF = {"bind": {"bind"}, "server": {"server", "default-server", "server-template"}}


def explain(alert: Alert, config: str, version: Version) -> Alert:
    """The same alert; with the reason, where its line has a keyword that a HAProxy of this version
    has not, or that it was built without."""
    if any(words in alert.message for words in _WITHOUT_QUIC):
        return Alert(alert.line, "HTTP/3 needs QUIC, and this image's HAProxy is built without it")
    lines = config.split("\n")
    if alert.line is None or not 0 < alert.line <= len(lines):
        return alert
    words = [word.partition("(")[0] for word in lines[alert.line - 1].split()]
    for keyword, since in SINCE.items():
        is_there = _is_in(keyword, words) or _is_of_a_list(keyword, alert.message)
        if version < since and is_there:
            wanted, there = (".".join(map(str, v)) for v in (since, version))
            return Alert(alert.line, f"`{keyword}` needs HAProxy {wanted}, and this is {there}")
    return alert


def too_old(output: str) -> str | None:
    """The one sentence about a HAProxy that cannot run any haproxy.cfg of ours; None where the one
    that refused it could."""
    version = read_version(output)
    is_early = _LATE_IN_LEAST in output
    if not is_early and (version is None or version >= LEAST):
        return None
    there = ".".join(map(str, version)) if version else "an older one"
    least = "a late release of HAProxy 2.4" if is_early else "HAProxy 2.4"
    return f"{least} is the least that is needed, and this image has {there}"


_LATE_IN_LEAST = "unknown option 'idle-close-on-response'"


def read_version(output: str) -> Version | None:
    """What `haproxy -c` says that it is, beside its alerts, or `haproxy -v`."""
    found = re.search(r"(?:haproxy version is|HA-?Proxy version) (\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if found else None


def _is_of_a_list(keyword: str, message: str) -> bool:
    """Told at the line that names the list, where the keyword is not."""
    of, _, option = keyword.partition(" ")
    return of == "crt-list" and f"unknown ssl keyword {option}" in message


def _is_in(keyword: str, words: list[str]) -> bool:
    first, *options = keyword.split()
    if first in _OPTIONS_OF:
        return words[:1] != [] and words[0] in _OPTIONS_OF[first] and options[0] in words[1:]
    return words[: 1 + len(options)] == [first, *options]
