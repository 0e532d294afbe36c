"""Replies of real HAProxys, as files under `replies/`, and what becomes of broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.haproxy.control.replies import (
    Alert,
    FrontendState,
    Processes,
    ReloadReply,
    ServerState,
    WorkerInfo,
    parse_alerts,
    parse_frontends,
    parse_info,
    parse_processes,
    parse_reload,
    parse_servers,
    parse_stat,
    parse_warnings,
)
from reconciler.haproxy.paths import IDLE_HOST

REPLIES = Path(__file__).parent / "replies"
VERSIONS = ("2.6", "3.0")


def reply(version: str, name: str) -> str:
    return (REPLIES / version / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "patch", "maxconn"), [("2.6", "2.6.12", 9976), ("3.0", "3.0.11", 9970)]
)
def test_info(version: str, patch: str, maxconn: int) -> None:
    info = parse_info(reply(version, "info"))
    digests = "0123456789abcdef", "fedcba9876543210"
    assert info == WorkerInfo(patch, info.uptime_s, 8, "shop", *digests, maxconn, maxconn)
    assert 1 <= info.uptime_s < 60


@pytest.mark.parametrize("text", ["", "\n", "Unknown command\n", "Name: HAProxy\nVersion: \n: x\n"])
def test_info_that_says_nothing(text: str) -> None:
    assert parse_info(text) == WorkerInfo("", 0, 0, "", "", "")


def test_limits_that_were_set() -> None:
    info = parse_info("Maxconn: 5\nHard_maxconn: 9\nConnRateLimit: 0\nSessRateLimit: 7\n")
    assert (info.maxconn, info.loaded_maxconn) == (5, 9)
    assert info.rate_limits == (("sessions", 7),)


def test_frontends() -> None:
    said = (
        "# pxname,svname,type,status,slim\nwww,FRONTEND,0,PAUSED,5\nweb,s,2,UP,\n\n"
        "# be_id be_name srv_id\n"
    )
    assert parse_frontends(said) == (FrontendState("www", "PAUSED", 5),)


def test_info_of_a_haproxy_that_is_not_ours() -> None:
    info = parse_info("Version: 3.2.9\ndescription: topology=x\nUptime_sec: 5\n")
    assert info == WorkerInfo("3.2.9", 5, 0, "", "", "")


def test_info_of_one_that_an_older_version_of_this_package_wrote() -> None:
    info = parse_info("Version: 3.2.9\ndescription: topology=x config=0123456789abcdef\n")
    assert info == WorkerInfo("3.2.9", 0, 0, "", "", "")


@pytest.mark.parametrize("version", VERSIONS)
def test_stat(version: str) -> None:
    servers = parse_stat(reply(version, "stat"))
    assert [(s.backend, s.name, s.status, s.is_up) for s in servers] == [
        ("web", "web-1", "UP", True),
        ("web", "web-2", "DOWN", False),
        ("web", "web-3", "MAINT", False),
        ("web", "web-4", "DRAIN", False),
        ("web", "web-5", "MAINT", False),
        ("bad", "bad-1", "DOWN", False),
        ("bad", "bad-2", "no check", True),
    ]
    first = servers[0]
    assert (first.address, first.weight, first.sessions) == ("127.0.0.1:8098", 10, 0)
    assert [s.check.split(" in ")[0] for s in servers] == [
        "L7OK/200",
        "L4CON",
        "",
        "L7OK/200",
        "",
        "L7STS/503",
        "",
    ]
    assert servers[1].check == "L4CON in 0 ms (Connection refused)"
    assert servers[5].check.endswith("(Service Unavailable)")


# What was done to the servers of `servers.txt`: web-2 drained, web-3 put in maintenance; web-4 has
# a name that nobody knows; web-5 was a spare one and joined, with a weight and a limit of its own.
# Then six requests for /status/503 came.
SETTINGS = {
    "web-1": ("shop-web-1", "UP", 10, 50, "takes traffic"),
    "web-2": ("shop-web-2", "DRAIN", 10, 50, "drained"),
    "web-3": ("shop-web-3", "MAINT", 10, 50, "disabled"),
    "web-4": ("shop-web-4", "MAINT", 10, 50, "takes traffic"),
    "web-5": ("shop-web-5", "UP", 3, 7, "takes traffic"),
    "web-6": (IDLE_HOST, "MAINT", 10, 50, "disabled idle"),
    "web-7": (IDLE_HOST, "MAINT", 10, 50, "disabled idle"),
    "web-8": (IDLE_HOST, "MAINT", 10, 50, "disabled idle"),
    "plain-1": ("shop-plain-1", "no check", 1, None, "takes traffic"),
    "plain-2": (IDLE_HOST, "MAINT", 1, None, "disabled idle"),
    "plain-3": (IDLE_HOST, "MAINT", 1, None, "disabled idle"),
}


def traits(server: ServerState) -> str:
    said = {
        "disabled": server.is_disabled,
        "drained": server.is_drained,
        "idle": server.is_idle,
        "takes traffic": server.takes_traffic,
    }
    return " ".join(name for name, holds in said.items() if holds)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("before", ["", "\n", "Name: HAProxy\nVersion: 3.0\n\n"])
def test_servers(version: str, before: str) -> None:
    servers = parse_servers(before + reply(version, "servers"))
    assert {s.name: (s.host, s.status, s.weight, s.maxconn, traits(s)) for s in servers} == SETTINGS
    assert [s.name for s in servers if s.is_proven] == ["web-1", "web-2", "web-5", "plain-1"]
    counted = {s.name: (s.requests, s.errors) for s in servers if s.requests or s.errors}
    assert counted == {"web-1": (5, 5), "web-5": (1, 1)}
    assert {s.name for s in servers if s.asked_s is not None} == {"web-1", "web-5"}


@pytest.mark.parametrize("version", VERSIONS)
def test_servers_without_their_settings(version: str) -> None:
    """One of two replies is missing: nothing is known that the other one said."""
    stat, _, states = reply(version, "servers").partition("\n1\n# be_id")
    assert [(s.name, s.host, s.is_disabled, s.is_drained) for s in parse_servers(stat)] == [
        (name, "", False, False) for name in SETTINGS
    ]
    assert [s.weight for s in parse_servers(stat)] == [s[2] for s in SETTINGS.values()]
    assert parse_servers(f"1\n# be_id{states}") == ()
    assert parse_servers("") == parse_servers("Unknown command\n") == ()


STATES = "be_name srv_name srv_addr srv_admin_state srv_uweight srv_fqdn"
HOSTS = {
    "web web-1 10.0.0.1 0 1 shop-web-1": ("shop-web-1", "takes traffic", 1),
    "web web-1 10.0.0.1 0 1 -": ("10.0.0.1", "takes traffic", 1),
    "web web-1 - 0 1 -": ("-", "takes traffic", 1),
    "web web-1 10.0.0.1 1 0 a": ("a", "disabled", 0),
    "web web-1 10.0.0.1 9 256 a": ("a", "disabled drained", 256),
    "web web-1 - 32 1 a": ("a", "takes traffic", 1),
    "web web-1 10.0.0.1 68 1 a": ("a", "takes traffic", 1),
    "web web-1 10.0.0.1 x y a": ("a", "takes traffic", 0),
    "web web-1 10.0.0.1": ("", "takes traffic", 5),
    "web other 10.0.0.1 1 1 a": ("", "takes traffic", 5),
    "api web-1 10.0.0.1 1 1 a": ("", "takes traffic", 5),
    "web web-1 10.0.0.1 8 2 a and more": ("a", "drained", 2),
}


@pytest.mark.parametrize(("line", "expected"), HOSTS.items())
def test_settings(line: str, expected: tuple[str, str, int]) -> None:
    stat = "# pxname,svname,status,type,weight\nweb,web-1,UP,2,5\n\n"
    (server,) = parse_servers(f"{stat}1\n# be_id {STATES}\n3 {line}\n\n")
    assert (server.host, traits(server), server.weight) == expected


def test_agents() -> None:
    stat = "# pxname,svname,status,type,agent_status\nweb,a,UP,2,* CHECKED\nweb,b,UP,2,\n"
    states = "# be_id be_name srv_name srv_addr srv_admin_state srv_agent_state\n"
    first, second = parse_servers(f"{stat}\n1\n{states}3 web a h 8 22\n3 web b h 8 0\n")
    assert (first.has_agent, first.agent_status, first.takes_traffic) == (True, "CHECKED", True)
    assert (second.has_agent, second.agent_status, second.takes_traffic) == (False, "", False)


PROVEN = {
    ("UP", "L7OK"): True,
    ("UP", "L4OK"): True,
    ("UP", "* L7OK"): True,  # one that runs again while the last one holds
    ("DRAIN", "L7OK"): True,
    ("no check", ""): True,
    ("UP", ""): False,
    ("UP", "INI"): False,
    ("UP", "L4CON"): False,
    ("UP 1/3", "L4CON"): False,
    ("UP 1/2", "L7OK"): False,
    ("DRAIN 1/2", "L7OK"): False,
    ("DOWN", "L7OK"): False,
    ("DOWN 1/2", "L7OK"): False,
    ("MAINT", "L7OK"): False,
    ("MAINT (resolution)", "L7OK"): False,
    ("NOLB", "L7OKC"): False,
}


@pytest.mark.parametrize(("status", "check"), PROVEN)
def test_proven(status: str, check: str) -> None:
    text = f"# pxname,svname,status,type,check_status\nweb,web-1,{status},2,{check}\n"
    assert parse_stat(text)[0].is_proven is PROVEN[status, check]


@pytest.mark.parametrize(
    ("code", "shown"), {"200": "L7OK/200 in 8 ms", "0": "L7OK in 8 ms", "": "L7OK in 8 ms"}.items()
)
def test_a_code_of_a_check_that_runs_is_none(code: str, shown: str) -> None:
    keys = "pxname,svname,status,type,check_status,check_code,check_duration"
    assert parse_stat(f"# {keys}\nweb,web-1,UP,2,L7OK,{code},8\n")[0].check == shown


STATUSES = {
    "UP": ("UP", True),
    "UP 1/3": ("UP", True),
    "DOWN": ("DOWN", False),
    "DOWN 1/2": ("DOWN", False),
    "NOLB": ("NOLB", False),
    "MAINT (via a/b)": ("MAINT", False),
    "DRAIN 1/2": ("DRAIN", False),
    "no check": ("no check", True),
    "": ("", False),
}


@pytest.mark.parametrize(("text", "expected"), STATUSES.items())
def test_statuses(text: str, expected: tuple[str, bool]) -> None:
    server = parse_stat(f"# pxname,svname,status,type\na,b,{text},2\n")[0]
    assert (server.status, server.is_up) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("\n", 0),
        ("# pxname,svname,type\n", 0),
        ("# pxname,svname,type\nweb,web-1,2", 1),
        ("# pxname,svname,status,type,later,still\nweb,web-1,UP,2,x,y\n", 1),
        ("# pxname,svname,type,weight\nweb,web-1,2\n", 1),
        ("# type\n2\n", 1),
        ("# pxname,svname,type,weight,scur,lastchg\nw,w,2,-1,²,x\n", 1),
        ('# pxname,svname,type,last_chk\nw,w,2,"say ""no"", twice"\n', 1),
        ("Unknown command\n", 0),
    ],
)
def test_stat_that_is_short_or_longer_than_known(text: str, count: int) -> None:
    assert len(parse_stat(text)) == count


PROCESSES = {
    "proc": Processes(1, 0),
    "proc-reloaded": Processes(1, 1),
    "proc-failed": Processes(1, 1),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PROCESSES)
def test_processes(version: str, name: str) -> None:
    assert parse_processes(reply(version, name)) == PROCESSES[name]


def test_processes_of_older_versions_and_of_none() -> None:
    old = "# workers\n30 [was: 1] 1 0d00h00m28s 2.1\n# old workers\n20 worker [was: 1] 1 2\n"
    assert parse_processes(old) == Processes(1, 1)
    assert parse_processes("") == Processes(0, 0)
    assert parse_processes("# workers\n# old workers\n# programs\n40 echo 0\n") == Processes(0, 0)


@pytest.mark.parametrize(
    ("version", "name", "succeeded"),
    [
        ("2.6", "reload-done", None),
        ("2.6", "reload-failed", None),
        ("3.0", "reload-done", True),
        ("3.0", "reload-failed", False),
    ],
)
def test_reload(version: str, name: str, succeeded: bool | None) -> None:
    assert parse_reload(reply(version, name)).succeeded is succeeded


def test_the_log_of_a_reload_that_failed_holds_alerts() -> None:
    answer = parse_reload(reply("3.0", "reload-failed"))
    assert parse_alerts(answer.log) == (
        Alert(33, "unknown keyword 'nonsense' in 'backend' section"),
        Alert(34, "backend 'web' has the same name as backend 'web' declared at /tmp/r.cfg:19."),
    )


def test_reload_without_a_log() -> None:
    assert parse_reload("Success=1\n") == ReloadReply(True, "")


REJECTED = [
    (
        Alert(
            8,
            "backend 'web', another server named 'a' was already defined at line 7, please use "
            "distinct names.",
        ),
    ),
    (Alert(7, "'server web/b' : could not resolve address 'no.such.host.invalid'."),),
    (Alert(7, "unmatched quote at position 10"),),
    (
        Alert(
            8, "frontend 'www' has the same name as frontend 'www' declared at /tmp/haproxy.cfg:6."
        ),
    ),
    (
        Alert(
            7,
            "'bind :80' in section 'frontend' : unable to stat SSL certificate from file "
            "'/nope.pem' : No such file or directory.",
        ),
    ),
    (Alert(None, "Proxy 'www': unable to find required default_backend: 'nowhere'."),),
    (Alert(6, "'listen' expects an <id> argument"),),
    (
        Alert(7, "'bind' : invalid port '99999'"),
        Alert(8, "unknown keyword 'nosuch' in 'frontend' section"),
    ),
    (),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_alerts(version: str) -> None:
    outputs = reply(version, "rejected").split("@@\n")[1:]
    assert [parse_alerts(output) for output in outputs] == REJECTED


def test_an_alert_that_names_its_section_first() -> None:
    said = "[ALERT]    (7) : config : backend 'web' [/tmp/haproxy.cfg:32]: failed to parse 'x'\n"
    assert parse_alerts(said) == (Alert(32, "failed to parse 'x'"),)


def test_no_alerts() -> None:
    assert parse_alerts("") == ()
    assert (
        parse_alerts("[WARNING]  (7) : config : missing timeouts\nConfiguration file is valid\n")
        == ()
    )


def test_warnings_of_a_file_that_is_accepted() -> None:
    said = (
        "[NOTICE]   (1) : haproxy version is 3.4.7-1\n"
        "[WARNING]  (1) : config : parsing [/dev/stdin:31]: the hash algorithm used for this "
        "password takes 731 milliseconds to verify\n"
        "[WARNING]  (1) : config : parsing [/dev/stdin:36] : a 'http-request' rule placed after a "
        "'use_backend' rule will still be processed before.\n"
        "[WARNING]  (1) : config : missing timeouts\n"
        "[WARNING]  (1) : config : [/dev/stdin:40] : 'server web/web-1' : could not resolve "
        "address 'shop-web-1-c64e5ebe', disabling server.\n"
        "Warnings were found.\n"
    )
    assert [(warning.line, warning.message[:17]) for warning in parse_warnings(said)] == [
        (31, "the hash algorith"),
        (36, "a 'http-request' "),
        (None, "missing timeouts"),
    ]
