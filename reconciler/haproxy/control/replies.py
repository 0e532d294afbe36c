"""Replies of HAProxy's sockets, read (management guide, 9.3 "Unix Socket commands").

All functions take the text of one reply and never fail on what a newer version adds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.haproxy.slots import is_idle, is_slot


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server as HAProxy sees it, from `show stat`."""

    backend: str
    name: str
    status: str
    """UP, DOWN, MAINT, DRAIN, NOLB or `no check`, without the counters HAProxy appends."""
    address: str
    weight: int
    """As configured or set, whatever becomes of it."""
    sessions: int
    check: str
    """The last check as HAProxy tells it, `L7OK/200 in 2ms`; empty when there is none."""
    changed_s: int
    """Seconds since the last change of state."""
    host: str = ""
    """The name that the server's address comes from, or the address where there is no name."""
    is_steady: bool = True
    """No check since has spoken against this state: one that just began is not steady yet."""
    is_disabled: bool = False
    """In maintenance by configuration or command; not because its name does not resolve."""
    is_drained: bool = False
    """Takes no new traffic, by command."""
    maxconn: int | None = None
    errors: int = 0
    """Responses of 5xx, failed connections and broken responses, since the worker began."""
    requests: int = 0
    """Or connections, in tcp mode; since the worker began."""
    asked_s: int | None = None
    """Seconds since the last of them; None when there was none."""
    has_agent: bool = False
    """Whether HAProxy may ask an agent beside it."""
    agent_status: str = ""
    """What came of the last question: L7OK for `up`, CHECKED for words that say nothing of health;
    empty while the agent is not asked."""

    @property
    def is_up(self) -> bool:
        return self.status in {"UP", "no check"}

    @property
    def is_proven(self) -> bool:
        """HAProxy's own check has passed since the server was pointed to where it points. A server
        is `UP` before its first check, and may still show the last one of whom it was before."""
        if self.status == "no check":
            return True
        is_up = self.status in {"UP", "DRAIN"} and self.is_steady
        return is_up and "OK" in self.check.split(" ")[0]

    @property
    def is_in_reach(self) -> bool:
        """Whether HAProxy would send it a client that sticks to it."""
        return self.status not in {"DOWN", "MAINT"}

    @property
    def is_idle(self) -> bool:
        return is_idle(self.backend, self.name, self.host)

    @property
    def known_as(self) -> str:
        """The name that a plan has for it: of a container's where it points to, else its own."""
        return self.host if is_slot(self.backend, self.name) else self.name

    @property
    def told(self) -> tuple[object, ...]:
        """What it was told: by its configuration, or by command since; without what comes and goes
        by itself."""
        place = (self.backend, self.name, self.host)
        return (*place, self.weight, self.maxconn, self.is_disabled, self.is_drained)

    @property
    def is_kept_by_agent(self) -> bool:
        """Out of rotation by its agent's `drain` or `maint`. HAProxy sets the same for these words
        as for a command; but an agent that calls its server up has not said them, and one is not
        asked while it is a command of ours."""
        return (self.is_drained or self.is_disabled) and self.agent_status == "CHECKED"

    @property
    def takes_traffic(self) -> bool:
        """Whether nobody keeps traffic from it; it may be down all the same, or its agent call it
        so."""
        is_kept = (self.is_disabled or self.is_drained) and not self.is_kept_by_agent
        return not (self.is_idle or is_kept)


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The running worker, from `show info`."""

    version: str
    uptime_s: int
    pid: int
    topology: str
    structure: str
    """`Config.structure` of what it has loaded."""
    digest: str
    """`Config.digest` of what it has loaded."""
    maxconn: int = 0
    loaded_maxconn: int = 0
    """The same when it began."""
    rate_limits: tuple[tuple[str, int], ...] = ()
    """New connections, sessions and TLS sessions a second that it takes, by what they are called
    in commands; one that is not there has no limit."""


@dataclass(frozen=True, slots=True)
class FrontendState:
    """One frontend as HAProxy sees it, from `show stat`."""

    name: str
    status: str
    """OPEN; PAUSED by `disable frontend`; STOP by `shutdown frontend`."""
    maxconn: int


_RATE_LIMITS = {
    "connections": ("ConnRateLimit", "maxconnrate"),
    "sessions": ("SessRateLimit", "maxsessrate"),
    "ssl-sessions": ("SslRateLimit", "maxsslrate"),
}
"""What `set rate-limit` calls them, `show info`, and the configuration."""
RATE_LIMIT_KEYWORDS = {name: keyword for name, (_, keyword) in _RATE_LIMITS.items()}


def is_whole(reply: str) -> bool:
    """Whether all has come of a reply to questions that end with `show servers state`. Each reply
    ends with an empty line; a worker that ends in the middle of one leaves what reads as well."""
    return "# be_id " in reply and reply.endswith("\n\n")


def parse_info(reply: str) -> WorkerInfo:
    """`show info`: `Name: value` lines. What is missing reads as empty or 0."""
    fields = dict(line.split(": ", 1) for line in reply.splitlines() if ": " in line)
    described = re.search(r"topology=(\S+) config=(\S+) text=(\S+)", fields.get("description", ""))
    return WorkerInfo(
        version=fields.get("Version", "").split("-")[0],
        uptime_s=_int(fields.get("Uptime_sec", "")),
        pid=_int(fields.get("Pid", "")),
        topology=described[1] if described else "",
        structure=described[2] if described else "",
        digest=described[3] if described else "",
        maxconn=_int(fields.get("Maxconn", "")),
        loaded_maxconn=_int(fields.get("Hard_maxconn", "")),
        rate_limits=tuple(
            (name, limit)
            for name, (field, _) in _RATE_LIMITS.items()
            if (limit := _int(fields.get(field, "")))
        ),
    )


def parse_frontends(reply: str) -> tuple[FrontendState, ...]:
    """The frontends in a reply to `show stat`, whatever stands before and after it."""
    _, heading, rest = reply.partition("# pxname")
    stat = heading + rest.partition("# be_id ")[0]
    return tuple(
        FrontendState(row["pxname"], row.get("status", ""), _int(row.get("slim", "")))
        for row in _rows(stat)
        if row.get("type") == "0"
    )


def _rows(reply: str) -> Iterator[dict[str, str]]:
    """`show stat` is CSV with a `# ` before the header; of more than a hundred columns, some."""
    rows = csv.reader(io.StringIO(reply.lstrip().removeprefix("# ")))
    places = [(n, name) for n, name in enumerate(next(rows, ())) if name in _COLUMNS]
    for row in rows:
        yield {name: row[n] for n, name in places if n < len(row)}


def parse_servers(reply: str) -> tuple[ServerState, ...]:
    """The replies to `show stat;show servers state`, whatever stands before them."""
    _, heading, rest = reply.partition("# pxname")
    stat, mark, states = rest.partition("# be_id ")
    return parse_stat(heading + stat, mark + states) if heading else ()


def parse_stat(reply: str, states: str = "") -> tuple[ServerState, ...]:
    """`show stat`, of which only rows of servers are kept.

    `states` is the reply to `show servers state`, which knows what was set by hand.
    """
    settings = parse_settings(states)
    return tuple(
        _server(row, settings.get((row.get("pxname", ""), row.get("svname", "")), _UNKNOWN))
        for row in _rows(reply)
        if row.get("type") == "2"
    )


_COLUMNS = frozenset(
    [
        "pxname",
        "svname",
        "type",
        "status",
        "addr",
        "weight",
        "scur",
        "lastchg",
        "slim",
        "stot",
        "lastsess",
        "hrsp_5xx",
        "econ",
        "eresp",
        "agent_status",
        "check_status",
        "check_code",
        "check_duration",
        "last_chk",
    ]
)
"""The columns of `show stat` that are read here, of more than a hundred."""


@dataclass(frozen=True, slots=True)
class _Settings:
    host: str
    admin: int
    weight: int | None
    agent: int


_UNKNOWN = _Settings("", 0, None, 0)
_DISABLED, _DRAINED = 0x01, 0x08
"""Bits of `srv_admin_state`: forced maintenance (which `disabled` in the file sets too), and forced
drain."""
_AGENT_CONFIGURED = 0x02
"""Bit of `srv_agent_state`."""


def parse_settings(reply: str) -> dict[tuple[str, str], _Settings]:
    """`show servers state`: a version, a heading, and a line of words a server."""
    found: dict[tuple[str, str], _Settings] = {}
    names: list[str] = []
    for line in reply.splitlines():
        words = line.split()
        if words[:1] == ["#"]:
            names = words[1:]
        elif names and len(words) >= len(names):
            row = dict(zip(names, words, strict=False))
            fqdn, address = row.get("srv_fqdn", "-"), row.get("srv_addr", "-")
            found[row["be_name"], row["srv_name"]] = _Settings(
                fqdn if fqdn != "-" else address,
                _int(row.get("srv_admin_state", "")),
                _int(row.get("srv_uweight", "")),
                _int(row.get("srv_agent_state", "")),
            )
    return found


def _server(row: dict[str, str], settings: _Settings) -> ServerState:
    errors = sum(_int(row.get(key, "")) for key in ("hrsp_5xx", "econ", "eresp"))
    return ServerState(
        backend=row.get("pxname", ""),
        name=row.get("svname", ""),
        status=_status(row.get("status", "")),
        address=row.get("addr", ""),
        weight=settings.weight if settings.weight is not None else _int(row.get("weight", "")),
        sessions=_int(row.get("scur", "")),
        check=_check(row),
        changed_s=_int(row.get("lastchg", "")),
        host=settings.host,
        is_steady=not re.search(r" \d+/\d+$", row.get("status", "")),
        is_disabled=bool(settings.admin & _DISABLED),
        is_drained=bool(settings.admin & _DRAINED),
        maxconn=_int(row.get("slim", "")) or None,
        errors=errors,
        requests=_int(row.get("stot", "")),
        asked_s=_int(last) if (last := row.get("lastsess", "")).isdigit() else None,
        has_agent=bool(settings.agent & _AGENT_CONFIGURED),
        agent_status=row.get("agent_status", "").lstrip("* "),
    )


def _status(text: str) -> str:
    """`UP 1/2` is a server that is up and about to go down; `MAINT (resolution)` is in MAINT."""
    return text if text == "no check" else text.split(" ", 1)[0]


def _check(row: dict[str, str]) -> str:
    status = row.get("check_status", "").lstrip("* ")
    if not status:
        return ""
    # HAProxy shows 0 as the code while the next check runs
    code = f"/{row['check_code']}" if row.get("check_code") not in {None, "", "0"} else ""
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
        place = re.match(
            r"(?:[Pp]arsing |[Bb]inding |\w+ '[^']*' )?\[[^\]]*:(\d+)\]\s*:?\s*(.*)", text
        )
        if place:
            alerts.append(Alert(int(place[1]), place[2].rstrip(" :")))
        elif not text.startswith(_SUMMARIES):
            alerts.append(Alert(None, text))
    return tuple(alerts)


_SUMMARIES = ("Error(s) found", "Fatal errors found", "Failed to initialize server(s) addr")
"""Lines that only say that there were others."""


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
