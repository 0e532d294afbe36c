"""Replies of HAProxy's sockets, read (management guide, 9.3 "Unix Socket commands").

All functions take the text of one reply and never fail on what a newer version adds.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server as HAProxy sees it, from `show stat`."""

    backend: str
    name: str
    status: str
    """UP, DOWN, MAINT, DRAIN, NOLB or `no check`, without the counters HAProxy appends."""
    address: str
    weight: int
    sessions: int
    check: str
    """The last check as HAProxy tells it, `L7OK/200 in 2ms`; empty when there is none."""
    changed_s: int
    """Seconds since the last change of state."""

    @property
    def is_up(self) -> bool:
        return self.status in {"UP", "no check"}


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The running worker, from `show info`."""

    version: str
    uptime_s: int
    pid: int
    topology: str
    config_digest: str


def parse_info(reply: str) -> WorkerInfo:
    """`show info`: `Name: value` lines. What is missing reads as empty or 0."""
    fields = dict(line.split(": ", 1) for line in reply.splitlines() if ": " in line)
    described = re.search(r"topology=(\S+) config=(\S+)", fields.get("description", ""))
    return WorkerInfo(
        version=fields.get("Version", "").split("-")[0],
        uptime_s=_int(fields.get("Uptime_sec", "")),
        pid=_int(fields.get("Pid", "")),
        topology=described[1] if described else "",
        config_digest=described[2] if described else "",
    )


def parse_stat(reply: str) -> tuple[ServerState, ...]:
    """`show stat`: CSV with a `# ` before the header. Only rows of servers are kept."""
    rows = csv.DictReader(io.StringIO(reply.lstrip().removeprefix("# ")), restval="")
    return tuple(_server(row) for row in rows if row.get("type") == "2")


def _server(row: dict[str, str]) -> ServerState:
    return ServerState(
        backend=row.get("pxname", ""),
        name=row.get("svname", ""),
        status=_status(row.get("status", "")),
        address=row.get("addr", ""),
        weight=_int(row.get("weight", "")),
        sessions=_int(row.get("scur", "")),
        check=_check(row),
        changed_s=_int(row.get("lastchg", "")),
    )


def _status(text: str) -> str:
    """`UP 1/2` is a server that is up and about to go down; `MAINT (resolution)` is in MAINT."""
    return text if text == "no check" else text.split(" ", 1)[0]


def _check(row: dict[str, str]) -> str:
    status = row.get("check_status", "").lstrip("* ")
    if not status:
        return ""
    code = f"/{row['check_code']}" if row.get("check_code") else ""
    took = f" in {row['check_duration']} ms" if row.get("check_duration") else ""
    detail = f" ({row['last_chk']})" if row.get("last_chk") and not status.endswith("OK") else ""
    return f"{status}{code}{took}{detail}"


@dataclass(frozen=True, slots=True)
class Processes:
    """`show proc` of the master: how many workers run the current and an older configuration."""

    workers: int
    old_workers: int


def parse_processes(reply: str) -> Processes:
    """Lines of `pid type …` under the headings `# workers` and `# old workers`."""
    counts = {"workers": 0, "old workers": 0}
    section = ""
    for line in reply.splitlines():
        if line.startswith("# "):
            section = line[2:].strip()
        elif section in counts and re.match(r"\d+\s+(worker|\[was: )", line):
            counts[section] += 1
    return Processes(counts["workers"], counts["old workers"])


@dataclass(frozen=True, slots=True)
class ReloadReply:
    """What the master says to `reload`: None when this version says nothing (before 2.7)."""

    succeeded: bool | None
    log: str


def parse_reload(reply: str) -> ReloadReply:
    """`Success=0` or `Success=1`, then after `--` the start-up log (management guide, 9.4)."""
    match = re.search(r"^Success=([01])", reply, re.MULTILINE)
    if match is None:
        return ReloadReply(None, reply.strip())
    _, _, log = reply.partition("--\n")
    return ReloadReply(match[1] == "1", log.strip())


@dataclass(frozen=True, slots=True)
class Alert:
    """An error in a configuration; `line` counts from 1, None when HAProxy names none."""

    line: int | None
    message: str


def parse_alerts(output: str) -> tuple[Alert, ...]:
    """The `[ALERT]` lines of `haproxy -c` or of a reload that failed."""
    alerts: list[Alert] = []
    for match in re.finditer(
        r"^\[ALERT\][^:]*: ?(?:config : )?(?P<text>.+)$", output, re.MULTILINE
    ):
        text = match["text"].strip()
        place = re.match(r"(?:[Pp]arsing )?\[[^\]]*:(\d+)\]\s*:?\s*(.*)", text)
        if place:
            alerts.append(Alert(int(place[1]), place[2].rstrip(" :")))
        elif not text.startswith(_SUMMARIES):
            alerts.append(Alert(None, text))
    return tuple(alerts)


_SUMMARIES = ("Error(s) found", "Fatal errors found", "Failed to initialize server(s) addr")
"""Lines that only say that there were others."""


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
