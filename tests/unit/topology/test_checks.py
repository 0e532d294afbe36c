"""What HAProxy asks servers, and what of it can be said together."""

from __future__ import annotations

import pytest

from reconciler.desired.proxy.check import compile_check
from reconciler.haproxy.control.servers import read_servers
from reconciler.haproxy.model.check import Check, Greeting, Step
from reconciler.haproxy.render.check import check_lines, check_words
from tests.unit.topology.loading import good, read, told, topology_with

WRONG = {
    "{type: pgsql}": "bad-value 6:19 a check of type pgsql needs a `user`; name a role that may connect; "
    "no password is asked for",
    "{type: redis, user: a}": "bad-value 6:32 `user` is for a check of type pgsql or mysql; leave it out",
    "{type: ldap, host: a}": "bad-value 6:31 `host` is for a check of type http or smtp; leave it out",
    "{path: /, steps: [{send: a}]}": "bad-value 6:29 `steps` is for a check of type tcp; leave it out",
    "{disable_on_404: true}": "bad-value 6:29 `disable_on_404` is for a check that asks over HTTP; add a "
    "`path`, or leave it out",
    "{steps: [{send: a, expect: b}]}": "bad-value 6:21 a step of a check either sends or expects "
    "something; write `{send: …}` and `{expect: …}`, one after the other",
    "{steps: [{send: ''}]}": "bad-value 6:28 there is nothing to send or expect; write some text",
    "{error_limit: 5}": "bad-value 6:26 `error_limit` is for errors of the traffic, and nothing counts "
    "them; add `observe: layer4`, or `layer7` for HTTP",
    "{observe: layer4, on_error: mark_down}": "unknown-value 6:40 `on_error` cannot be `mark_down`; did "
    "you mean `mark-down`?",
    "{type: none, port: 80}": "bad-value 6:31 `port` has no meaning where nothing is checked; leave it "
    "out, or use `type: tcp`",
}


@pytest.mark.parametrize("check", WRONG)
def test_what_is_refused(check: str) -> None:
    assert told(read(topology_with(f"check: {check}"))) == [WRONG[check]]


def compiled(check: str, more: str = "") -> Check:
    topology = good(topology_with(f"check: {check}{more}"))
    found = compile_check("web", topology.backends["web"])
    assert found is not None
    return found


def test_words_of_its_rhythm() -> None:
    own = compiled("{interval: 4s, fast_interval: 500ms}")
    assert "fastinter 500ms downinter 500ms" in " ".join(check_words(own))
    assert "fastinter 250ms downinter 250ms" in " ".join(check_words(compiled("{interval: 4s}")))
    assert "fastinter 100ms downinter 9s" in " ".join(
        check_words(compiled("{interval: 100ms, down_interval: 9s}"))
    )


def test_a_mail_server_is_told_a_name() -> None:
    assert compiled("{type: smtp, host: a.example}").asks == Greeting("smtp", "a.example")
    assert compiled("{type: smtp}").asks == Greeting("smtp", "web")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("PING", "send PING"),
        ("it's # \\ ${x} %[y]", "send 'it'\"'\"'s # \\ ${x} %[y]'"),
        ("PING\r\n", "send-binary 50494e470d0a"),
        ("\n  backend x", "send-binary 0a20206261636b656e642078"),
        ("é", "send-binary c3a9"),
        ("\x00", "send-binary 00"),
    ],
)
def test_bytes_get_through(text: str, line: str) -> None:
    steps = (Step(True, text, ()),)
    *_, last = check_lines(Check(steps, 1.0, None, 2, 3, ()))
    assert last.text == f"    tcp-check {line}"


def test_another_question_is_another_check_to_whoever_reads_it_back() -> None:
    """What is known of a server's state holds while it is asked the same."""
    server = "    server a 10.0.0.1:80 port 80 weight 1\n"
    texts = [
        f"backend web\n{lines}{server}"
        for lines in (
            "",
            "    option redis-check\n",
            "    option pgsql-check user a\n",
            "    option tcp-check\n    tcp-check send PING\n",
            "    option tcp-check\n    tcp-check send PONG\n",
        )
    ]
    assert len({read_servers(text)[0].check for text in texts}) == len(texts)


def test_http_is_asked_of_servers_that_speak_tcp() -> None:
    topology = good(topology_with("mode: tcp\ncheck: {path: /primary, port: 8008}"))
    assert topology.backends["web"].check.type == "http"
