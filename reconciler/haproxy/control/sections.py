"""The difference between two configurations, for people: reasons, and lines without secrets."""

from __future__ import annotations

import difflib
import re

from reconciler.haproxy.config import SENSITIVE_MARK, sections_of
from reconciler.haproxy.model.files import (
    changed_names,
    come_and_gone_responses,
    is_comment,
    listed_names,
)
from reconciler.haproxy.model.jwt import KEPT_IN
from reconciler.haproxy.slots import PROBE_SUFFIX

_PASSWORD = re.compile(
    rf"\b(insecure-password|password|stats auth|set-var-fmt\({KEPT_IN}\))\s+\S.*$"
)
_IDENTITY = re.compile(r"^    description topology=\S+ config=\S+ text=\S+$", re.MULTILINE)
_SERVERS = ("server ", "default-server weight ", "default-server maxconn ")
"""What can be changed without a reload."""


def split_sections(text: str) -> dict[str, list[str]]:
    """The lines of each section, by its heading, without those that say nothing. Backends that only
    check servers-to-be are left."""
    sections: dict[str, list[str]] = {}
    for heading, lines in sections_of(_IDENTITY.sub("", text).split("\n")):
        if not (heading.startswith("backend ") and heading.endswith(PROBE_SUFFIX)):
            sections.setdefault(heading, []).extend(
                line.strip() for line in lines if _says_something(line)
            )
    return sections


def _says_something(line: str) -> bool:
    """Spare servers do not, and neither does what is told of files."""
    return bool(line.strip()) and not (
        line.startswith(("#", "    server-template ")) or is_comment(line)
    )


def explain_difference(before: str, after: str) -> str:
    """Why HAProxy must load it: "backend `api` is new, servers of `web` change"."""
    old, new = split_sections(before), split_sections(after)
    reasons = [f"{_quoted(name)} is new" for name in new if name not in old]
    reasons += [f"{_quoted(name)} goes" for name in old if name not in new]
    for name, lines in new.items():
        if name not in old or old[name] == lines:
            continue
        without = [line for line in lines if not line.startswith(_SERVERS)]
        if name.startswith("backend ") and without == [
            line for line in old[name] if not line.startswith(_SERVERS)
        ]:
            reasons.append(f"servers of `{name.split()[1]}` change")
        else:
            reasons.append(f"{_quoted(name)} changes")
    reasons += [f"{name} changes" for name in changed_names(before, after)]
    for find in (listed_names, come_and_gone_responses):
        joined, gone = find(before, after)
        reasons += [f"{name} is new" for name in joined] + [f"{name} goes" for name in gone]
    if not reasons and PROBE_SUFFIX in before:
        return "an earlier change was cut off while new servers were checked"
    return ", ".join(reasons) or "comments change"


def _quoted(heading: str) -> str:
    kind, _, name = heading.partition(" ")
    return f"{kind} `{name}`" if name else f"`{kind}`"


def diff_config(before: str, after: str) -> list[str]:
    """A unified diff of two configurations, with `@@ section` headings and no secrets."""
    old, new = split_sections(before), split_sections(after)
    shown: list[str] = []
    for name in [*new, *(name for name in old if name not in new)]:
        lines = _diff_lines(old.get(name, []), new.get(name, []))
        if name not in old:
            lines = [f"+{name}", *lines]
        elif name not in new:
            lines = [f"-{name}", *lines]
        if lines:
            shown += [f"@@ {name}", *lines]
    return shown


def _diff_lines(before: list[str], after: list[str]) -> list[str]:
    changed = difflib.unified_diff(before, after, n=0, lineterm="")
    return [
        f"{line[0]}    {hide_secrets(line[1:])}"
        for line in changed
        if not line.startswith(("---", "+++", "@@"))
    ]


def hide_secrets(line: str) -> str:
    """A configuration line without what came from outside the file, and without passwords."""
    mark = SENSITIVE_MARK.strip()
    if line.rstrip().endswith(mark):
        words = line.split()
        return f"{' '.join(words[: 2 if words[0] in _TWO_WORDS else 1])} … {mark}"
    return _PASSWORD.sub(lambda match: f"{match[1]} …", line)


_TWO_WORDS = {
    "timeout",
    "option",
    "stats",
    "http-check",
    "http-request",
    "http-response",
    "http-after-response",
    "tcp-request",
}
"""Not `server` and `user`: their names may themselves come from outside."""
